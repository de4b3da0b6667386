/**
 * The small part of ICU messages that the catalogue uses: `{name}` and `{n, plural, one {…} other {…}}` with `#`; and
 * `{year, suffix, den}` for what Turkish hangs behind a number or a name.
 */
import { suffixed } from './suffix.ts';

export type Values = Record<string, string | number>;

export function fill(text: string, values: Values, plural: (n: number) => string, show: (n: number) => string): string {
  let out = '';
  let at = 0;
  while (at < text.length) {
    const open = text.indexOf('{', at);
    if (open < 0) return out + text.slice(at);
    const close = closing(text, open);
    out += text.slice(at, open) + argument(text.slice(open + 1, close), values, plural, show);
    at = close + 1;
  }
  return out;
}

/** Names of the placeholders, sorted: both languages must have the same. */
export function placeholders(text: string): string[] {
  const names = new Set<string>();
  let at = text.indexOf('{');
  while (at >= 0) {
    const close = closing(text, at);
    names.add(text.slice(at + 1, close).split(',')[0]!.trim());
    at = text.indexOf('{', close);
  }
  return [...names].sort();
}

function argument(inner: string, values: Values, plural: (n: number) => string, show: (n: number) => string): string {
  const comma = inner.indexOf(',');
  if (comma < 0) return shown(values[inner.trim()], show);
  if (/,\s*suffix\s*,/.test(inner)) {
    const [name, , suffix] = inner.split(',').map((piece) => piece.trim());
    return suffixed(String(values[name!] ?? ''), suffix === 'de' ? 'de' : 'den');
  }
  const value = Number(values[inner.slice(0, comma).trim()] ?? 0);
  const branches = inner.slice(inner.indexOf(',', comma + 1) + 1);
  const chosen = branch(branches, plural(value)) ?? branch(branches, 'other') ?? '';
  return fill(chosen.replaceAll('#', show(value)), values, plural, show);
}

function shown(value: string | number | undefined, show: (n: number) => string): string {
  if (value === undefined) return '';
  return typeof value === 'number' ? show(value) : value;
}

function branch(text: string, name: string): string | null {
  const found = new RegExp(`(?:^|\\s)${name}\\s*\\{`).exec(text);
  if (!found) return null;
  const open = found.index + found[0].length - 1;
  return text.slice(open + 1, closing(text, open));
}

function closing(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at += 1) {
    if (text[at] === '{') depth += 1;
    if (text[at] === '}') depth -= 1;
    if (depth === 0) return at;
  }
  return text.length;
}
