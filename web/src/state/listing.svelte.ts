/** A list that comes page by page. What is on screen stays until the new answer is there. */
import type { Page } from '../api/types.ts';
import { desk } from '../live/desk.svelte.ts';
import { Reading } from './reading.ts';

type Fetch<T> = (cursor: string | null, signal: AbortSignal) => Promise<Page<T>>;

export class Listing<T extends { id: string }> {
  items = $state.raw<T[] | null>(null);
  next = $state<string | null>(null);
  /** How many there are in all, when the server was asked. */
  total = $state<number | null>(null);
  trouble = $state<unknown>(null);
  private running: AbortController | null = null;
  private fetch: Fetch<T> | null = null;
  private newest: Promise<void> = Promise.resolve();
  /** How many pages were asked for, and how many are on the screen. */
  private wanted = 1;
  private shown = 0;
  private readonly reading = new Reading(() => this.run(false));

  load(fetch: Fetch<T>): void {
    this.fetch = fetch;
    this.wanted = 1;
    void this.run(false);
  }

  /** Both end when the newest answer is on the screen. */
  again = () => this.run(false);
  more = () => {
    this.wanted += 1;
    return this.run(true);
  };

  /** Reads again when there is news of the kind, or some was missed; for an effect of the page that shows the list. */
  follow(news?: RegExp): () => void {
    const deaf = desk.on(({ type }) => {
      if (type === 'gap' || news?.test(type)) this.reading.soon();
    });
    return () => {
      deaf();
      this.end();
    };
  }

  /** Nobody looks at it any more. */
  end(): void {
    this.reading.end();
    this.running?.abort();
  }

  replace(item: T): void {
    this.items = this.items?.map((one) => (one.id === item.id ? item : one)) ?? null;
  }

  private async run(onward: boolean): Promise<void> {
    this.newest = this.ask(onward);
    for (let seen: Promise<void> | null = null; seen !== this.newest; ) {
      seen = this.newest;
      await seen;
    }
  }

  /** All pages that were asked for, or those that are not there yet. */
  private async ask(onward: boolean): Promise<void> {
    if (!this.fetch) return;
    this.running?.abort();
    const mine = new AbortController();
    this.running = mine;
    const rows = new Map((onward ? (this.items ?? []) : []).map((one) => [one.id, one]));
    let [cursor, had] = onward ? [this.next, this.shown] : [null, 0];
    try {
      do {
        const page = await this.fetch(cursor, mine.signal);
        if (mine.signal.aborted) return;
        for (const one of page.items) rows.set(one.id, one);
        cursor = page.next;
        had += 1;
        this.total = page.total ?? null;
      } while (had < this.wanted && cursor !== null);
      this.items = [...rows.values()];
      this.next = cursor;
      this.shown = had;
      this.trouble = null;
    } catch (cause) {
      if (!mine.signal.aborted) this.trouble = cause;
    }
  }
}
