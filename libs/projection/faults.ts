/** The disk or the file failed: nothing that a fold or an event is to blame for. */
export const isStoreFault = (error: unknown): boolean =>
  error instanceof Object && 'name' in error && error.name === 'StoreFault';

export const messageOf = (error: unknown): string =>
  error instanceof Object && 'message' in error ? String(error.message) : String(error);

const firstRetryMs = 1_000;
export const lastRetryMs = 60_000;

/** Milliseconds before the next try, after so many failed ones. */
export const backoff = (attempts: number): number => Math.min(lastRetryMs, firstRetryMs * 2 ** (attempts - 1));
