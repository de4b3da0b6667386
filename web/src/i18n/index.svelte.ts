/** The page's language: one catalogue at a time; what the first load says comes first, the rest with the first other part. */
import type { Language } from '../api/types.ts';
import { door } from '../api/http.ts';
import type tr from '../locales/tr.json';
import { fill, type Values } from './message.ts';

export type Key = keyof typeof tr;
type Catalogue = Record<string, string>;

type Load = () => Promise<{ default: Catalogue }>;

const loaders: Record<Language, { first: Load; rest: Load }> = {
  tr: { first: () => import('virtual:words/tr/first'), rest: () => import('virtual:words/tr/rest') },
  en: { first: () => import('virtual:words/en/first'), rest: () => import('virtual:words/en/rest') },
};

class Locale {
  language = $state<Language>('tr');
  timezone = $state('Europe/Istanbul');
  catalogue = $state.raw<Catalogue>({});
  /** BCP 47 tag for Intl. */
  get tag(): string {
    return this.language === 'tr' ? 'tr-TR' : 'en-GB';
  }

  /** Whether a part was opened that says more than the first load. */
  private whole = false;
  /** The language asked for last; what comes late for another is left. */
  private wanted: Language | null = null;

  async use(language: Language): Promise<void> {
    this.wanted = language;
    const { first, rest } = loaders[language];
    const parts = [await first()];
    // Asked here: a part that says more may have been opened meanwhile.
    if (this.whole) parts.push(await rest());
    if (this.wanted !== language) return;
    this.catalogue = Object.assign({}, ...parts.map((part) => part.default)) as Catalogue;
    this.language = language;
    door.language = language;
    document.documentElement.lang = language;
    localStorage.setItem('santral.language', language);
  }

  /** All words of the language in use. */
  async all(): Promise<void> {
    if (this.whole) return;
    const language = this.language;
    const rest = await loaders[language].rest();
    if (language !== this.language) return this.all();
    this.catalogue = { ...this.catalogue, ...rest.default };
    this.whole = true;
  }
}

export const locale = new Locale();

/** A part of the page that is loaded later, together with its words. */
export async function worded<T>(part: Promise<T>): Promise<T> {
  const [loaded] = await Promise.all([part, locale.all()]);
  return loaded;
}

/** The language chosen before, Turkish otherwise. */
export function rememberedLanguage(): Language {
  return localStorage.getItem('santral.language') === 'en' ? 'en' : 'tr';
}

export function t(key: Key, values: Values = {}): string {
  return say(locale.catalogue[key] ?? key, values);
}

/** Text for a code that comes from the server; `null` when the catalogue has none. */
export function known(prefix: string, code: string, values: Values = {}): string | null {
  const text = locale.catalogue[`${prefix}.${code}`];
  return text === undefined ? null : say(text, values);
}

function say(text: string, values: Values): string {
  if (!text.includes('{')) return text;
  const rules = new Intl.PluralRules(locale.tag);
  const numbers = new Intl.NumberFormat(locale.tag);
  return fill(text, values, (n) => rules.select(n), (n) => numbers.format(n));
}
