/** Ties a call to a customer and paints the card at once; the server's `match.resolved` confirms it. */
import * as calls from '../api/calls.ts';
import * as customers from '../api/customers.ts';
import { desk } from '../live/desk.svelte.ts';

export async function linkCall(call: string, customer: string, name: string, sharesNumber = false): Promise<void> {
  await calls.link(call, customer, sharesNumber);
  await showCustomer(call, customer, name);
}

export async function showCustomer(call: string, customer: string, name: string): Promise<void> {
  const live = desk.calls.get(call);
  if (!live) return;
  const card = await customers.card(customer).catch(() => null);
  const now = desk.calls.get(call);
  if (!now || now.caller?.match.kind === 'one') return;
  const caller = {
    number: now.from,
    display_number: now.from_display,
    language: null,
    segment: null,
    ...now.caller,
    match: { kind: 'one' as const, customer, name },
    card,
  };
  desk.calls = new Map(desk.calls).set(call, { ...now, caller });
}
