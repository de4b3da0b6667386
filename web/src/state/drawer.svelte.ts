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

const place = 'santral.drawer';

class Drawer {
  open = $state.raw<Open | null>(null);
  private whose = '';
  private before: HTMLElement | null = null;

  show(kind: DrawerKind, tie: Tie): void {
    if (this.open === null) this.before = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    this.open = { kind, tie };
    sessionStorage.setItem(place, JSON.stringify({ whose: this.whose, open: this.open }));
  }

  /** Opens again, after a reload, what this person had open; another person's form is not shown. */
  belongTo(person: string): void {
    if (this.whose === person) return;
    this.whose = person;
    this.open = restore(person);
    this.before = null;
  }

  close(): void {
    this.open = null;
    sessionStorage.removeItem(place);
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

function restore(person: string): Open | null {
  try {
    const kept = JSON.parse(sessionStorage.getItem(place) ?? 'null') as { whose: string; open: Open } | null;
    return kept?.whose === person ? kept.open : null;
  } catch {
    return null;
  }
}

export const drawer = new Drawer();
