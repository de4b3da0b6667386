import type { Call } from '../api/types.ts';
import { t } from '../i18n/index.svelte.ts';

export const missed = (call: Call) => call.answered_at === null && call.ended_at !== null;

export function callerOf(call: Call): string {
  return call.customer?.name ?? call.from_display ?? call.from ?? t('caller.withheld');
}
