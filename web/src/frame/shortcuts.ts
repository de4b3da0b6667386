/** What each key does at this moment. The key list is written from the same facts (see KeyList). */
import { quick } from '../desk/quick.ts';
import { second, tabs } from '../desk/second.svelte.ts';
import { commands } from '../live/commands.svelte.ts';
import { desk } from '../live/desk.svelte.ts';
import { drawer } from '../state/drawer.svelte.ts';
import type { Action } from '../state/keys.ts';
import { router } from '../state/router.svelte.ts';
import { seat } from '../state/session.svelte.ts';
import { toasts } from '../state/toasts.svelte.ts';
import { placesFor } from './menu.ts';
import { overlays } from './overlays.svelte.ts';

export function globalKeys(): Record<string, Action | undefined> {
  return { ...phoneKeys(), ...quickKeys(), ...tabKeys(), ...placeKeys(), ...pageKeys() };
}

function phoneKeys(): Record<string, Action | undefined> {
  const phase = desk.mine?.phase;
  const talking = phase === 'talking' || phase === 'held';
  return {
    F2: phase === 'ringing' ? () => void commands.answer() : undefined,
    F4: phase === 'ringing' ? () => void commands.decline() : undefined,
    F8: talking ? () => void commands.holdOrResume() : quick.canRegister() ? () => quick.open('customer') : undefined,
    F9: talking ? () => void commands.hangUp() : phase === 'wrap_up' ? focusWrapUp : undefined,
    F10: talking ? () => quick.open('transfer') : undefined,
  };
}

function quickKeys(): Record<string, Action | undefined> {
  const onDesk = desk.mine !== null || quick.customer() !== null;
  const talking = desk.mine?.phase === 'talking' || desk.mine?.phase === 'held';
  return {
    s: () => quick.open('order'),
    t: () => quick.open('ticket'),
    r: () => quick.open('appointment'),
    n: onDesk && quick.customer() !== null ? () => quick.open('note') : undefined,
    e: onDesk && quick.customer() !== null ? () => quick.open('tag') : undefined,
    a: talking ? () => quick.open('transfer') : undefined,
    k: quick.canRegister() ? () => quick.open('customer') : undefined,
    b: quick.canRegister() ? () => quick.open('link') : undefined,
  };
}

function tabKeys(): Record<string, Action | undefined> {
  if (router.path !== '/' || quick.customer() === null) return {};
  return Object.fromEntries(tabs.map((tab, index) => [String(index + 1), () => second.toggle(tab)]));
}

function placeKeys(): Record<string, Action> {
  return Object.fromEntries(placesFor(seat.supervises).map((place) => [`g ${place.letter}`, () => router.go(place.href)]));
}

function pageKeys(): Record<string, Action | undefined> {
  return {
    'Ctrl+k': () => (overlays.palette = true),
    'Ctrl+Slash': () => (overlays.keys = true),
    'Ctrl+z': () => void toasts.undoLast(),
    Escape: drawer.open !== null ? () => drawer.close() : undefined,
  };
}

function focusWrapUp(): void {
  router.go('/');
  requestAnimationFrame(() => document.querySelector<HTMLElement>('[data-wrap-up] [aria-checked="true"]')?.focus());
}
