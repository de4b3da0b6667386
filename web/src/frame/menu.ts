/** The rail: at most seven places, each with its letter after `g`. */
import type { Key } from '../i18n/index.svelte.ts';

export interface Place {
  href: string;
  icon: string;
  name: Key;
  letter: string;
  /** First path pieces under which this place is the current one. */
  holds: string[];
}

const everyone: Place[] = [
  { href: '/', icon: 'headset', name: 'nav.desk', letter: 'd', holds: [''] },
  { href: '/customers', icon: 'users', name: 'nav.customers', letter: 'c', holds: ['customers'] },
  { href: '/calls', icon: 'phone', name: 'nav.calls', letter: 'l', holds: ['calls', 'recordings'] },
  { href: '/tickets', icon: 'ticket', name: 'nav.tickets', letter: 't', holds: ['tickets'] },
  { href: '/orders', icon: 'package', name: 'nav.orders', letter: 'o', holds: ['orders'] },
  { href: '/appointments', icon: 'calendar-days', name: 'nav.appointments', letter: 'a', holds: ['appointments'] },
];

const supervisors: Place[] = [{ href: '/live', icon: 'radio', name: 'nav.live', letter: 'w', holds: ['live'] }];

export const placesFor = (supervises: boolean): Place[] => (supervises ? [...everyone, ...supervisors] : everyone);
