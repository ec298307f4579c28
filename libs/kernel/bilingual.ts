/** Names of programs, courses, grounds and statuses carry both languages. */
export interface Bilingual {
  readonly zh: string;
  readonly en: string;
}

export type Language = keyof Bilingual;

/** Fills `{name}` in a text from facts; lists are joined, a missing fact stays visible as `–`. */
export const fill = (text: string, facts: Readonly<Record<string, unknown>>): string =>
  text.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = facts[name];
    if (value === undefined || value === null) return '–';
    return Array.isArray(value) ? value.map(shown).join(', ') : shown(value);
  });

const shown = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'bigint' ? value.toString() : JSON.stringify(value);
