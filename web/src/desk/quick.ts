/** Quick actions: what a letter opens, tied to the caller and the call that are on the desk right now. */
import { desk } from '../live/desk.svelte.ts';
import { numberOf } from '../frame/caller.ts';
import { drawer, type DrawerKind, type Tie } from '../state/drawer.svelte.ts';
import { router } from '../state/router.svelte.ts';
import { pageCustomer } from './page-customer.svelte.ts';

type Customer = { id: string; name: string };

function caller(): Customer | null {
  const match = desk.mine?.caller?.match;
  return match?.kind === 'one' ? { id: match.customer, name: match.name } : null;
}

function customer(): Customer | null {
  if (desk.mine !== null && (router.path === '/' || pageCustomer.now === null)) return caller();
  return router.parts[0] === 'customers' ? pageCustomer.now : caller();
}

/** An unknown, shared or hidden number on the desk that has no customer yet. */
function canRegister(): boolean {
  const kind = desk.mine?.caller?.match.kind;
  return desk.mine !== null && desk.mine.direction === 'in' && (kind === undefined || kind === 'none' || kind === 'withheld' || kind === 'many');
}

/** Acts on the call itself: whose page is open beside it does not matter. */
const ofTheCall: DrawerKind[] = ['transfer', 'link', 'customer'];

function tie(kind: DrawerKind): Tie {
  const about = ofTheCall.includes(kind) ? caller() : customer();
  const person = about ?? undefined;
  const call = desk.mine;
  if (!call || (person && person.id !== caller()?.id)) return { customer: person };
  const match = call.caller?.match.kind;
  return {
    call: call.id,
    customer: person,
    phone: match === 'withheld' || call.from === null ? undefined : numberOf(call),
    name: call.caller_name ?? undefined,
  };
}

export const quick = {
  customer,
  canRegister,
  open: (kind: DrawerKind) => drawer.show(kind, tie(kind)),
};
