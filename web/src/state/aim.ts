/**
 * A press counts only for what was aimed at. Where one control has just taken another's place – a call rings, a state
 * changes, a list moves up, a drawer opens – presses of the pointer on the newcomer are ignored for a moment, so that
 * neither the second half of a double click nor a hand already on its way does something nobody wanted. The keyboard
 * aims by focus and acts at once where a person's own stroke put the focus; where the page put it, Enter and Space do
 * nothing for the same moment. Of a key that is held down only the first stroke counts.
 */

/** Shorter than any answer to something seen, longer than the pause inside a double click. */
const settles = 400;
/** The longest pause within one turn of a wheel. */
const rolls = 200;
/** The longest time from a stroke to the focus that it moves. */
const moves = 50;
const controls = 'button, a[href], input, select, textarea, summary, label, [role="option"]';
/** Of the controls those that do something at once; a field only takes the focus. */
const actions = 'button, a[href], select, summary, input:is([type="checkbox"], [type="radio"]), label, [role="option"]';

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
  /** What it does (`data-act`), where one control does different things in turn. */
  act: string | undefined;
}

/** Where every control stood from a moment on. */
export interface Look<C> {
  at: number;
  boxes: Map<C, Box>;
}

const holds = (box: Box | undefined, x: number, y: number) =>
  box !== undefined && x >= box.left && x < box.right && y >= box.top && y < box.bottom;

/**
 * Whether `chosen` took another control's place at this point within the last moment. `looks` are in order of time and
 * each holds until the next; `related` are controls that are one thing (a label and its box).
 */
export function tookAPlace<C>(looks: Look<C>[], now: number, chosen: C, x: number, y: number, related: (a: C, b: C) => boolean): boolean {
  const act = looks.at(-1)?.boxes.get(chosen)?.act;
  return looks.some((look, index) => {
    const until = looks[index + 1]?.at ?? Infinity;
    if (until <= now - settles) return false;
    const before = look.boxes.get(chosen);
    if (holds(before, x, y)) return before?.act !== act;
    return [...look.boxes].some(([other, box]) => holds(box, x, y) && !related(other, chosen));
  });
}

/** Forgets what no press can ask for any more. */
export function recent<C>(looks: Look<C>[], now: number): Look<C>[] {
  return looks.filter((_, index) => (looks[index + 1]?.at ?? Infinity) > now - settles);
}

/** Strokes that move the focus: the digits choose among results, and + goes on to what follows from one. */
const movers = /^(Tab|Home|End|Arrow.+|\d|\+)$/;

let looks: Look<Element>[] = [];
let due = false;
let handAt = -Infinity;
/** The last press was on a newcomer: what the browser makes of it is ignored too. */
let ignored = false;

function look(): void {
  due = false;
  const boxes = new Map<Element, Box>();
  for (const control of document.querySelectorAll(controls)) {
    const { left, top, right, bottom } = control.getBoundingClientRect();
    const act = control instanceof HTMLElement ? control.dataset['act'] : undefined;
    if (right > left && bottom > 0 && top < innerHeight) boxes.set(control, { left, top, right, bottom, act });
  }
  const now = performance.now();
  looks = [...recent(looks, now), { at: now, boxes }];
}

function changed(): void {
  if (due) return;
  due = true;
  requestAnimationFrame(() => due && look());
}

/** A wheel or a finger, and what still rolls after it. */
function turned(): void {
  handAt = performance.now();
}

/** What the person's own hand moved is no trap: where things stood before does not matter. */
function scrolled(): void {
  const now = performance.now();
  if (now - handAt < rolls) {
    handAt = now;
    looks = [];
  }
  changed();
}

function pressed(event: PointerEvent): void {
  movedAt = performance.now();
  if (due) look();
  const chosen = event.target instanceof Element ? event.target.closest(actions) : null;
  const related = (a: Element, b: Element) => a.contains(b) || b.contains(a);
  ignored = chosen !== null && tookAPlace(looks, performance.now(), chosen, event.clientX, event.clientY, related);
  if (ignored) stop(event);
}

function followed(event: MouseEvent): void {
  if (ignored && event.detail !== 0) stop(event);
}

/** When a key or the pointer was last used to move the focus. */
let movedAt = -Infinity;
/** What the page itself gave the focus to, and when. */
let given: { to: EventTarget | null; at: number } = { to: null, at: -Infinity };

function focused(event: FocusEvent): void {
  const now = performance.now();
  given = { to: event.target, at: now - movedAt < moves ? -Infinity : now };
}

function struck(event: KeyboardEvent, typing: (target: EventTarget | null) => boolean): void {
  const now = performance.now();
  if (movers.test(event.key)) {
    movedAt = now;
    given.at = -Infinity;
  }
  const acts = event.key === 'Enter' || event.key === ' ';
  const surprised = given.to === event.target && now - given.at < settles && !typing(event.target);
  if (acts && surprised && !event.ctrlKey && !event.metaKey) stop(event);
  else if (event.repeat && (event.key === 'Enter' || (event.key === ' ' && event.target instanceof HTMLButtonElement))) stop(event);
}

function stop(event: Event): void {
  event.preventDefault();
  event.stopImmediatePropagation();
}

/** Begins to watch, `typing` telling fields from what acts; returns how to end. */
export function takeAim(typing: (target: EventTarget | null) => boolean): () => void {
  const watch = new MutationObserver(changed);
  const ends = new AbortController();
  const all = { capture: true, signal: ends.signal };
  watch.observe(document.body, {
    subtree: true,
    childList: true,
    characterData: true,
    attributes: true,
    attributeFilter: ['class', 'style', 'hidden', 'open', 'disabled', 'data-act'],
  });
  for (const name of ['wheel', 'touchmove'] as const) addEventListener(name, turned, { ...all, passive: true });
  addEventListener('scroll', scrolled, { ...all, passive: true });
  addEventListener('resize', changed, all);
  addEventListener('pointerdown', pressed, all);
  for (const name of ['mousedown', 'mouseup', 'pointerup', 'click', 'dblclick'] as const) addEventListener(name, followed, all);
  addEventListener('focusin', focused, all);
  addEventListener('keydown', (event) => struck(event, typing), all);
  changed();
  return () => {
    watch.disconnect();
    ends.abort();
  };
}
