/** A callback in words. */
import type { Callback } from '../api/types.ts';
import { t } from '../i18n/index.svelte.ts';
import { seat } from '../state/session.svelte.ts';

export const nameOf = (callback: Callback): string => callback.customer?.name ?? callback.caller_name ?? callback.display;

export function reasonOf(callback: Callback): string {
  const why = callback.reason === 'promised' ? t('callback.promised') : '';
  const misses = callback.misses > 0 ? t('callback.misses', { n: callback.misses }) : '';
  return [why, misses, seat.queueName(callback.queue)].filter(Boolean).join(' · ');
}
