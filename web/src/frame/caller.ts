/** How a caller is called on the strip, in the title and in a notification. All of it is plain text. */
import type { LiveCall } from '../api/types.ts';
import { phone } from '../i18n/format.ts';
import { t } from '../i18n/index.svelte.ts';
import { seat } from '../state/session.svelte.ts';

export function numberOf(call: LiveCall): string {
  return call.from_display ?? call.caller?.display_number ?? phone(call.from);
}

export function nameOf(call: LiveCall): string {
  const match = call.caller?.match;
  if (match?.kind === 'one' || match?.kind === 'internal') return match.name;
  if (match?.kind === 'withheld' || (match === undefined && call.from === null)) return t('caller.withheld');
  if (match?.kind === 'many') return t('caller.many', { n: match.candidates.length });
  return numberOf(call) || t('caller.unknown');
}

/** Number, queue, wait and the keys pressed in the menu. */
export function detailsOf(call: LiveCall, waited: string): string[] {
  const number = numberOf(call);
  const pressed = call.ivr.filter((step) => step.key !== null && /^[0-9*#]$/.test(step.key)).map((step) => step.key);
  return [
    number !== nameOf(call) ? number : '',
    call.direction === 'internal' ? t('caller.internal') : seat.queueName(call.queue),
    call.queue === null ? '' : t('caller.waited', { time: waited }),
    pressed.length > 0 ? t('caller.pressed', { keys: pressed.join(' ') }) : '',
  ].filter(Boolean);
}
