/**
 * One form: its fields say what is wrong with them, and nothing is saved while one does. What the server found wrong
 * stands at the field it names until that field is changed.
 */
import { getContext, setContext } from 'svelte';
import { Problem, type FieldProblem } from '../api/http.ts';
import { known, t } from '../i18n/index.svelte.ts';

export interface Entry {
  /** As people know the field. */
  label: () => string;
  /** JSON pointer of what the field writes, `/subject`. */
  pointer: string;
  /** What is wrong with what was typed. */
  fault: () => string | null;
  focus: () => void;
}

const key = Symbol('form');

export class Form {
  /** Somebody tried to save: from now on an empty required field is an error. */
  tried = $state(false);
  private entries = $state.raw<Entry[]>([]);
  private refused = $state.raw<FieldProblem[]>([]);

  /** Adds a field; gives back how to take it away. */
  add(entry: Entry): () => void {
    this.entries = [...this.entries, entry];
    return () => (this.entries = this.entries.filter((one) => one !== entry));
  }

  /** What the server refused. */
  refuse(cause: unknown): void {
    this.refused = cause instanceof Problem ? cause.errors : [];
  }

  /** The field was changed: what the server said of it is no longer true. */
  changed(pointer: string): void {
    if (this.refused.some((one) => isAt(one, pointer))) this.refused = this.refused.filter((one) => !isAt(one, pointer));
  }

  refusal(pointer: string): string | null {
    const found = this.refused.find((one) => isAt(one, pointer));
    return found ? wordsOf(found) : null;
  }

  /** What keeps the form from being saved. */
  get faults(): Entry[] {
    return this.entries.filter((entry) => entry.fault() !== null);
  }

  /** Everything wrong, in the order of the fields, for the summary with its links. */
  get wrong(): { label: string; text: string; focus: (() => void) | null }[] {
    const own = this.entries.flatMap((entry) => {
      const text = (this.tried ? entry.fault() : null) ?? this.refusal(entry.pointer);
      return text === null ? [] : [{ label: entry.label(), text, focus: entry.focus }];
    });
    const strange = this.refused.filter((one) => !this.entries.some((entry) => isAt(one, entry.pointer)));
    return [...own, ...strange.map((one) => ({ label: fieldName(one.pointer), text: wordsOf(one), focus: null }))];
  }
}

const isAt = (problem: FieldProblem, pointer: string) =>
  pointer !== '' && (problem.pointer === pointer || problem.pointer.startsWith(`${pointer}/`));

function wordsOf(problem: FieldProblem): string {
  return problem.detail === '' ? (known('field', problem.code) ?? t('field.invalid')) : problem.detail;
}

/** A field that no control of the form writes, by the name the catalogue has for it. */
function fieldName(pointer: string): string {
  const name = pointer.split('/').find((piece) => piece !== '') ?? '';
  return known('field_name', name) ?? name;
}

export const provideForm = (form: Form): Form => setContext(key, form);
/** The form around a control; a field outside a form has none. */
export const formAround = (): Form | undefined => getContext<Form | undefined>(key);
