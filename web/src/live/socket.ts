/**
 * The desk's websocket: hello and resume, acks, pongs, and a new connection as soon as one can be had.
 * It knows nothing of what the events mean.
 */
import type { Snapshot, StreamEvent } from '../api/types.ts';

/** `silent`: the line stands, but nobody answers on it. */
export type Line = 'up' | 'silent' | 'down';

export interface Sink {
  line(is: Line): void;
  snapshot(data: Snapshot): void;
  event(event: StreamEvent): void;
  /** History was lost while away: lists should be read again. */
  gap(): void;
  signedOut(): void;
  /** Several attempts failed; perhaps the session is over. */
  refused(): void;
}

const protocol = 'santral.v1';
/** Quiet for so long, we ask whether anybody is there; */
const asksAfter = 2000;
/** an answer takes no longer than this; */
const answersWithin = 2000;
/** and a line silent for so long after that is given up for a new one. */
const givesUpAfter = 8000;
const firstDelay = 250;
const longestDelay = 5000;

type ServerMessage =
  | { type: 'welcome'; seq: number; gap: boolean }
  | { type: 'snapshot'; data: Snapshot }
  | { type: 'ping' }
  | { type: 'bye'; code: number; reason: string }
  | (StreamEvent & { type: string });

export class Stream {
  private socket: WebSocket | null = null;
  private seq: number | null = null;
  private delay = firstDelay;
  private failures = 0;
  private stopped = true;
  /** The snapshot of this connection has come. */
  private greeted = false;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private watchdog: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly sink: Sink) {}

  start(): void {
    this.stopped = false;
    addEventListener('online', this.hurry);
    addEventListener('pageshow', this.hurry);
    document.addEventListener('visibilitychange', this.hurry);
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    removeEventListener('online', this.hurry);
    removeEventListener('pageshow', this.hurry);
    document.removeEventListener('visibilitychange', this.hurry);
    clearTimeout(this.retry);
    clearTimeout(this.watchdog);
    this.socket?.close(1000);
    this.socket = null;
  }

  /** The network may be back, or somebody looks at the page again. */
  private readonly hurry = () => {
    if (this.stopped || document.visibilityState === 'hidden') return;
    if (this.socket && this.socket.readyState <= WebSocket.OPEN) {
      this.say({ type: 'ping' });
      return;
    }
    clearTimeout(this.retry);
    this.connect();
  };

  private connect(): void {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
    const socket = new WebSocket(`${scheme}://${location.host}/api/v1/stream`, protocol);
    this.socket = socket;
    this.greeted = false;
    socket.onopen = () => this.say({ type: 'hello', resume: this.seq });
    socket.onmessage = (message) => this.hear(socket, message.data as string);
    socket.onclose = (close) => this.lost(socket, close.code);
    this.watch();
  }

  private hear(socket: WebSocket, text: string): void {
    if (socket !== this.socket) return;
    this.watch();
    if (this.greeted) this.sink.line('up');
    const message = JSON.parse(text) as ServerMessage;
    switch (message.type) {
      case 'welcome':
        return this.welcome(message as { seq: number; gap: boolean });
      case 'snapshot':
        this.greeted = true;
        this.sink.snapshot((message as { data: Snapshot }).data);
        return this.sink.line('up');
      case 'ping':
        return this.say({ type: 'pong' });
      case 'pong':
        return;
      case 'bye':
        return this.goodbye(message as { code: number });
      default:
        return this.news(message as StreamEvent);
    }
  }

  private welcome(message: { seq: number; gap: boolean }): void {
    this.failures = 0;
    this.delay = firstDelay;
    if (this.seq === null) this.seq = message.seq;
    if (message.gap) {
      this.seq = message.seq;
      this.sink.gap();
    }
  }

  private news(event: StreamEvent): void {
    if (event.ack) this.say({ type: 'ack', seq: event.seq });
    if (typeof event.seq === 'number') this.seq = Math.max(this.seq ?? 0, event.seq);
    this.sink.event(event);
  }

  private goodbye(message: { code: number }): void {
    if (message.code !== 4001) return;
    this.stop();
    this.sink.signedOut();
  }

  private lost(socket: WebSocket, code: number): void {
    if (socket !== this.socket || this.stopped) return;
    clearTimeout(this.watchdog);
    this.socket = null;
    this.sink.line('down');
    if (code === 4001) return this.goodbye({ code });
    this.failures += 1;
    if (this.failures % 3 === 0) this.sink.refused();
    this.retry = setTimeout(() => this.connect(), this.delay * (0.5 + Math.random() / 2));
    this.delay = Math.min(longestDelay, this.delay * 2);
  }

  /** Called at every sign of life. Each step begins its own clock, so that a page whose timers slept asks first. */
  private watch(): void {
    this.after(asksAfter, () => {
      this.say({ type: 'ping' });
      this.after(answersWithin, () => {
        if (this.greeted) this.sink.line('silent');
        this.after(givesUpAfter, () => this.giveUp());
      });
    });
  }

  private after(millis: number, step: () => void): void {
    clearTimeout(this.watchdog);
    this.watchdog = setTimeout(step, millis);
  }

  private giveUp(): void {
    const silent = this.socket;
    silent?.close(4000);
    if (silent) this.lost(silent, 4000);
  }

  private say(message: object): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }
}
