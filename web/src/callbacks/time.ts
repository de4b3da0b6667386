import { serverNow } from '../state/clock.svelte.ts';

/** The full hour that is next, or the one after it when that is near. */
export function nextHour(now = serverNow()): Date {
  const hour = 3_600_000;
  return new Date(Math.ceil((now + hour / 2) / hour) * hour);
}
