/** The server's clock comes in whole seconds, and may be written down up to a second late. */
const coarse = 2000;

/** How far the server's clock is ahead of ours, from bounds that every answer narrows. Pure, for tests. */
export class Offset {
  private least = -Infinity;
  private most = Infinity;

  /** `said` by the server, after we asked at `sent` and before its answer came at `received` (ms). */
  heard(said: number, sent: number, received: number): void {
    if (Number.isNaN(said)) return;
    const [least, most] = [said - received, said + coarse - sent];
    // Bounds that exclude each other: one of the two clocks was set anew, and only the newest answer counts.
    const anew = least > this.most || most < this.least;
    this.least = anew ? least : Math.max(this.least, least);
    this.most = anew ? most : Math.min(this.most, most);
  }

  /** The smallest correction that agrees with everything heard. */
  get millis(): number {
    return Math.min(Math.max(0, this.least), this.most);
  }
}
