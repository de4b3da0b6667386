/**
 * Reads take turns. A browser opens six connections to one server and no more, for all its tabs; whatever is asked
 * beyond that waits inside the browser. Five lists of a card that nobody answers would so keep the answer key of a
 * ringing phone from ever leaving the machine. Two tabs full of reads fill six connections only together.
 */
export class Turns {
  private taken = 0;
  private readonly waiting: (() => void)[] = [];

  /** `most`: how many go at once. */
  constructor(private readonly most: number) {}

  /** Does `work` when its turn comes; an abort before that ends the wait with the signal's reason. */
  async take<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.turn(signal);
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.taken -= 1;
    }
  }

  private turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.taken < this.most) {
      this.taken += 1;
      return Promise.resolve();
    }
    return new Promise((go, fail) => {
      const gone = () => {
        this.waiting.splice(this.waiting.indexOf(mine), 1);
        fail(signal.reason as Error);
      };
      const mine = () => {
        signal.removeEventListener('abort', gone);
        go();
      };
      this.waiting.push(mine);
      signal.addEventListener('abort', gone, { once: true });
    });
  }
}
