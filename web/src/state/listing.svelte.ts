/** A list that comes page by page. What is on screen stays until the new answer is there. */
import type { Page } from '../api/types.ts';

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

  load(fetch: Fetch<T>): void {
    this.fetch = fetch;
    void this.run(null);
  }

  /** Both end when the newest answer is on the screen. */
  again = () => this.run(null);
  more = () => this.run(this.next);

  replace(item: T): void {
    this.items = this.items?.map((one) => (one.id === item.id ? item : one)) ?? null;
  }

  private async run(cursor: string | null): Promise<void> {
    this.newest = this.ask(cursor);
    for (let seen: Promise<void> | null = null; seen !== this.newest; ) {
      seen = this.newest;
      await seen;
    }
  }

  private async ask(cursor: string | null): Promise<void> {
    if (!this.fetch) return;
    this.running?.abort();
    const mine = new AbortController();
    this.running = mine;
    try {
      const page = await this.fetch(cursor, mine.signal);
      if (mine.signal.aborted) return;
      this.items = cursor === null ? page.items : [...(this.items ?? []), ...page.items];
      this.next = page.next;
      this.total = page.total ?? null;
      this.trouble = null;
    } catch (cause) {
      if (!mine.signal.aborted) this.trouble = cause;
    }
  }
}
