/** A customer as typed into a form, and back. */
import type { CustomerInput } from '../api/customers.ts';
import type { Customer } from '../api/types.ts';

export interface Fields {
  name: string;
  phones: string;
  company: string;
  role: string;
  email: string;
  birth_date: string;
  language: string;
  sms_consent: string;
  note: string;
}

export const blank: Fields = {
  name: '',
  phones: '',
  company: '',
  role: '',
  email: '',
  birth_date: '',
  language: '',
  sms_consent: '',
  note: '',
};

export function fieldsOf(customer: Customer): Fields {
  return {
    name: customer.name,
    phones: customer.phones.map((phone) => phone.display).join(', '),
    company: customer.company ?? '',
    role: customer.role ?? '',
    email: customer.email ?? '',
    birth_date: customer.birth_date ?? '',
    language: customer.language ?? '',
    sms_consent: customer.sms_consent === null ? '' : customer.sms_consent ? 'yes' : 'no',
    note: customer.note ?? '',
  };
}

const phones = (text: string) => text.split(/[,;\n]/).map((one) => one.trim()).filter(Boolean);
const orNull = (text: string) => (text.trim() === '' ? null : text.trim());

export function forNew(fields: Fields, call: string | undefined): CustomerInput {
  const input: CustomerInput = { name: fields.name.trim(), phones: phones(fields.phones) };
  if (fields.company.trim()) input.company = fields.company.trim();
  if (fields.role.trim()) input.role = fields.role.trim();
  if (fields.email.trim()) input.email = fields.email.trim();
  if (call !== undefined) input.call = call;
  return input;
}

/** Only what differs, so that two people may change different fields. */
export function changes(before: Fields, after: Fields): Partial<CustomerInput> {
  const out: Record<string, unknown> = {};
  for (const name of Object.keys(after) as (keyof Fields)[]) {
    if (after[name] === before[name]) continue;
    if (name === 'phones') out['phones'] = phones(after.phones);
    else if (name === 'sms_consent') out['sms_consent'] = after.sms_consent === '' ? null : after.sms_consent === 'yes';
    else if (name === 'name') out['name'] = after.name.trim();
    else out[name] = orNull(after[name]);
  }
  return out as Partial<CustomerInput>;
}
