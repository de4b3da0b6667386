/** A call given on to a colleague is followed until it is true: said to ring at once, said to be passed on when it is. */
import { t } from '../i18n/index.svelte.ts';
import { toasts } from '../state/toasts.svelte.ts';
import { callOf } from './fold.ts';
import { desk } from './desk.svelte.ts';

/** After this nobody waits for the news any more, ms. */
const longest = 120_000;

/** Tells what becomes of a call that now rings at `name`. `me` gave it on. */
export function follow(call: string, name: string, me: string): void {
  toasts.info(t('transfer.rings', { name }));
  const end = () => {
    clearTimeout(late);
    forget();
  };
  const forget = desk.on((event) => {
    if (callOf(event) !== call) return;
    if (event.type === 'call.answered' && event.data['agent'] !== me) {
      toasts.saved(t('transfer.done', { name }));
      end();
    } else if (event.type === 'call.ended') {
      toasts.failed(t('transfer.lost', { name }));
      end();
    } else if (event.type === 'call.returned') {
      const toQueue = String(event.data['to']).startsWith('queue:');
      toasts.failed(t(toQueue ? 'transfer.back_to_queue' : 'transfer.back_to_you', { name }));
      end();
    }
  });
  const late = setTimeout(end, longest);
}
