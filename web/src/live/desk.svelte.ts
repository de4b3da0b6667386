/** The live state of this desk: own status, live calls, colleagues and queues. */
import type { AgentRow, AgentSelf, AgentState, LiveCall, QueueRow, Snapshot, StatusValue, StreamEvent } from '../api/types.ts';
import { clockNow } from '../state/clock.svelte.ts';
import { seat } from '../state/session.svelte.ts';
import { after, callOf, type Calls } from './fold.ts';
import { Stream } from './socket.ts';

export type StripState = 'off' | 'ready' | 'ringing' | 'talking' | 'held' | 'wrap_up' | 'break' | 'unreachable';
type Listener = (event: StreamEvent) => void;

const nobody: AgentSelf = { status: { status: 'off' }, state: 'idle', call: null, until: null, misses: 0, registered: false };

class Desk {
  connected = $state(false);
  /** False until the first snapshot, so that the page does not show "off shift" for a moment. */
  known = $state(false);
  agent = $state.raw<AgentSelf>(nobody);
  since = $state(Date.now());
  calls = $state.raw<Calls>(new Map());
  agents = $state.raw<AgentRow[]>([]);
  queues = $state.raw<QueueRow[]>([]);

  private readonly held = new Map<string, number>();
  private readonly listeners = new Set<Listener>();
  private stream: Stream | null = null;

  /** The call this desk is busy with. */
  mine = $derived.by<LiveCall | null>(() => {
    const me = seat.session?.me.id;
    const named = this.agent.call === null ? undefined : this.calls.get(this.agent.call);
    if (named) return named;
    const phases = ['ringing', 'talking', 'held', 'wrap_up'];
    return [...this.calls.values()].find((call) => call.agent === me && phases.includes(call.phase)) ?? null;
  });

  strip = $derived.by<StripState>(() => {
    const phase = this.mine?.phase;
    if (phase === 'ringing' || phase === 'talking' || phase === 'held' || phase === 'wrap_up') return phase;
    if (this.agent.state === 'wrap_up') return 'wrap_up';
    const status = this.agent.status.status;
    return status === 'available' ? 'ready' : status;
  });

  start(): void {
    this.stop();
    this.stream = new Stream({
      connected: (is) => (this.connected = is),
      snapshot: (data) => this.replace(data),
      event: (event) => this.apply(event),
      gap: () => this.tell({ seq: 0, id: '', type: 'gap', time: '', subject: '', rev: 0, ack: false, data: {} }),
      signedOut: () => seat.lost(),
      refused: () => void this.stillSignedIn(),
    });
    this.stream.start();
  }

  stop(): void {
    this.stream?.stop();
    this.stream = null;
    this.connected = false;
    this.known = false;
    this.agent = nobody;
    this.calls = new Map();
  }

  /** News for lists and pages that show stored things. */
  on(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  replace(data: Snapshot): void {
    this.held.clear();
    for (const call of data.calls) this.held.set(`call/${call.id}`, call.rev);
    const agent = data.agent ?? nobody;
    if (agent.state !== this.agent.state || agent.status.status !== this.agent.status.status) this.since = clockNow.now;
    this.agent = agent;
    this.calls = new Map(data.calls.map((call) => [call.id, call]));
    this.agents = data.agents;
    this.queues = data.queues.map((queue) => named({ ...queue, id: queue.id ?? queue.queue ?? '' }));
    this.known = true;
  }

  apply(event: StreamEvent): void {
    if (this.stale(event)) return;
    clockNow.heard(event.time);
    if (event.type === 'agent.state') this.agentState(event.data as never);
    else if (event.type === 'queue.stats') this.queueStats(event.data as never);
    else if (event.type === 'presence.changed') this.presence(event.data as never);
    else this.call(event);
    this.tell(event);
  }

  private stale(event: StreamEvent): boolean {
    if (!event.subject || !event.rev) return false;
    const call = callOf(event);
    const subject = call === null ? event.subject : `call/${call}`;
    if (event.rev <= (this.held.get(subject) ?? 0)) return true;
    this.held.set(subject, event.rev);
    return false;
  }

  private call(event: StreamEvent): void {
    const id = callOf(event);
    if (id === null) return;
    const next = after(this.calls.get(id), event, seat.me.id);
    if (next === undefined) return;
    const calls = new Map(this.calls);
    if (next === null) calls.delete(id);
    else calls.set(id, next);
    this.calls = calls;
  }

  private agentState(data: { agent: string; status: StatusValue; state: AgentState; call: string | null; until: string | null }): void {
    this.agents = this.agents.map((row) =>
      row.user === data.agent
        ? { ...row, status: data.status, state: data.state, call: data.call, since: new Date(clockNow.now).toISOString() }
        : row,
    );
    if (data.agent !== seat.me.id) return;
    if (this.agent.state !== data.state || this.agent.status.status !== data.status.status) this.since = clockNow.now;
    this.agent = { ...this.agent, status: data.status, state: data.state, call: data.call, until: data.until };
    if (data.state === 'idle') this.dropMine();
  }

  /** The switch says this desk is free: whatever it still showed is over. */
  private dropMine(): void {
    const kept = [...this.calls].filter(([, call]) => call.agent !== seat.me.id || call.phase === 'queued' || call.phase === 'menu');
    this.calls = new Map(kept);
  }

  private queueStats(data: Omit<QueueRow, 'id' | 'name'> & { queue: string }): void {
    const { queue, ...figures } = data;
    const found = this.queues.some((row) => row.id === queue);
    this.queues = found
      ? this.queues.map((row) => (row.id === queue ? { ...row, ...figures } : row))
      : [...this.queues, { id: queue, name: seat.queueName(queue), ...figures }];
  }

  private presence(data: { extension: string; registered: boolean }): void {
    this.agents = this.agents.map((row) => (row.extension === data.extension ? { ...row, registered: data.registered } : row));
    if (data.extension === seat.me.extension) this.agent = { ...this.agent, registered: data.registered };
  }

  private tell(event: StreamEvent): void {
    for (const listener of this.listeners) listener(event);
  }

  /** The upgrade hides its answer from the page, so ask in the open. */
  private async stillSignedIn(): Promise<void> {
    const { current } = await import('../api/session.ts');
    await current().catch((cause: { status?: number }) => {
      if (cause.status === 401) seat.lost();
    });
  }
}

export const desk = new Desk();

/** The stream sends ids; the session knows the names. */
function named(queue: QueueRow): QueueRow {
  return queue.name ? queue : { ...queue, name: seat.queueName(queue.id) };
}
