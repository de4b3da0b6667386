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

  /** Takes back the newest thing that can be taken back. */
  async undoLast(): Promise<boolean> {
    const last = this.list.findLast((toast) => toast.undo !== undefined);
    if (!last) return false;
    this.close(last.id);
    await last.undo?.();
    return true;
  }

  private show(toast: Omit<Toast, 'id'>): void {
    const id = this.next;
    this.next += 1;
    this.list = [...this.list.slice(-3), { ...toast, id }];
    setTimeout(() => this.close(id), toast.tone === 'danger' ? 15_000 : 10_000);
  }
}

export const toasts = new Toasts();
