/** Which page an address shows. All but the desk are loaded when first asked for. */
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

/** `null` for the desk itself. */
export function pageAt(parts: string[]): { load: Load; id: string } | null {
  const place = places[parts[0] ?? ''];
  if (!place) return null;
  const id = parts[1];
  return id !== undefined && place.one ? { load: place.one, id } : { load: place.list, id: '' };
}
