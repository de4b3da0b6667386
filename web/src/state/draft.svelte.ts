/** What was typed is never lost: a form's values live in the browser until they are saved or thrown away. */

import { attemptKey, Problem } from '../api/http.ts';

const prefix = 'santral.draft.';
const keepDays = 7;

export class Draft<T extends object> {
  value = $state() as T;
  restored = $state(false);
  /**
   * The key of the one thing this draft becomes when it is saved (`Idempotency-Key`). It lives as long as the draft:
   * saved again after no answer came, or after a reload, it is still made once.
   */
  key: string;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly blank: string;

  constructor(
    private readonly name: string,
    initial: T,
  ) {
    const stored = read<T>(name);
    this.blank = JSON.stringify(initial);
    this.restored = stored !== null;
    this.value = { ...initial, ...stored?.value };
    this.key = stored?.key ?? attemptKey();
  }

  get dirty(): boolean {
    return JSON.stringify(this.value) !== this.blank;
  }

  /** Call from an effect: notes every change, writes shortly after. */
  watch(): () => void {
    const text = JSON.stringify(this.value);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.write(text), 120);
    const now = () => this.write(text);
    addEventListener('pagehide', now);
    return () => removeEventListener('pagehide', now);
  }

  /** Keeps the values although the form goes away. */
  flush(): void {
    clearTimeout(this.timer);
    this.write(JSON.stringify(this.value));
  }

  forget(): void {
    clearTimeout(this.timer);
    localStorage.removeItem(prefix + this.name);
    this.value = JSON.parse(this.blank) as T;
    this.restored = false;
    this.key = attemptKey();
  }

  /** An earlier attempt with other words was saved after all: the next one makes a second thing, and the person was told. */
  refused(cause: unknown): void {
    if (cause instanceof Problem && cause.code === 'idempotency-mismatch') this.key = attemptKey();
  }

  private write(text: string): void {
    if (text === this.blank) localStorage.removeItem(prefix + this.name);
    else localStorage.setItem(prefix + this.name, JSON.stringify({ at: Date.now(), value: JSON.parse(text), key: this.key }));
  }
}

/** Puts values back under a name, for undo. */
export function keepDraft(name: string, value: object): void {
  localStorage.setItem(prefix + name, JSON.stringify({ at: Date.now(), value }));
}

/** What is kept under a name, without taking it up. */
export const keptDraft = <T extends object>(name: string): T | null => read<T>(name)?.value ?? null;

/** Old drafts go away by themselves. */
export function sweepDrafts(now = Date.now()): void {
  for (const key of Object.keys(localStorage)) {
    if (!key.startsWith(prefix)) continue;
    const stored = parse<{ at: number }>(localStorage.getItem(key));
    if (!stored || now - stored.at > keepDays * 86_400_000) localStorage.removeItem(key);
  }
}

function read<T>(name: string): { value: T; key?: string } | null {
  return parse<{ value: T; key?: string }>(localStorage.getItem(prefix + name));
}

function parse<T>(text: string | null): T | null {
  if (text === null) return null;
  try {
    return JSON.parse(text) as T;
  } catch {
    return null;
  }
}
