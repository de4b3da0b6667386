/** News that come together are one reading, ms. */
const gathers = 200;

/**
 * Reads again what news tell of: once for all that come together, and once more for those that come while it reads. Asked
 * for at once, it ends the reading before; whoever leaves ends the last, so that nothing waits for what nobody looks at.
 */
export class Reading {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: AbortController | null = null;
  private missed = false;

  constructor(private readonly read: (signal: AbortSignal) => Promise<void>) {}

  now = async (): Promise<void> => {
    this.end();
    const mine = new AbortController();
    this.running = mine;
    await this.read(mine.signal);
    if (mine.signal.aborted) return;
    this.running = null;
    if (this.missed) this.soon();
  };

  soon = (): void => {
    this.missed = this.running !== null;
    if (!this.missed) this.timer ??= setTimeout(() => void this.now(), gathers);
  };

  end = (): void => {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.missed = false;
    this.running?.abort();
    this.running = null;
  };
}
