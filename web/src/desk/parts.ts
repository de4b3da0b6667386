/** What a call needs on the desk. Loaded when a shift begins, so that the first load stays small. */
import { worded } from '../i18n/index.svelte.ts';

export const loadCallDesk = () => worded(import('./CallDesk.svelte'));
export const loadWrapUp = () => worded(import('./WrapUp.svelte'));
