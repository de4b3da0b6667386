/** The second screen: five lists about the caller, fetched while the phone rings. */
import { clockNow } from '../state/clock.svelte.ts';
import * as customers from '../api/customers.ts';
import type { SecondTab } from '../api/customers.ts';
import { desk } from '../live/desk.svelte.ts';
import { router } from '../state/router.svelte.ts';
import { quick } from './quick.ts';

export const tabs: SecondTab[] = ['orders', 'contacts', 'complaints', 'products', 'appointments'];
type Rows = Record<string, unknown>[];

/** A contact that has been: not the call that is running, nor an appointment to come. */
function hasBeen(row: Record<string, unknown>): boolean {
  return row['id'] !== desk.mine?.id && !(Date.parse(String(row['at'])) > clockNow.now);
}

class Second {
  tab = $state<SecondTab>('contacts');
  rows = $state.raw<Partial<Record<SecondTab, Rows>>>({});
  failed = $state(false);
  /** Whose lists these are, and during which call they were asked for. */
  private of: { customer: string; call: string } | null = null;
  private running: AbortController | null = null;

  toggle(tab: SecondTab): void {
    this.tab = tab;
  }

  /** Whether its digits mean anything now. While a result is written the digits are the result's. */
  keys(): boolean {
    return router.path === '/' && quick.customer() !== null && desk.mine?.phase !== 'wrap_up';
  }

  /** Fetches all five; asked twice for the same customer and call it changes nothing unless `again`. */
  async prefetch(customer: string, call: string, again = false): Promise<void> {
    const same = this.of?.customer === customer && this.of.call === call;
    if (same && !again) return;
    if (!same) {
      this.rows = {};
      this.tab = 'contacts';
    }
    this.of = { customer, call };
    this.failed = false;
    this.running?.abort();
    const mine = new AbortController();
    this.running = mine;
    await Promise.all(tabs.map((tab) => this.load(customer, tab, mine.signal)));
    if (this.running === mine) this.running = null;
  }

  /** Nobody looks at them any more: what has not come yet is asked for when they are looked at again. */
  leave(): void {
    if (this.running) this.of = null;
    this.running?.abort();
    this.running = null;
  }

  private async load(customer: string, tab: SecondTab, signal: AbortSignal): Promise<void> {
    try {
      const all = await customers.second(customer, tab, signal);
      const rows = tab === 'contacts' ? all.filter(hasBeen) : all;
      if (!signal.aborted) this.rows = { ...this.rows, [tab]: rows };
    } catch {
      if (!signal.aborted) this.failed = true;
    }
  }
}

export const second = new Second();
