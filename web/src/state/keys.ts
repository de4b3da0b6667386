/**
 * Keys. Function keys work everywhere; single letters and digits only when nothing is being typed or chosen – no form,
 * dialog, menu or list of choices has the focus, no form is open in the drawer – and only when they are on.
 * Punctuation is compared by place (`event.code`), because a Turkish Q keyboard has it elsewhere.
 */
import { drawer } from './drawer.svelte.ts';
import { prefs } from './prefs.svelte.ts';

export type Action = () => void;

/** Name of a stroke: `F2`, `Ctrl+k`, `Ctrl+Slash`, `g d`, `s`. */
type Bindings = Record<string, Action | undefined>;
type Layer = () => Bindings;

const layers: Layer[] = [];
const punctuation = new Set(['Slash', 'Comma', 'Period', 'BracketLeft', 'BracketRight']);
const goWithin = 1200;
let goSince = -Infinity;

/** Newest layer first; returns how to take it away again. */
export function bind(layer: Layer): () => void {
  layers.push(layer);
  return () => void layers.splice(layers.indexOf(layer), 1);
}

/** Whether somebody types into the element. */
export function typing(target: EventTarget | null = document.activeElement): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !['checkbox', 'radio', 'button', 'range'].includes(target.type);
}

/** Where a letter belongs to what has the focus. */
const choosing = 'form, dialog, label, input, [role="dialog"], [role="menu"], [role="menubar"], [role="radiogroup"], [role="listbox"], [role="combobox"]';

/** Whether letters and digits mean anything at this moment. */
function lettersRest(target: EventTarget | null): boolean {
  if (!prefs.letters || drawer.open !== null || typing(target) || openDialog()) return true;
  return target instanceof Element && target.closest(choosing) !== null;
}

export function listen(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || event.repeat) return;
  const stroke = strokeOf(event);
  if (stroke === null) return;
  const action = find(stroke);
  if (!action) return;
  event.preventDefault();
  action();
}

function strokeOf(event: KeyboardEvent): string | null {
  if (/^F\d{1,2}$/.test(event.key)) return modified(event) ? null : event.key;
  if ((event.ctrlKey || event.metaKey) && !event.altKey) {
    if (event.code === 'Slash') return 'Ctrl+Slash';
    if (event.shiftKey) return null;
    // What is typed has the browser's own undo, also with Caps Lock.
    if (letter(event) === 'z' && typing(event.target)) return null;
    return `Ctrl+${letter(event)}`;
  }
  if (event.altKey || event.getModifierState('AltGraph')) return null;
  // A dialog closes itself; what lies under it stays.
  if (event.key === 'Escape') return openDialog() ? null : 'Escape';
  if (lettersRest(event.target)) return null;
  return plain(event);
}

function plain(event: KeyboardEvent): string | null {
  if (event.key === '+') return '+';
  if (punctuation.has(event.code)) return event.code;
  if (event.key === ' ') return event.target instanceof HTMLButtonElement || event.target instanceof HTMLAnchorElement ? null : 'Space';
  const key = letter(event);
  if (key.length !== 1) return null;
  const now = performance.now();
  if (now - goSince < goWithin) {
    goSince = -Infinity;
    return `g ${key}`;
  }
  if (key === 'g') {
    goSince = now;
    return null;
  }
  return key;
}

/** Turkish I never becomes a plain i here: only A–Z are keys. */
function letter(event: KeyboardEvent): string {
  if (/^[a-z0-9]$/i.test(event.key)) return event.key.toLocaleLowerCase('en');
  return event.key;
}

const modified = (event: KeyboardEvent) => event.ctrlKey || event.altKey || event.metaKey || event.shiftKey;
const openDialog = () => document.querySelector('dialog[open]') !== null;

function find(stroke: string): Action | undefined {
  for (let at = layers.length - 1; at >= 0; at -= 1) {
    const action = layers[at]!()[stroke];
    if (action) return action;
  }
  return undefined;
}

/** What is printed on the person's own key for a place on the keyboard. */
export async function keyCaps(codes: string[]): Promise<Record<string, string>> {
  const usual: Record<string, string> = { Slash: '/', Comma: ',', Period: '.' };
  const board = (navigator as { keyboard?: { getLayoutMap(): Promise<Map<string, string>> } }).keyboard;
  const map = await board?.getLayoutMap().catch(() => undefined);
  return Object.fromEntries(codes.map((code) => [code, map?.get(code) ?? usual[code] ?? code]));
}
