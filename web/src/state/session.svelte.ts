/** Who is signed in. */
import { door, patient, Problem } from '../api/http.ts';
import * as api from '../api/session.ts';
import type { Language, Session, Theme } from '../api/types.ts';
import { locale, rememberedLanguage } from '../i18n/index.svelte.ts';
import { placesFor } from '../frame/menu.ts';
import { router } from './router.svelte.ts';
import { applyTheme } from './theme.ts';

type Where = 'loading' | 'out' | 'in' | 'unreachable';

class Seat {
  where = $state<Where>('loading');
  session = $state.raw<Session | null>(null);
  /** Why the sign-in screen shows: a stable problem code. */
  reason = $state<string | null>(null);

  get me() {
    return this.session!.me;
  }

  get supervises(): boolean {
    return this.session !== null && this.session.me.role !== 'agent';
  }

  /** Where this person begins. */
  get home(): string {
    return placesFor(this.session)[0]!.href;
  }

  /** Signs in by a one-use link when the address carries one, else by the cookie. */
  async open(): Promise<void> {
    door.signedOut = () => this.lost();
    try {
      await patient(locale.use(rememberedLanguage()));
    } catch {
      this.where = 'unreachable';
      return;
    }
    const url = new URL(location.href);
    const token = url.searchParams.get('login');
    url.searchParams.delete('login');
    if (token !== null) history.replaceState(null, '', `${url.pathname}${url.search}`);
    try {
      await this.enter(token === null ? await api.current() : await api.useLink(token));
    } catch (cause) {
      if (token !== null) return this.afterBadLink(cause);
      this.refuse(cause);
    }
  }

  async signIn(name: string, password: string): Promise<void> {
    await this.enter(await api.signIn(name, password));
  }

  /** Fails when the server did not hear of it: then the person is still signed in, and must know. */
  async signOut(): Promise<void> {
    try {
      await api.signOut();
    } catch (cause) {
      if (!(cause instanceof Problem && cause.status === 401)) throw cause;
    }
    this.lost();
    this.reason = null;
  }

  /** The server no longer knows us; drafts stay in the browser. */
  lost(): void {
    if (this.where === 'in') this.reason = 'not-signed-in';
    this.session = null;
    door.csrf = '';
    this.where = 'out';
  }

  /** Both show at once and go back when they could not be saved; whoever asked is told. */
  async setLanguage(language: Language): Promise<void> {
    const before = locale.language;
    await locale.use(language);
    await this.change({ language }, () => locale.use(before));
    // The names of queues and menus are in the reader's language too.
    const session = await api.current().catch(() => null);
    if (session !== null && this.session !== null) this.session = session;
  }

  async setTheme(theme: Theme): Promise<void> {
    const before = this.me.theme;
    applyTheme(theme);
    await this.change({ theme }, () => applyTheme(before));
  }

  menuName(id: string): string {
    return this.session?.menus.find((menu) => menu.id === id)?.name ?? id;
  }

  /** Where a call was sent (`ext:102`, `queue:satis`, `ivr:ana-menu`), by the name people know. */
  targetName(address: string): string {
    const [kind, id = ''] = address.split(':');
    if (kind === 'queue') return this.queueName(id);
    if (kind === 'ivr') return this.menuName(id);
    if (kind !== 'ext') return address;
    return this.session?.extensions.find((one) => one.number === id)?.name || id;
  }

  queueName(id: string | null): string {
    if (id === null) return '';
    return this.session?.queues.find((queue) => queue.id === id)?.name ?? id;
  }

  private async change(change: { language?: Language; theme?: Theme }, back: () => unknown): Promise<void> {
    const before = this.session;
    if (before === null) return;
    this.session = { ...before, me: { ...before.me, ...change } };
    try {
      await api.changeMe(change);
    } catch (cause) {
      if (this.session !== null) this.session = before;
      await back();
      throw cause;
    }
  }

  private async enter(session: Session): Promise<void> {
    door.csrf = session.csrf;
    locale.timezone = session.business.timezone;
    if (session.me.language !== locale.language) await locale.use(session.me.language);
    applyTheme(session.me.theme);
    this.session = session;
    this.reason = null;
    this.land();
    this.where = 'in';
  }

  /** To one's own page once per tab; a desk without a telephone is nobody's page. */
  private land(): void {
    const landed = sessionStorage.getItem('santral.landed') === this.me.id;
    sessionStorage.setItem('santral.landed', this.me.id);
    if (router.path === '/' && !(landed && this.hasDesk)) router.go(this.home, true);
  }

  get hasDesk(): boolean {
    return placesFor(this.session).some((place) => place.href === '/');
  }

  /** A used link on a signed-in browser (a reload) is no reason to ask for a password. */
  private async afterBadLink(cause: unknown): Promise<void> {
    try {
      await this.enter(await api.current());
    } catch {
      this.refuse(cause);
    }
  }

  private refuse(cause: unknown): void {
    const problem = cause instanceof Problem ? cause : null;
    if (problem === null || problem.status === 0 || problem.status >= 500) {
      this.where = 'unreachable';
      return;
    }
    this.reason = problem.code === 'not-signed-in' ? null : problem.code;
    this.where = 'out';
  }
}

export const seat = new Seat();
