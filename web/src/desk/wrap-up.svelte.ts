/** The results of calls while they are not saved: a draft for each call, which outlives the wrap-up time and the next call. */
import type { Call, LiveCall } from '../api/types.ts';
import { nameOf, numberOf } from '../frame/caller.ts';
import { Draft, keptDraft } from '../state/draft.svelte.ts';
import { callerOf } from '../calls/words.ts';

export interface Result {
  disposition: string;
  note: string;
  /** When to call back, and which number if the call had none. */
  day: string;
  time: string;
  number: string;
}

/** What the panel needs to know of a call that is over. */
export interface Over {
  id: string;
  name: string;
  queue: string | null;
  waited_ms: number;
  customer: { id: string; name: string } | null;
  /** As people write it; `null` when it was withheld. */
  number: string | null;
}

export function overOf(call: LiveCall): Over {
  const match = call.caller?.match;
  const customer = match?.kind === 'one' ? { id: match.customer, name: match.name } : null;
  return { id: call.id, name: nameOf(call), queue: call.queue, waited_ms: call.waited_ms, customer, number: call.from === null ? null : numberOf(call) };
}

export function overStored(call: Call): Over {
  return { id: call.id, name: callerOf(call), queue: call.queue, waited_ms: call.wait_ms, customer: call.customer, number: call.from_display ?? call.from };
}

/** Whether a stored call still wants a result from this person. */
export const wantsResult = (call: Call, me: string): boolean =>
  call.agent?.id === me && call.answered_at !== null && call.ended_at !== null && call.disposition === null;

const nameOfDraft = (call: string) => `wrap-up:${call}`;
const blank: Result = { disposition: '', note: '', day: '', time: '', number: '' };

/** What was already typed for a call, for the list of those without a result. */
export const typedFor = (call: string): string => keptDraft<Result>(nameOfDraft(call))?.note ?? '';

class WrapUps {
  /** The one whose panel is open, or was when its time ran out. */
  call = $state.raw<Over | null>(null);
  draft = $state.raw<Draft<Result> | null>(null);
  /** The call whose result is on its way: its panel must not come back for a moment. */
  saving = $state<string | null>(null);
  /** The call whose panel stands although its time ran out. It stays until the result is saved or thrown away. */
  late = $state<string | null>(null);
  private whose = '';

  get dirty(): boolean {
    return this.draft?.dirty ?? false;
  }

  begin(call: Over): Draft<Result> {
    if (this.call?.id !== call.id || this.draft === null) {
      this.draft?.flush();
      this.draft = new Draft<Result>(nameOfDraft(call.id), blank);
    }
    this.call = call;
    return this.draft;
  }

  /** The result of this call is saved, or thrown away. Another one may be open by now. */
  done(call: string, draft: Draft<Result>): void {
    draft.forget();
    if (this.late === call) this.late = null;
    if (this.call?.id !== call) return;
    this.draft = null;
    this.call = null;
  }

  /** It was saved, perhaps in another tab: here it is no longer owed. Words that were not saved there stay. */
  completed(call: string, note: string): void {
    const { draft } = this;
    if (this.call?.id !== call || this.saving === call || draft === null) return;
    if (note.includes(draft.value.note.trim())) this.done(call, draft);
  }

  /** Another person's panel is not shown; what they typed is kept under their name. */
  belongTo(person: string): void {
    if (this.whose === person) return;
    this.whose = person;
    this.draft?.flush();
    this.draft = null;
    this.call = null;
    this.late = null;
  }
}

export const wrapUps = new WrapUps();
