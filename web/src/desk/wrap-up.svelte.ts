/** The result of the last call while it is not saved. It outlives the wrap-up time: typed words are never lost. */
import type { LiveCall } from '../api/types.ts';
import { Draft } from '../state/draft.svelte.ts';

export interface Result {
  disposition: string;
  note: string;
}

class LateWrapUp {
  call = $state.raw<LiveCall | null>(null);
  draft = $state.raw<Draft<Result> | null>(null);
  /** The answer to a save is on its way: the panel must not come back for a moment. */
  saving = $state(false);

  get dirty(): boolean {
    return this.draft?.dirty ?? false;
  }

  begin(call: LiveCall): Draft<Result> {
    if (this.call?.id !== call.id || this.draft === null) {
      this.draft = new Draft<Result>(`wrap-up:${call.id}`, { disposition: 'resolved', note: '' });
    }
    this.call = call;
    return this.draft;
  }

  done(): void {
    this.draft?.forget();
    this.draft = null;
    this.call = null;
  }
}

export const lateWrapUp = new LateWrapUp();
