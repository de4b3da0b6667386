/** Of several tabs one makes noise. Where the browser has no Web Locks, every tab is its own leader. */

const name = 'santral-ring';

class Leader {
  is = $state(!('locks' in navigator));

  start(): void {
    this.ask(false);
  }

  /** The tab in which somebody just clicked may play sound, so it takes over. */
  take(): void {
    if (!this.is) this.ask(true);
  }

  private ask(steal: boolean): void {
    if (!('locks' in navigator)) return;
    const hold = () =>
      new Promise<void>(() => {
        this.is = true;
      });
    navigator.locks.request(name, steal ? { steal } : {}, hold).catch(() => {
      this.is = false;
      this.ask(false);
    });
  }
}

export const leader = new Leader();
