/** The rail: at most seven places, each with its letter after `g`. */
import type { Session } from '../api/types.ts';
import type { Key } from '../i18n/index.svelte.ts';

export interface Place {
  href: string;
  icon: string;
  name: Key;
  letter: string;
  /** First path pieces under which this place is the current one. */
  holds: string[];
}

const desk: Place = { href: '/', icon: 'headset', name: 'nav.desk', letter: 'd', holds: [''] };
const live: Place = { href: '/live', icon: 'radio', name: 'nav.live', letter: 'w', holds: ['live'] };
const everyone: Place[] = [
  { href: '/customers', icon: 'users', name: 'nav.customers', letter: 'c', holds: ['customers'] },
  { href: '/calls', icon: 'phone', name: 'nav.calls', letter: 'l', holds: ['calls', 'callbacks', 'recordings'] },
  { href: '/tickets', icon: 'ticket', name: 'nav.tickets', letter: 't', holds: ['tickets'] },
  { href: '/orders', icon: 'package', name: 'nav.orders', letter: 'o', holds: ['orders'] },
  { href: '/appointments', icon: 'calendar-days', name: 'nav.appointments', letter: 'a', holds: ['appointments'] },
];

/** The first is where a person begins: an agent at the desk, who leads at the live board. A desk needs a telephone. */
export function placesFor(session: Session | null): Place[] {
  const leads = session !== null && session.me.role !== 'agent';
  const own = leads ? (session.me.extension === null ? [live] : [live, desk]) : [desk];
  return [...own, ...everyone];
}

/** Whose place an address belongs to, by its first piece. */
export const placeOf = (piece: string): Place | undefined => [desk, live, ...everyone].find((one) => one.holds.includes(piece));
