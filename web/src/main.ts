import { mount } from 'svelte';

import App from './App.svelte';
import './styles/tokens.css';
import './styles/base.css';
import { takeAim } from './state/aim.ts';
import { sweepDrafts } from './state/draft.svelte.ts';
import { typing } from './state/keys.ts';
import { seat } from './state/session.svelte.ts';

// A new version names its files anew, and what this page has not loaded yet is gone: begin again with the new one.
addEventListener('vite:preloadError', () => {
  void fetch('/', { method: 'HEAD' }).then((response) => response.ok && location.reload(), () => {});
});
sweepDrafts();
takeAim(typing);
void seat.open();
mount(App, { target: document.getElementById('app')! });
