/** Whether news are about a customer. What does not say whose it is may be about anybody. */
import type { LiveCall, StreamEvent } from '../api/types.ts';

export function isAbout(event: StreamEvent, customer: string): boolean {
  const { subject, data } = event;
  if (subject.startsWith('customer/')) return subject === `customer/${customer}`;
  const call = data['live'] as LiveCall | undefined;
  if (call?.caller?.match.kind === 'one') return call.caller.match.customer === customer;
  // A row that was taken back is told by its id alone, and a colleague's call without its caller.
  if (!('customer' in data)) return call === undefined;
  return (data['customer'] as { id: string } | null)?.id === customer;
}
