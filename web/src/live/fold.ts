/** What one event does to a live call. Pure, so that tests can replay a morning. */
import type { Caller, LiveCall, StreamEvent } from '../api/types.ts';

export type Calls = Map<string, LiveCall>;

/** The call an event is about, if any. */
export function callOf(event: StreamEvent): string | null {
  if (!event.type.startsWith('call.') && event.type !== 'match.resolved') return null;
  const data = event.data as { call?: unknown; id?: unknown };
  if (typeof data.call === 'string') return data.call;
  if (event.type === 'call.offered' && typeof data.id === 'string') return data.id;
  return null;
}

/** The call after the event; `null` when it leaves the desk. `me` is the desk's owner. */
export function after(held: LiveCall | undefined, event: StreamEvent, me: string): LiveCall | null | undefined {
  const data = event.data as Record<string, unknown> & { live?: LiveCall };
  if (event.type === 'call.offered' && typeof data['phase'] === 'string') {
    // Who leads hears of every phone that rings; what this desk does with the call stays.
    return held?.agent === me && data['agent'] !== me ? held : (data as unknown as LiveCall);
  }
  const base = data.live ?? held;
  if (event.type === 'call.started' && !base) return fresh(event);
  if (!base) return undefined;
  const call: LiveCall = { ...base, rev: Math.max(base.rev ?? 0, event.rev) };
  return step(call, event, data, me);
}

const nobodyTalks = { talking_since: null, held_since: null };

function step(call: LiveCall, event: StreamEvent, data: Record<string, unknown>, me: string): LiveCall | null {
  // A caller who was sent on goes their way; here their result is still to be written.
  const writing = call.phase === 'wrap_up' && call.agent === me;
  if (writing && event.type !== 'match.resolved' && event.type !== 'call.completed') return call;
  switch (event.type) {
    case 'match.resolved':
      return { ...call, caller: data['caller'] as Caller };
    case 'call.queued':
      return { ...call, phase: 'queued', agent: null, queue: data['queue'] as string, queued_at: event.time, ...nobodyTalks };
    case 'call.offer_ended':
      return offerEnded(call, data, me);
    case 'call.answered':
      return { ...call, phase: 'talking', agent: data['agent'] as string, answered_at: call.answered_at ?? event.time, talking_since: event.time, held_since: null };
    case 'call.held':
      return { ...call, phase: 'held', held_since: event.time };
    case 'call.resumed':
      return { ...call, phase: 'talking', held_since: null };
    case 'call.recording_started':
      return { ...call, recording: true };
    case 'call.transferred':
      return data['agent'] === me ? { ...call, phase: 'wrap_up', recording: false } : call;
    case 'call.ended':
      return call.agent === me && call.answered_at !== null ? { ...call, phase: 'wrap_up', recording: false } : null;
    case 'call.completed':
      return null;
    default:
      return call;
  }
}

function offerEnded(call: LiveCall, data: Record<string, unknown>, me: string): LiveCall | null {
  if (data['reason'] === 'answered') return call;
  if (data['agent'] === me) return null;
  return call.agent === data['agent'] ? { ...call, phase: 'queued', agent: null } : call;
}

function fresh(event: StreamEvent): LiveCall {
  const data = event.data as { call: string; direction: 'in' | 'internal'; from: string | null; display: string | null; to: string };
  return {
    id: data.call,
    direction: data.direction,
    from: data.from,
    from_display: null,
    to: data.to,
    caller: null,
    caller_name: data.display,
    queue: null,
    ivr: [],
    language: 'tr',
    started_at: event.time,
    queued_at: null,
    answered_at: null,
    ...nobodyTalks,
    phase: 'menu',
    agent: null,
    expires_at: null,
    remote_answer: false,
    recording: false,
    waited_ms: 0,
    rev: event.rev,
  };
}
