/** What a call needs on the desk. Loaded when a shift begins, so that the first load stays small. */
export const loadCallDesk = () => import('./CallDesk.svelte');
export const loadWrapUp = () => import('./WrapUp.svelte');
