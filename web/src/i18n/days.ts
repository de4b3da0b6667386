/** Days as `2026-11-27`. */

export const utc = (day: string) => new Date(`${day}T00:00:00Z`);
export const iso = (moment: Date) => moment.toISOString().slice(0, 10);

/** A day so many days after another. */
export function plusDays(day: string, count: number): string {
  const moment = utc(day);
  moment.setUTCDate(moment.getUTCDate() + count);
  return iso(moment);
}
