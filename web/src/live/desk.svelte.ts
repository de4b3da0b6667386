/** The live state of this desk: own status, live calls, colleagues and queues. */
import type { AgentRow, AgentSelf, LiveCall, QueueFigures, QueueRow, Snapshot, StreamEvent, SystemTrouble } from '../api/types.ts';
import { seat } from '../state/session.svelte.ts';
import { after, callOf, type Calls } from './fold.ts';
import { Stream, type Line } from './socket.ts';

export type StripState = 'off' | 'ready' | 'ringing' | 'talking' | 'held' | 'wrap_up' | 'break' | 'unreachable';
type Listener = (event: StreamEvent) => void;
type AgentNews = Pick<AgentSelf, 'status' | 'state' | 'call' | 'until' | 'misses' | 'phone'> & { agent: string; since: string };

const nobody: AgentSelf = { status: { status: 'off' }, state: 'idle', call: null, until: null, misses: 0, registered: false, phone: null };

class Desk {
  line = $state<Line>('down');
  /** False until the first snapshot, so that the page does not show "off shift" for a moment. */
  known = $state(false);
  agent = $state.raw<AgentSelf>(nobody);
  calls = $state.raw<Calls>(new Map());
  agents = $state.raw<AgentRow[]>([]);
  /** The stream knows queues by id; their names are the session's, in the reader's language of now. */
  private figures = $state.raw<QueueFigures[]>([]);
  queues = $derived<QueueRow[]>(this.figures.map(({ queue, ...figures }) => ({ id: queue, name: seat.queueName(queue), ...figures })));
  /** What is wrong with the system itself, the most pressing last. */
  trouble = $state.raw<SystemTrouble[]>([]);

  private wasUp = false;
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

  /** Since when this person's state is what it is (ms), by the server's memory, so that a reload changes no timer. */
  since = $derived.by<number | null>(() => {
    const row = this.agents.find((one) => one.user === seat.session?.me.id);
    return row?.since ? Date.parse(row.since) : null;
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
      line: (is) => this.lineIs(is),
      snapshot: (data) => this.replace(data),
      event: (event) => this.apply(event),
      gap: () => this.readAgain(),
      signedOut: () => seat.lost(),
      refused: () => void this.stillSignedIn(),
    });
    this.stream.start();
  }

  stop(): void {
    this.stream?.stop();
    this.stream = null;
    this.line = 'down';
    this.wasUp = false;
    this.known = false;
    this.agent = nobody;
    this.calls = new Map();
  }

  /** Whoever asked while nobody answered asks again now. */
  private lineIs(line: Line): void {
    const back = this.wasUp && this.line !== 'up' && line === 'up';
    this.wasUp ||= line === 'up';
    this.line = line;
    if (back) this.readAgain();
  }

  /** What failed while something was wrong is asked for again when all is well. */
  private troubled(trouble: SystemTrouble[]): void {
    const well = this.trouble.length > 0 && trouble.length === 0;
    this.trouble = trouble;
    if (well) this.readAgain();
  }

  private readAgain(): void {
    this.tell({ seq: 0, id: '', type: 'gap', time: '', subject: '', rev: 0, ack: false, data: {} });
  }

  /** News for lists and pages that show stored things. */
  on(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  replace(data: Snapshot): void {
    this.held.clear();
    for (const call of data.calls) this.held.set(`call/${call.id}`, call.rev);
    this.agent = data.agent ?? nobody;
    this.calls = new Map(data.calls.map((call) => [call.id, call]));
    this.agents = data.agents;
    this.figures = data.queues;
    this.troubled(data.trouble);
    this.known = true;
  }

  apply(event: StreamEvent): void {
    if (this.stale(event)) return;
    if (event.type === 'agent.state') this.agentState(event.data as unknown as AgentNews);
    else if (event.type === 'queue.stats') this.queueStats(event.data as never);
    else if (event.type === 'system.trouble') this.troubled((event.data as { trouble: SystemTrouble[] }).trouble);
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

  private agentState(data: AgentNews): void {
    const { agent, until, misses, ...shown } = data;
    this.agents = this.agents.map((row) => (row.user === agent ? { ...row, ...shown } : row));
    if (agent !== seat.me.id) return;
    const { status, state, call, phone } = shown;
    this.agent = { ...this.agent, status, state, call, until, misses, phone };
    if (state === 'idle') this.dropMine();
  }

  /** The switch says this desk is free: whatever it still showed is over. */
  private dropMine(): void {
    const kept = [...this.calls].filter(([, call]) => call.agent !== seat.me.id || call.phase === 'queued' || call.phase === 'menu');
    this.calls = new Map(kept);
  }

  private queueStats(data: QueueFigures): void {
    const found = this.figures.some((row) => row.queue === data.queue);
    this.figures = found ? this.figures.map((row) => (row.queue === data.queue ? { ...row, ...data } : row)) : [...this.figures, data];
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
