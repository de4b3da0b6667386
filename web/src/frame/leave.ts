/** Signs out; when the server did not hear of it, the person is still signed in and is told so. */
import { words } from '../state/problem.ts';
import { seat } from '../state/session.svelte.ts';
import { toasts } from '../state/toasts.svelte.ts';

export const leave = () => void seat.signOut().catch((cause: unknown) => toasts.failed(words(cause)));
