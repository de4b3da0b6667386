/** The customer whose page is open in the middle, so that quick actions know whom they are for. */
class PageCustomer {
  now = $state.raw<{ id: string; name: string } | null>(null);
}

export const pageCustomer = new PageCustomer();
