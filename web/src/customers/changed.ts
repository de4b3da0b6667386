/** Tells the open customer page that something about the customer was saved here. */
export const changed = (customer: string) => dispatchEvent(new CustomEvent('santral:customer', { detail: customer }));
