/** Short news at the foot of the page: what was saved, and how to take it back. */

export interface Toast {
  id: number;
  tone: 'good' | 'danger' | 'info';
  text: string;
  href?: string | undefined;
  undo?: (() => Promise<void>) | undefined;
}

class Toasts {
  list = $state<Toast[]>([]);
  private next = 1;
  private whose = '';

  saved(text: string, href?: string, undo?: () => Promise<void>): void {
    this.show({ tone: 'good', text, href, undo });
  }

  failed(text: string): void {
    this.show({ tone: 'danger', text });
  }

  info(text: string): void {
    this.show({ tone: 'info', text });
  }

  close(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }

  /** What another person did is not taken back by the next one. */
  belongTo(person: string): void {
    if (this.whose !== person) this.list = [];
    this.whose = person;
  }

  /** Takes back what was done last, and never something older in its stead; `no` says that it cannot be. */
  async undoLast(no: string): Promise<void> {
    const last = this.list.findLast((toast) => toast.tone === 'good');
    if (last && !last.undo) return this.info(no);
    if (!last) return;
    this.close(last.id);
    await last.undo?.();
  }

  private show(toast: Omit<Toast, 'id'>): void {
    const id = this.next;
    this.next += 1;
    this.list = [...this.list.slice(-3), { ...toast, id }];
    setTimeout(() => this.close(id), toast.tone === 'danger' ? 15_000 : 10_000);
  }
}

export const toasts = new Toasts();
