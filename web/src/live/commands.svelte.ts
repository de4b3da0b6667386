/** What the person asks of the switch: what is under way, and refusals in plain words on the strip. */
import { Problem } from '../api/http.ts';
import * as api from '../api/telephony.ts';
import { t } from '../i18n/index.svelte.ts';
import { words } from '../state/problem.ts';
import { askToNotify } from './alert.ts';
import { desk } from './desk.svelte.ts';
import { leader } from './leader.svelte.ts';
import { sample, unlock } from './tone.ts';

export type Command = 'start' | 'end' | 'break' | 'answer' | 'decline' | 'hold' | 'resume' | 'hangup' | 'extend' | 'skip';

/** Two strokes closer than this are one, ms. */
const oneStroke = 400;

/** Hold and go on are one key. */
const strokeOf = (command: Command) => (command === 'resume' ? 'hold' : command);

/** What is on the desk, to tell whether a command changed it. */
const whereWeAre = () => `${desk.strip} ${desk.mine?.id}`;

class Commands {
  /** Words on the strip after a refusal. */
  refusal = $state<string | null>(null);
  /** The phone must be lifted by hand. */
  lift = $state(false);
  /** Asked and not yet answered. */
  pending = $state.raw<Command[]>([]);
  /** The refusal is that nobody knows whether it was done. */
  private unsure = false;
  private last: { command: Command; call: string; at: number } | null = null;

  /** The shift starts with a click, because a browser rings only for somebody who clicked. */
  startShift = () =>
    this.run('start', async () => {
      leader.take();
      askToNotify();
      void unlock().then((works) => works && sample());
      await api.setStatus('available');
    });

  endShift = () => this.run('end', () => api.setStatus('off'));
  takeBreak = (reason: string) => this.run('break', () => api.setStatus('break', reason));
  extend = () => this.run('extend', () => api.extendWrapUp());
  skipResult = () => this.run('skip', () => api.endWrapUp());

  answer = () => this.withCall('answer', ['ringing'], api.answer);
  decline = () => this.withCall('decline', ['ringing'], api.decline);
  hold = () => this.withCall('hold', ['talking'], api.hold);
  resume = () => this.withCall('resume', ['held'], api.resume);
  holdOrResume = () => (desk.mine?.phase === 'held' ? this.resume() : this.hold());
  hangUp = () => this.withCall('hangup', ['talking', 'held'], api.hangUp);

  clear(): void {
    this.refusal = null;
    this.lift = false;
    this.unsure = false;
  }

  /**
   * The call or the state is another one now. Whether a command was done is known again, and whoever is about to ask
   * once more for a hold that came late after all does not ask for its contrary.
   */
  moved(): void {
    if (!this.unsure) return;
    this.clear();
    if (this.last) this.last.at = performance.now();
  }

  is(command: Command): boolean {
    return this.pending.includes(command);
  }

  /** One of a kind at a time. A command says what should be, never "the other way", so asking again is harmless. */
  private async run(command: Command, ask: () => Promise<void>): Promise<void> {
    if (this.is(command)) return;
    this.pending = [...this.pending, command];
    this.clear();
    const before = whereWeAre();
    try {
      await ask();
    } catch (cause) {
      this.lift = cause instanceof Problem && cause.code === 'lift-handset';
      this.unsure = cause instanceof Problem && cause.status === 0;
      // Only the answer was lost: what was asked is there to see.
      if (this.unsure && whereWeAre() !== before) return;
      this.refusal = this.unsure ? t('strip.not_known') : words(cause);
    } finally {
      this.pending = this.pending.filter((one) => one !== command);
    }
  }

  private async withCall(command: Command, phases: string[], ask: (call: string) => Promise<void>): Promise<void> {
    const call = desk.mine;
    if (!call || !phases.includes(call.phase)) return;
    const [last, now] = [this.last, performance.now()];
    // A key struck twice was meant once: also where the next call rings in between, or where hold has become go on.
    const again = last !== null && strokeOf(last.command) === strokeOf(command) && now - last.at < oneStroke;
    if (again && (last.call !== call.id || last.command !== command)) return;
    this.last = { command, call: call.id, at: now };
    await this.run(command, () => ask(call.id));
  }
}

export const commands = new Commands();
