export const refusals = {} as const;
export type RefusalCode = string;
