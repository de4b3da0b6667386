/**
 * Reads take turns. A browser opens six connections to one server and no more, for all its tabs; whatever is asked
 * beyond that waits inside the browser. Five lists of a card that nobody answers would so keep the answer key of a
 * ringing phone from ever leaving the machine.
 */
export class Turns {
  private taken = 0;
  private readonly waiting: (() => void)[] = [];

  /** `most`: how many may go at once now. */
  constructor(private readonly most: () => number) {}

  /** Does `work` when its turn comes; an abort before that ends the wait with the signal's reason. */
  async take<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    await this.turn(signal);
    try {
      return await work();
    } finally {
      this.taken -= 1;
      this.next();
    }
  }

  /** As many as may go now: the number can have changed since the last one went. */
  private next(): void {
    while (this.taken < this.most()) {
      const next = this.waiting.shift();
      if (!next) return;
      this.taken += 1;
      next();
    }
  }

  private turn(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    return new Promise((go, fail) => {
      const gone = () => {
        this.waiting.splice(this.waiting.indexOf(mine), 1);
        fail(signal!.reason as Error);
      };
      const mine = () => {
        signal?.removeEventListener('abort', gone);
        go();
      };
      this.waiting.push(mine);
      signal?.addEventListener('abort', gone, { once: true });
      this.next();
    });
  }
}
