/** The size of the screen where it changes more than the layout. The same width as in every style sheet. */
import { MediaQuery } from 'svelte/reactivity';

export const narrow = new MediaQuery('(max-width: 700px)');
