/** Moments of a call on the time axis of its recording. */
import type { CallEvent } from '../api/types.ts';

export interface Marker {
  at: number;
  type: string;
}

const shown = ['call.answered', 'call.held', 'call.resumed', 'call.transferred', 'call.ended', 'call.completed'];

export function markers(events: CallEvent[], millis: number): Marker[] {
  const start = events.find((event) => event.type === 'call.recording_started') ?? events.find((event) => event.type === 'call.answered');
  if (!start) return [];
  const zero = Date.parse(start.time);
  return events
    .filter((event) => shown.includes(event.type))
    .map((event) => ({ type: event.type, at: Math.min(millis, Math.max(0, Date.parse(event.time) - zero)) }));
}
