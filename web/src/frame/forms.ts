/** The form of each drawer, loaded when first opened. */
import type { Component } from 'svelte';
import type { DrawerKind, Tie } from '../state/drawer.svelte.ts';

export interface FormProps extends Record<string, unknown> {
  tie: Tie;
  draftName: string;
}

export const forms: Record<DrawerKind, () => Promise<{ default: Component<{ tie: Tie; draftName: string }> }>> = {
  ticket: () => import('../tickets/TicketForm.svelte'),
  order: () => import('../orders/OrderForm.svelte'),
  appointment: () => import('../appointments/AppointmentForm.svelte'),
  note: () => import('../customers/NoteForm.svelte'),
  tag: () => import('../customers/TagForm.svelte'),
  transfer: () => import('../calls/TransferForm.svelte'),
  customer: () => import('../customers/NewCustomerForm.svelte'),
  'edit-customer': () => import('../customers/EditCustomerForm.svelte'),
  callback: () => import('../callbacks/CallbackForm.svelte'),
  link: () => import('../customers/LinkForm.svelte'),
};
