/** Every object and every list view has an address. */

class Router {
  path = $state(location.pathname);
  query = $state.raw(new URLSearchParams(location.search));
  /** True when the person came here with the browser's back or forward. */
  returned = false;

  constructor() {
    addEventListener('popstate', () => this.read(true));
  }

  /** Path pieces: `/customers/cus_1` → `['customers', 'cus_1']`. */
  get parts(): string[] {
    return this.path.split('/').filter(Boolean).map(plain);
  }

  go(address: string, replace = false): void {
    if (address === `${location.pathname}${location.search}`) return;
    if (replace) history.replaceState(null, '', address);
    else history.pushState(null, '', address);
    this.read(false);
  }

  /** Changes filters of the list in view without a new history entry. */
  filter(changes: Record<string, string | null>): void {
    const query = new URLSearchParams(location.search);
    for (const [name, value] of Object.entries(changes)) {
      if (value === null || value === '') query.delete(name);
      else query.set(name, value);
    }
    const text = query.toString();
    this.go(`${this.path}${text === '' ? '' : `?${text}`}`, true);
  }

  private read(returned: boolean): void {
    this.returned = returned;
    this.path = location.pathname;
    this.query = new URLSearchParams(location.search);
  }
}

/** What nobody can decode stays as it is, and leads nowhere. */
function plain(piece: string): string {
  try {
    return decodeURIComponent(piece);
  } catch {
    return piece;
  }
}

export const router = new Router();

/** Lets plain links move inside the page; modified clicks stay the browser's. */
export function followLinks(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const link = (event.target as Element | null)?.closest('a[href^="/"]');
  if (!link || link.hasAttribute('target') || link.hasAttribute('download')) return;
  event.preventDefault();
  router.go(link.getAttribute('href')!);
}
