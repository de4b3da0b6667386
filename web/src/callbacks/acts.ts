/** What can be done with a callback from a list: taken, given back, ended, opened again; ending has its way back. */
import * as callbacks from '../api/callbacks.ts';
import type { Callback, Outcome } from '../api/types.ts';
import { t } from '../i18n/index.svelte.ts';
import { words } from '../state/problem.ts';
import { seat } from '../state/session.svelte.ts';
import { toasts } from '../state/toasts.svelte.ts';
import { nameOf } from './words.ts';

export async function take(callback: Callback, mine: boolean): Promise<void> {
  try {
    await callbacks.change(callback.id, callback.rev, { owner: mine ? seat.me.id : null });
    toasts.saved(t(mine ? 'callback.taken' : 'callback.given_back', { name: nameOf(callback) }));
  } catch (cause) {
    toasts.failed(words(cause));
  }
}

export async function end(callback: Callback, outcome: Outcome | null): Promise<void> {
  try {
    const changed = await callbacks.change(callback.id, callback.rev, { outcome });
    const back = outcome === null ? undefined : () => end(changed, null);
    toasts.saved(outcome === null ? t('callback.reopened', { name: nameOf(callback) }) : `${nameOf(callback)}: ${t(`outcome.${outcome}`)}`, undefined, back);
  } catch (cause) {
    toasts.failed(words(cause));
  }
}
