/** The page's language: one catalogue at a time, loaded when needed. */
import type { Language } from '../api/types.ts';
import { door } from '../api/http.ts';
import type tr from '../locales/tr.json';
import { fill, type Values } from './message.ts';

export type Key = keyof typeof tr;
type Catalogue = Record<string, string>;

const loaders: Record<Language, () => Promise<{ default: Catalogue }>> = {
  tr: () => import('../locales/tr.json'),
  en: () => import('../locales/en.json'),
};

class Locale {
  language = $state<Language>('tr');
  timezone = $state('Europe/Istanbul');
  catalogue = $state.raw<Catalogue>({});
  /** BCP 47 tag for Intl. */
  get tag(): string {
    return this.language === 'tr' ? 'tr-TR' : 'en-GB';
  }

  async use(language: Language): Promise<void> {
    const loaded = await loaders[language]();
    this.catalogue = loaded.default;
    this.language = language;
    door.language = language;
    document.documentElement.lang = language;
    localStorage.setItem('santral.language', language);
  }
}

export const locale = new Locale();

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
