/** What Ctrl+K can find: places and actions by name, records by asking the server. */
import * as calls from '../api/calls.ts';
import * as customers from '../api/customers.ts';
import * as work from '../api/work.ts';
import { quick } from '../desk/quick.ts';
import { t } from '../i18n/index.svelte.ts';
import { money, when } from '../i18n/format.ts';
import { commands } from '../live/commands.svelte.ts';
import { desk } from '../live/desk.svelte.ts';
import { drawer } from '../state/drawer.svelte.ts';
import { seat } from '../state/session.svelte.ts';
import { placesFor } from './menu.ts';
import { overlays } from './overlays.svelte.ts';
import { told } from './told.ts';

export interface Found {
  id: string;
  icon: string;
  main: string;
  detail: string;
  keys?: string;
  href?: string;
  run?: () => void;
}

/** I and ı, İ and i: what a person types without the dot still finds the word. */
const fold = (text: string) =>
  text
    .toLocaleLowerCase('tr')
    .replace(/[ıİ]/g, 'i')
    .normalize('NFD')
    .replace(/\p{M}/gu, '');

export function commandsFor(text: string): Found[] {
  const wanted = fold(text.trim());
  return [...places(), ...actions()].filter((one) => fold(one.main).includes(wanted)).slice(0, wanted === '' ? 20 : 6);
}

/** Words that say which list is meant ("sipariş 5220", "ticket #1042"), and the sign before a number. */
const kinds: Record<string, 'ticket' | 'order' | 'customer' | 'call'> = {
  siparis: 'order', order: 'order', talep: 'ticket', ticket: 'ticket', musteri: 'customer', customer: 'customer', etiket: 'customer', tag: 'customer', cagri: 'call', call: 'call',
};

export function meant(text: string): { kind: string | null; q: string } {
  const [first = '', ...rest] = text.trim().split(/\s+/);
  const kind = rest.length > 0 ? (kinds[fold(first)] ?? null) : null;
  const q = (kind === null ? text.trim() : rest.join(' ')).replace(/^(#|no:?\s)\s*(?=\d)/i, '');
  return { kind, q };
}

export async function searchAll(text: string, signal: AbortSignal): Promise<Found[]> {
  const { kind, q } = meant(text);
  const empty = Promise.resolve({ items: [] });
  const of = <T,>(one: string, ask: () => Promise<{ items: T[] }>): Promise<{ items: T[] }> => (kind === null || kind === one ? ask() : empty);
  const answers = await Promise.allSettled([
    of('customer', () => customers.list(q, null, signal)).then(({ items }) =>
      items.map<Found>((row) => ({
        id: row.id,
        icon: 'user-round',
        main: row.name,
        detail: [row.company ?? '', row.phones[0]?.display ?? '', row.tags.join(', ')].filter(Boolean).join(' · '),
        href: `/customers/${row.id}`,
      })),
    ),
    of('ticket', () => work.tickets({ q }, signal)).then(({ items }) =>
      items.map<Found>((row) => ({ id: row.id, icon: 'ticket', main: `#${row.number} ${row.subject}`, detail: row.customer?.name ?? '', href: `/tickets/${row.id}` })),
    ),
    of('order', () => work.orders({ q }, signal)).then(({ items }) =>
      items.map<Found>((row) => ({
        id: row.id,
        icon: 'package',
        main: `${row.number} · ${row.customer?.name ?? ''}`,
        detail: money(row.total),
        href: `/orders/${row.id}`,
      })),
    ),
    of('call', () => calls.list({ q, limit: 5 }, signal)).then(({ items }) =>
      items.map<Found>((row) => ({
        id: row.id,
        icon: 'phone',
        main: row.customer?.name ?? row.from_display ?? t('caller.withheld'),
        detail: when(row.started_at),
        href: `/calls/${row.id}`,
      })),
    ),
  ]);
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value.slice(0, 5) : []));
}

function places(): Found[] {
  const found = placesFor(seat.session).map<Found>((place) => ({
    id: place.href,
    icon: place.icon,
    main: t(place.name),
    detail: '',
    keys: `g ${place.letter}`,
    href: place.href,
  }));
  if (seat.supervises) found.push({ id: '/recordings', icon: 'audio-lines', main: t('call.recordings'), detail: '', href: '/recordings' });
  return found;
}

function actions(): Found[] {
  const make = (id: string, icon: string, main: string, run: () => void, keys?: string): Found =>
    keys === undefined ? { id, icon, main, detail: '', run } : { id, icon, main, detail: '', run, keys };
  const list = [
    make('new-ticket', 'ticket', t('drawer.ticket'), () => quick.open('ticket'), 'T'),
    make('new-order', 'shopping-cart', t('drawer.order'), () => quick.open('order'), 'S'),
    make('new-appointment', 'calendar-days', t('drawer.appointment'), () => quick.open('appointment'), 'R'),
    make('new-customer', 'user-plus', t('drawer.customer'), () => (quick.canRegister() ? quick.open('customer') : drawer.show('customer', {}))),
    make('keys', 'keyboard', t('nav.keys'), () => (overlays.keys = true), 'Ctrl /'),
    make('sign-out', 'log-out', t('nav.signout'), () => told(seat.signOut())),
  ];
  if (desk.strip === 'off') list.unshift(make('start', 'headset', t('strip.start'), () => void commands.startShift()));
  return list;
}
