/** What the person asks of the switch, and its refusals in plain words on the strip. */
import { Problem } from '../api/http.ts';
import * as api from '../api/telephony.ts';
import { words } from '../state/problem.ts';
import { askToNotify } from './alert.ts';
import { desk } from './desk.svelte.ts';
import { leader } from './leader.svelte.ts';
import { sample, unlock } from './tone.ts';

class Commands {
  /** Words on the strip after a refusal. */
  refusal = $state<string | null>(null);
  /** The phone must be lifted by hand. */
  lift = $state(false);
  busy = $state(false);

  /** The shift starts with a click, because a browser rings only for somebody who clicked. */
  async startShift(): Promise<void> {
    leader.take();
    askToNotify();
    if (await unlock()) sample();
    await this.run(() => api.setStatus('available'));
  }

  ready = () => this.run(() => api.setStatus('available'));
  endShift = () => this.run(() => api.setStatus('off'));
  takeBreak = (reason: string) => this.run(() => api.setStatus('break', reason));
  extend = () => this.run(() => api.extendWrapUp());
  endWrapUp = () => this.run(() => api.endWrapUp());

  answer = () => this.withCall('ringing', (call) => api.answer(call));
  decline = () => this.withCall('ringing', (call) => api.decline(call));

  async holdOrResume(): Promise<void> {
    const call = desk.mine;
    if (call?.phase === 'talking') await this.run(() => api.hold(call.id));
    else if (call?.phase === 'held') await this.run(() => api.resume(call.id));
  }

  async hangUp(): Promise<void> {
    const call = desk.mine;
    if (call && (call.phase === 'talking' || call.phase === 'held')) await this.run(() => api.hangUp(call.id));
  }

  clear(): void {
    this.refusal = null;
    this.lift = false;
  }

  async run(command: () => Promise<void>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.clear();
    try {
      await command();
      return true;
    } catch (cause) {
      this.lift = cause instanceof Problem && cause.code === 'lift-handset';
      this.refusal = words(cause);
      return false;
    } finally {
      this.busy = false;
    }
  }

  private async withCall(phase: string, command: (call: string) => Promise<void>): Promise<void> {
    const call = desk.mine;
    if (call?.phase === phase) await this.run(() => command(call.id));
  }
}

export const commands = new Commands();
