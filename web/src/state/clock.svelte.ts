/** One ticking second for every timer on the page, set to the server's clock. */
import { door } from '../api/http.ts';
import { Offset } from './offset.ts';

class Clock {
  now = $state(Date.now());
  private readonly offset = new Offset();

  constructor() {
    setInterval(() => this.tick(), 250);
    door.clock = (said, sent, received) => {
      this.offset.heard(said, sent, received);
      this.tick();
    };
  }

  /** This very moment by the server's clock; whoever asks is not asked again as it goes on. */
  at(): number {
    return Date.now() + this.offset.millis;
  }

  private tick(): void {
    const now = this.at();
    if (Math.floor(now / 1000) !== Math.floor(this.now / 1000)) this.now = now;
  }
}

export const clockNow = new Clock();

/** Now, by the server's clock: the computer's own may be wrong by hours. */
export const serverNow = () => clockNow.at();
