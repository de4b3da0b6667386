/** What a telephone that takes no calls said, in the reader's words and in its own. */
import type { PhoneTrouble } from '../api/types.ts';
import { duration } from '../i18n/format.ts';
import { t, type Key } from '../i18n/index.svelte.ts';

/** The status of its answer (RFC 3261, section 21) as something a person can act on. */
function meaning(status: number): Key {
  if (status >= 300 && status < 400) return 'phone.forwards';
  if ([480, 486, 600, 603].includes(status)) return 'phone.busy';
  if ([404, 410, 604].includes(status)) return 'phone.nobody';
  return 'phone.broken';
}

export function phoneWords(phone: PhoneTrouble, now: number): string {
  const said = [String(phone.status), phone.reason ?? ''].filter(Boolean).join(' ');
  const rests = phone.until === null ? 0 : Date.parse(phone.until) - now;
  const again = rests > 0 ? t('phone.again', { time: duration(rests + 999) }) : '';
  return [t(meaning(phone.status), { said }), again].filter(Boolean).join(' ');
}
