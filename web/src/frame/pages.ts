/** Which page an address shows. All but the idle desk are loaded when first asked for. */
import type { Component } from 'svelte';

// Lists take no properties, single pages take an id; the frame gives `id` to both.
type Load = () => Promise<{ default: Component<any> }>;

interface Place {
  list: Load;
  one?: Load;
}

const places: Record<string, Place> = {
  customers: {
    list: () => import('../customers/CustomersPage.svelte'),
    one: () => import('../customers/CustomerPage.svelte'),
  },
  calls: {
    list: () => import('../calls/CallsPage.svelte'),
    one: () => import('../calls/CallPage.svelte'),
  },
  callbacks: { list: () => import('../callbacks/CallbacksPage.svelte') },
  tickets: {
    list: () => import('../tickets/TicketsPage.svelte'),
    one: () => import('../tickets/TicketPage.svelte'),
  },
  orders: {
    list: () => import('../orders/OrdersPage.svelte'),
    one: () => import('../orders/OrderPage.svelte'),
  },
  appointments: { list: () => import('../appointments/AppointmentsPage.svelte') },
  recordings: {
    list: () => import('../supervisor/RecordingsPage.svelte'),
    one: () => import('../supervisor/RecordingPage.svelte'),
  },
  live: { list: () => import('../supervisor/LivePage.svelte') },
};

type Shown = { load: Load; id: string };

export function pageAt(parts: string[]): Shown | 'desk' | 'nowhere' {
  const [name, id, ...more] = parts;
  if (name === undefined) return 'desk';
  const place = Object.hasOwn(places, name) ? places[name] : undefined;
  const load = id === undefined ? place?.list : place?.one;
  return load === undefined || more.length > 0 ? 'nowhere' : { load, id: id ?? '' };
}
