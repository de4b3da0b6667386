import { mount } from 'svelte';

import App from './App.svelte';
import './styles/tokens.css';
import './styles/base.css';
import { sweepDrafts } from './state/draft.svelte.ts';
import { seat } from './state/session.svelte.ts';

sweepDrafts();
void seat.open();
mount(App, { target: document.getElementById('app')! });
