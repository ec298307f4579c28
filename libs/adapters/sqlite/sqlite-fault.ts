import { StoreFault, type StoreFaultCode } from '../../ports/store-fault.ts';

export const sqliteBusy = 5;
const named: ReadonlyMap<number | undefined, StoreFaultCode> = new Map([
  [13, 'STORE_FULL'],
  [26, 'STORE_FOREIGN'],
]);

/** What an error of SQLite or of the file system means to a caller. */
export function asStoreFault(error: unknown): StoreFault {
  if (error instanceof StoreFault) return error;
  return new StoreFault(named.get(sqliteCode(error)) ?? 'STORE_BROKEN', errorText(error), { cause: error });
}

/** SQLite's primary result code. */
export function sqliteCode(error: unknown): number | undefined {
  const code = isObject(error) && 'errcode' in error ? error.errcode : undefined;
  return typeof code === 'number' ? code & 0xff : undefined;
}

export const errorText = (error: unknown): string =>
  isObject(error) && 'message' in error ? String(error.message) : String(error);

// Not instanceof Error: under Jest the errors of Node's own modules come from another realm.
export const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
