/** A person's data is sealed under one key per purpose, so that contacts can go while the name on a diploma stays. */
export const purposes = ['identity', 'contact'] as const;
export type Purpose = (typeof purposes)[number];
