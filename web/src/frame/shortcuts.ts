/**
 * The whole table of keys: one key, one meaning, wherever it works at all. The page listens by it and the key list is
 * written from it. Letters and digits rest while something is being typed or chosen (see state/keys).
 */
import { quick } from '../desk/quick.ts';
import { second, tabs } from '../desk/second.svelte.ts';
import { t, type Key } from '../i18n/index.svelte.ts';
import { commands } from '../live/commands.svelte.ts';
import { desk } from '../live/desk.svelte.ts';
import { drawer } from '../state/drawer.svelte.ts';
import type { Action } from '../state/keys.ts';
import { router } from '../state/router.svelte.ts';
import { seat } from '../state/session.svelte.ts';
import { toasts } from '../state/toasts.svelte.ts';
import { placesFor } from './menu.ts';
import { overlays } from './overlays.svelte.ts';

export interface Shortcut {
  group: 'phone' | 'card' | 'go';
  /** Strokes as `state/keys` names them; several for one meaning where hands differ. */
  keys: string[];
  name: Key;
  /** What the nth of its keys does now; nothing where it has no meaning at the moment. */
  act: (nth: number) => Action | undefined;
}

const when = (is: boolean, action: Action): Action | undefined => (is ? action : undefined);
const phase = (...phases: string[]) => desk.mine !== null && phases.includes(desk.mine.phase);
const withCustomer = () => quick.customer() !== null;

const table: Shortcut[] = [
  { group: 'phone', keys: ['F2'], name: 'strip.answer', act: () => when(phase('ringing'), () => void commands.answer()) },
  { group: 'phone', keys: ['F4'], name: 'strip.decline', act: () => when(phase('ringing'), () => void commands.decline()) },
  { group: 'phone', keys: ['F8'], name: 'keys.hold', act: () => when(phase('talking', 'held'), () => void commands.holdOrResume()) },
  { group: 'phone', keys: ['F9'], name: 'strip.hangup', act: () => when(phase('talking', 'held'), () => void commands.hangUp()) },
  { group: 'phone', keys: ['F10', 'a'], name: 'strip.transfer', act: () => when(phase('talking', 'held'), () => quick.open('transfer')) },
  { group: 'phone', keys: ['F6'], name: 'keys.result', act: () => when(phase('wrap_up'), writeResult) },
  { group: 'card', keys: tabs.map((_, index) => String(index + 1)), name: 'second.label', act: (nth) => when(second.keys(), () => second.toggle(tabs[nth]!)) },
  { group: 'card', keys: ['s'], name: 'drawer.order', act: () => () => quick.open('order') },
  { group: 'card', keys: ['t'], name: 'drawer.ticket', act: () => () => quick.open('ticket') },
  { group: 'card', keys: ['r'], name: 'drawer.appointment', act: () => () => quick.open('appointment') },
  { group: 'card', keys: ['n'], name: 'drawer.note', act: () => when(withCustomer(), () => quick.open('note')) },
  { group: 'card', keys: ['e'], name: 'drawer.tag', act: () => when(withCustomer(), () => quick.open('tag')) },
  { group: 'card', keys: ['k'], name: 'keys.register', act: () => when(quick.canRegister(), () => quick.open('customer')) },
  { group: 'card', keys: ['b'], name: 'who.link', act: () => when(quick.canRegister(), () => quick.open('link')) },
  { group: 'card', keys: ['Ctrl+z'], name: 'toast.undo', act: () => () => void toasts.undoLast(t('toast.no_undo')) },
  { group: 'card', keys: ['Escape'], name: 'keys.close_drawer', act: () => when(drawer.open !== null, () => drawer.close()) },
  { group: 'go', keys: ['Ctrl+k'], name: 'nav.search', act: () => () => (overlays.palette = true) },
  { group: 'go', keys: ['Ctrl+Slash'], name: 'nav.keys', act: () => () => (overlays.keys = true) },
];

export function shortcuts(): Shortcut[] {
  const places = placesFor(seat.session).map<Shortcut>((place) => ({
    group: 'go',
    keys: [`g ${place.letter}`],
    name: place.name,
    act: () => () => router.go(place.href),
  }));
  return [...table, ...places];
}

export function globalKeys(): Record<string, Action | undefined> {
  return Object.fromEntries(shortcuts().flatMap(({ keys, act }) => keys.map((key, nth) => [key, act(nth)])));
}

/** To the panel of the result, from whatever page and field. */
export function writeResult(): void {
  router.go('/');
  requestAnimationFrame(() => document.querySelector<HTMLElement>('[data-wrap-up] :is([aria-checked="true"], [role="radio"])')?.focus());
}
