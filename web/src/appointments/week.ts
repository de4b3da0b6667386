/** Days as `2026-11-23`; the week begins on Monday. */
import { plusDays } from '../i18n/days.ts';

export function monday(day: string): string {
  const weekday = (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7;
  return plusDays(day, -weekday);
}
