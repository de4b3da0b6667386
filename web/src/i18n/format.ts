/** Numbers, money, dates and telephone numbers as people write them. */
import { serverNow } from '../state/clock.svelte.ts';
import { locale, t } from './index.svelte.ts';

const cache = new Map<string, Intl.DateTimeFormat>();

function dates(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const name = `${locale.tag}|${locale.timezone}|${JSON.stringify(options)}`;
  let found = cache.get(name);
  if (!found) {
    found = new Intl.DateTimeFormat(locale.tag, { timeZone: locale.timezone, ...options });
    cache.set(name, found);
  }
  return found;
}

/** 123450 → ₺1.234,50 */
export function money(kurus: number): string {
  return new Intl.NumberFormat(locale.tag, { style: 'currency', currency: 'TRY', currencyDisplay: 'narrowSymbol' })
    .format(kurus / 100);
}

export function percent(rate: number): string {
  return new Intl.NumberFormat(locale.tag, { style: 'percent' }).format(rate / 100);
}

export const clock = (time: string | number | Date) => dates({ hour: '2-digit', minute: '2-digit', hour12: false }).format(new Date(time));
/** `14:05:09` */
export const clockSeconds = (time: string | number | Date) =>
  dates({ hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false }).format(new Date(time));
export const date = (time: string | number | Date) =>
  dates({ day: '2-digit', month: '2-digit', year: 'numeric' }).format(new Date(time)).replaceAll('/', '.');
export const weekday = (time: string | number | Date) =>
  dates({ weekday: 'long', day: 'numeric', month: 'long' }).format(new Date(time));

/** Days between two moments on the business's calendar. */
function daysApart(a: Date, b: Date): number {
  const day = (moment: Date) => Date.parse(`${isoDay(moment)}T00:00:00Z`);
  return Math.round((day(a) - day(b)) / 86_400_000);
}

/** `2026-11-22` in the business's time zone. */
export function isoDay(time: string | number | Date): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone: locale.timezone, year: 'numeric', month: '2-digit', day: '2-digit' })
    .format(new Date(time));
}

export function day(time: string | number | Date, now = new Date(serverNow())): string {
  const apart = daysApart(new Date(time), now);
  if (apart === 0) return t('time.today');
  if (apart === -1) return t('time.yesterday');
  if (apart === 1) return t('time.tomorrow');
  return date(time);
}

/** `bugün 14:05` */
export function when(time: string | number | Date | null): string {
  if (time === null) return '';
  return `${day(time)} ${clock(time)}`;
}

/** `3 dk önce` */
export function ago(time: string | null, now = serverNow()): string {
  if (time === null) return '';
  const seconds = Math.max(0, Math.round((now - Date.parse(time)) / 1000));
  if (seconds < 60) return t('time.now');
  if (seconds < 3600) return t('time.minutes_ago', { n: Math.floor(seconds / 60) });
  if (seconds < 86_400) return t('time.hours_ago', { n: Math.floor(seconds / 3600) });
  const days = -daysApart(new Date(time), new Date(now));
  return days <= 30 ? t('time.days_ago', { n: Math.max(1, days) }) : date(time);
}

/** `1:12`, `1:02:03` */
export function duration(millis: number): string {
  const seconds = Math.max(0, Math.floor(millis / 1000));
  const pair = (n: number) => String(n).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return hours > 0 ? `${hours}:${pair(minutes)}:${pair(seconds % 60)}` : `${minutes}:${pair(seconds % 60)}`;
}

/** `+905321112233` → `0532 111 22 33`; anything else stays as it is. */
export function phone(number: string | null): string {
  if (number === null) return '';
  const local = /^\+90(\d{3})(\d{3})(\d{2})(\d{2})$/.exec(number);
  return local ? `0${local[1]} ${local[2]} ${local[3]} ${local[4]}` : number;
}

/** Turkish order: ç after c, ı before i. */
export function byName(a: string, b: string): number {
  return new Intl.Collator('tr').compare(a, b);
}

/** `2026-11-23` and `14:30` on the business's clock → RFC 3339 with its offset. */
export function zoned(dayText: string, timeText: string): string {
  const naive = new Date(`${dayText}T${timeText}:00Z`);
  let offset = offsetMinutes(naive);
  offset = offsetMinutes(new Date(naive.getTime() - offset * 60_000));
  const sign = offset < 0 ? '-' : '+';
  const pair = (n: number) => String(n).padStart(2, '0');
  const size = Math.abs(offset);
  return `${dayText}T${timeText}:00${sign}${pair(Math.floor(size / 60))}:${pair(size % 60)}`;
}

function offsetMinutes(moment: Date): number {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone: locale.timezone, timeZoneName: 'longOffset' }).formatToParts(moment);
  const name = parts.find((part) => part.type === 'timeZoneName')?.value ?? 'GMT';
  const found = /GMT([+-])(\d{2}):(\d{2})/.exec(name);
  if (!found) return 0;
  return (found[1] === '-' ? -1 : 1) * (Number(found[2]) * 60 + Number(found[3]));
}
