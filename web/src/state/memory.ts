/** Where each list stood when it was left, so that coming back changes nothing. */
const selected = new Map<string, string>();
const scrolled = new Map<string, number>();

export const remember = (list: string, row: string) => void selected.set(list, row);
export const remembered = (list: string) => selected.get(list) ?? null;
export const rememberScroll = (list: string, top: number) => void scrolled.set(list, top);
export const rememberedScroll = (list: string) => scrolled.get(list) ?? 0;
