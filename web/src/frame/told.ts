/** What is done on the side – signing out, another language – and whose failure must not be silent. */
import { words } from '../state/problem.ts';
import { toasts } from '../state/toasts.svelte.ts';

export const told = (work: Promise<void>) => void work.catch((cause: unknown) => toasts.failed(words(cause)));
