import { orNull } from '../edge/openapi.ts';

/** What examples of answers have in common. */
export const id = '5q8m2c7h1v0n4k3d';
export const at = '2026-09-01T00:00:00.000Z';
export const coded = (code: string, zh: string, en: string): object => ({ code, zh, en });
export const page = (item: object): object => ({ items: [item], next: orNull('eyJwYWdlIjoyfQ'), total: 1 });
/** Of a list that can be asked about a moment of the past. */
export const pageThen = (item: object): object => ({ ...page(item), asOf: {} });
export const importedFrom = orNull({ run: id, row: 2, fileDigest: 'a'.repeat(64) });
