/** In place of a name that was erased. */
export const erasedName = { zh: '（已删除）', en: '(erased)' } as const;
