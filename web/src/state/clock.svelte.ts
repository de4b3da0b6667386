/** One ticking second for every timer on the page, set to the server's clock. */

class Clock {
  now = $state(Date.now());
  private offset = 0;

  constructor() {
    setInterval(() => this.tick(), 500);
  }

  /** A message the server stamped just now. Late messages pull less than early ones, so the largest wins slowly. */
  heard(time: string): void {
    const stamped = Date.parse(time);
    if (Number.isNaN(stamped)) return;
    const offset = stamped - Date.now();
    if (Math.abs(offset - this.offset) > 1500) this.offset = Math.abs(offset) < 1500 ? 0 : offset;
    this.tick();
  }

  private tick(): void {
    const now = Date.now() + this.offset;
    if (Math.floor(now / 1000) !== Math.floor(this.now / 1000)) this.now = now;
  }
}

export const clockNow = new Clock();
