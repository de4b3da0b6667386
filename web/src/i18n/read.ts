/**
 * Days and times as people type them. `null` is what nobody can read: a form with it is not saved.
 * Values are `2026-11-27` and `09:30`; an empty text is an empty value.
 */
import { iso, plusDays, utc } from './days.ts';

/** Where a day without a year is looked for. */
export type Lies = 'near' | 'coming' | 'past';

const words: Record<string, number> = {
  bugun: 0,
  today: 0,
  yarin: 1,
  tomorrow: 1,
  'obur gun': 2,
  'ertesi gun': 2,
  dun: -1,
  yesterday: -1,
};

/** Monday is 1, as in `Date.getUTCDay`. */
const weekdays: Record<string, number> = {
  pazartesi: 1,
  pzt: 1,
  monday: 1,
  mon: 1,
  sali: 2,
  sal: 2,
  tuesday: 2,
  tue: 2,
  carsamba: 3,
  car: 3,
  wednesday: 3,
  wed: 3,
  persembe: 4,
  per: 4,
  thursday: 4,
  thu: 4,
  cuma: 5,
  cum: 5,
  friday: 5,
  fri: 5,
  cumartesi: 6,
  cmt: 6,
  saturday: 6,
  sat: 6,
  pazar: 0,
  paz: 0,
  sunday: 0,
  sun: 0,
};

const months = [
  ['ocak', 'oca', 'january', 'jan'],
  ['subat', 'sub', 'february', 'feb'],
  ['mart', 'mar', 'march'],
  ['nisan', 'nis', 'april', 'apr'],
  ['mayis', 'may'],
  ['haziran', 'haz', 'june', 'jun'],
  ['temmuz', 'tem', 'july', 'jul'],
  ['agustos', 'agu', 'august', 'aug'],
  ['eylul', 'eyl', 'september', 'sep'],
  ['ekim', 'eki', 'october', 'oct'],
  ['kasim', 'kas', 'november', 'nov'],
  ['aralik', 'ara', 'december', 'dec'],
];

const letters: Record<string, string> = { ı: 'i', ş: 's', ğ: 'g', ç: 'c', ö: 'o', ü: 'u' };

/** Lower case without Turkish letters and with single spaces. */
function plain(text: string): string {
  const lower = text.replace(/I/g, 'ı').replace(/İ/g, 'i').toLowerCase().normalize('NFC');
  return lower
    .replace(/[ışğçöü]/g, (letter) => letters[letter]!)
    .replace(/\s+/g, ' ')
    .trim();
}

/** A day as an address carries it, if the calendar has it. */
export function dayIn(text: string | null): string | null {
  const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text ?? '');
  return found && made(Number(found[1]), Number(found[2]), Number(found[3]));
}

/**
 * A day: `27.11.2026`, `27.11.26`, `27.11`, `2711`, `27 kasım`, `2026-11-27`, `yarın`, `cuma`. Without a year it is the
 * one nearest to `today`, or for something still to come the first from `today` on; a `past` one (a birth date) wants a
 * year and takes two digits for a year that has been.
 */
export function readDay(text: string, today: string, lies: Lies = 'near'): string | null {
  const past = lies === 'past';
  const said = plain(text);
  if (said === '') return '';
  const found = past ? null : (relative(said, today) ?? null);
  const day = found ?? calendar(said, today, lies);
  return day !== null && past && day > today ? null : day;
}

function relative(said: string, today: string): string | null {
  const apart = words[said];
  if (apart !== undefined) return plusDays(today, apart);
  const weekday = weekdays[said.replace(/ gunu$/, '')];
  if (weekday === undefined) return null;
  return plusDays(today, ((weekday - utc(today).getUTCDay() + 6) % 7) + 1);
}

function calendar(said: string, today: string, lies: Lies): string | null {
  const parts = pieces(said);
  if (parts === null) return null;
  const [day, month, year] = parts;
  const past = lies === 'past';
  if (year === undefined) return past ? null : lies === 'coming' ? coming(day, month, today) : nearest(day, month, today);
  if (year.length === 4) return made(Number(year), month, day);
  const century = Number(today.slice(0, 2)) * 100;
  const full = century + Number(year);
  const beforeToday = past && `${full}` > today.slice(0, 4);
  return made(beforeToday ? full - 100 : full, month, day);
}

/** Day, month and the year as it was written. */
function pieces(said: string): [number, number, string | undefined] | null {
  const backwards = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(said);
  if (backwards) return [Number(backwards[3]), Number(backwards[2]), backwards[1]];
  const apart = /^(\d{1,2})\s?[./\- ,]\s?(\d{1,2})(?:\s?[./\- ,]\s?(\d{4}|\d{2}))?\.?$/.exec(said);
  if (apart) return [Number(apart[1]), Number(apart[2]), apart[3]];
  const together = /^(\d{2})(\d{2})(\d{4}|\d{2})?$/.exec(said);
  if (together) return [Number(together[1]), Number(together[2]), together[3]];
  const named = /^(\d{1,2})\.? ?([a-z]+)\.?(?:,? ?(\d{4}|\d{2}))?$/.exec(said);
  const month = named ? months.findIndex((names) => names.includes(named[2]!)) + 1 : 0;
  return named && month > 0 ? [Number(named[1]), month, named[3]] : null;
}

/** The day if the calendar has it. */
function made(year: number, month: number, day: number): string | null {
  if (year < 1900 || year > 2199) return null;
  const moment = new Date(Date.UTC(year, month - 1, day));
  return moment.getUTCMonth() === month - 1 && moment.getUTCDate() === day ? iso(moment) : null;
}

function nearest(day: number, month: number, today: string): string | null {
  const year = Number(today.slice(0, 4));
  const far = (one: string) => Math.abs(utc(one).getTime() - utc(today).getTime());
  const all = [year - 1, year, year + 1].map((one) => made(one, month, day)).filter((one) => one !== null);
  return all.toSorted((a, b) => far(a) - far(b))[0] ?? null;
}

/** The first such day from today on; the 29th of February may be years away. */
function coming(day: number, month: number, today: string): string | null {
  const year = Number(today.slice(0, 4));
  const all = Array.from({ length: 9 }, (_, ahead) => made(year + ahead, month, day));
  return all.find((one) => one !== null && one >= today) ?? null;
}

/** A time of day: `9`, `930`, `9:30`, `9.30`, `14 30`, `9 buçuk`, `2 pm`, `öğlen`. */
export function readTime(text: string): string | null {
  const said = plain(text).replace(/^saat /, '');
  if (said === '') return '';
  if (said === 'oglen' || said === 'ogle' || said === 'noon') return '12:00';
  const half = /^(\d{1,2}) bucuk$/.exec(said);
  if (half) return timeOf(Number(half[1]), 30);
  const found = /^(\d{1,2})(?:\s?[:.,h ]\s?(\d{2})|(\d{2}))?(?: ?(am|pm))?$/.exec(said);
  if (!found) return null;
  const hours = Number(found[1]);
  const minutes = Number(found[2] ?? found[3] ?? 0);
  if (found[4] === undefined) return timeOf(hours, minutes);
  return hours < 1 || hours > 12 ? null : timeOf((hours % 12) + (found[4] === 'pm' ? 12 : 0), minutes);
}

function timeOf(hours: number, minutes: number): string | null {
  if (hours > 23 || minutes > 59) return null;
  return `${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`;
}

/** A number of pieces: whole and above nothing. */
export function readQuantity(text: string): number | null {
  const said = text.trim();
  if (!/^\d{1,6}$/.test(said)) return null;
  const value = Number(said);
  return value > 0 ? value : null;
}

/**
 * An amount in kuruş: `1.234,50`, `1,234.50`, `1234,5`, `₺99`, `1.234 TL`. The last sign with one or two digits behind it
 * is the decimal one, in either language; a sign between groups of three is none.
 */
export function readMoney(text: string): number | null {
  const said = text.replace(/[₺\s\u00a0]|TL$/gi, '');
  const found = /^(\d{1,9}|\d{1,3}(?:\.\d{3}){1,2}|\d{1,3}(?:,\d{3}){1,2})(?:[.,](\d{1,2}))?$/.exec(said);
  if (!found) return null;
  return Number(found[1]!.replace(/[.,]/g, '')) * 100 + Number((found[2] ?? '').padEnd(2, '0'));
}
