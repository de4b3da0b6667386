/**
 * What was typed is never lost: a form's values live in the browser until they are saved or thrown away. They belong to
 * whoever typed them: the next person at the same desk neither sees them nor writes over them.
 */

import { attemptKey, Problem } from '../api/http.ts';
import { seat } from './session.svelte.ts';

const prefix = 'santral.draft.';
const keepDays = 7;
/** Where the drafts of forms on the screen are kept, so that nothing else is put there. */
const open = new Set<string>();

/** Where a draft of the person who is signed in is kept. */
const placeOf = (name: string) => `${prefix}${seat.session?.me.id ?? ''}.${name}`;

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
  private readonly place: string;
  /** What this draft keeps there, as it last wrote or took it up: another tab may keep other words at the same place. */
  private mine: string | null;

  constructor(name: string, initial: T) {
    this.place = placeOf(name);
    const stored = takeUp<T>(this.place);
    this.blank = JSON.stringify(initial);
    this.restored = stored !== null;
    this.value = { ...initial, ...stored?.value };
    this.mine = stored === null ? null : JSON.stringify(stored.value);
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
    open.add(this.place);
    return () => {
      removeEventListener('pagehide', now);
      open.delete(this.place);
    };
  }

  /** Keeps the values although the form goes away. */
  flush(): void {
    clearTimeout(this.timer);
    this.write(JSON.stringify(this.value));
  }

  forget(): void {
    clearTimeout(this.timer);
    this.remove();
    this.value = JSON.parse(this.blank) as T;
    this.restored = false;
    this.key = attemptKey();
  }

  /** An earlier attempt with other words was saved after all: the next one makes a second thing, and the person was told. */
  refused(cause: unknown): void {
    if (cause instanceof Problem && cause.code === 'idempotency-mismatch') this.key = attemptKey();
  }

  private write(text: string): void {
    if (text === this.blank) return this.remove();
    localStorage.setItem(this.place, JSON.stringify({ at: Date.now(), value: JSON.parse(text), key: this.key }));
    this.mine = text;
  }

  /** Takes away what this draft keeps; what another tab wrote there since is not ours to take. */
  private remove(): void {
    const kept = parse<Stored<T>>(localStorage.getItem(this.place));
    if (kept !== null && JSON.stringify(kept.value) === this.mine) localStorage.removeItem(this.place);
    this.mine = null;
  }
}

/** Puts values back under a name, for undo; behind what is being typed or kept there, which comes first. */
export function keepDraft(name: string, value: object): void {
  let place = placeOf(name);
  while (open.has(place) || localStorage.getItem(place) !== null) place += '+';
  localStorage.setItem(place, JSON.stringify({ at: Date.now(), value }));
}

/** What is kept under a name, without taking it up. */
export const keptDraft = <T extends object>(name: string): T | null => parse<Stored<T>>(localStorage.getItem(placeOf(name)))?.value ?? null;

/** Old drafts go away by themselves. */
export function sweepDrafts(now = Date.now()): void {
  for (const key of Object.keys(localStorage)) {
    if (!key.startsWith(prefix)) continue;
    const stored = parse<{ at: number }>(localStorage.getItem(key));
    if (!stored || now - stored.at > keepDays * 86_400_000) localStorage.removeItem(key);
  }
}

interface Stored<T> {
  value: T;
  key?: string;
}

/** What is kept at a place, or the next of those that wait behind it. */
function takeUp<T>(place: string): Stored<T> | null {
  for (let at = place; at === place || localStorage.getItem(at) !== null || localStorage.getItem(`${at}+`) !== null; at += '+') {
    const text = localStorage.getItem(at);
    if (text === null) continue;
    localStorage.removeItem(at);
    localStorage.setItem(place, text);
    return parse<Stored<T>>(text);
  }
  return null;
}

function parse<T>(text: string | null): T | null {
  if (text === null) return null;
  try {
    return JSON.parse(text) as T;
  } catch {
    return null;
  }
}
