/** The one drawer on the right. What it is tied to is fixed when it opens, not when it is saved. */

export type DrawerKind = 'ticket' | 'order' | 'appointment' | 'note' | 'tag' | 'transfer' | 'customer' | 'edit-customer' | 'link' | 'callback';

export interface Tie {
  call?: string | undefined;
  customer?: { id: string; name: string } | undefined;
  /** The caller's number as people write it, for a new record. */
  phone?: string | undefined;
  name?: string | undefined;
  /** The callback to change. */
  callback?: string | undefined;
}

export interface Open {
  kind: DrawerKind;
  tie: Tie;
}

class Drawer {
  open = $state.raw<Open | null>(restore());
  private before: HTMLElement | null = null;

  show(kind: DrawerKind, tie: Tie): void {
    if (this.open === null) this.before = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    this.open = { kind, tie };
    sessionStorage.setItem('santral.drawer', JSON.stringify(this.open));
  }

  close(): void {
    this.open = null;
    sessionStorage.removeItem('santral.drawer');
    this.before?.focus();
    this.before = null;
  }

  /** Name under which this form's draft is kept. */
  draftName(): string {
    if (this.open === null) return 'none';
    const { kind, tie } = this.open;
    return `${kind}:${tie.callback ?? tie.call ?? tie.customer?.id ?? 'free'}`;
  }
}

function restore(): Open | null {
  try {
    return JSON.parse(sessionStorage.getItem('santral.drawer') ?? 'null') as Open | null;
  } catch {
    return null;
  }
}

export const drawer = new Drawer();
