/** The disk or the file failed: nothing that a fold or an event is to blame for. */
export const isStoreFault = (error: unknown): boolean =>
  error instanceof Object && 'name' in error && error.name === 'StoreFault';

/** Folders of this program, as stacks name them. */
const root = decodeURI(new URL('../../', import.meta.url).pathname);
const place = /((?:libs|apps|test)\/[\w./-]+:\d+):\d+\)?$/;
const nameShape = /^[A-Za-z]\w{0,59}$/;
const codeShape = /^[A-Z][A-Z0-9_]{0,59}$/;

/**
 * What failed and where: `TypeError at libs/read-models/transcript.ts:87`. Nothing of the message, since a fold's own words may quote what it read:
 * this one text may be kept, answered and counted.
 */
export function faultText(error: unknown): string {
  // Not instanceof Error: under Jest the errors of Node's own modules come from another realm.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- whatever was thrown is looked at field by field
  const { name, code, message, stack } = (typeof error === 'object' ? (error ?? {}) : {}) as Readonly<Record<string, unknown>>;
  const what = typeof name === 'string' && nameShape.test(name) ? name : 'Error';
  const how = typeof code === 'string' && codeShape.test(code) ? ` ${code}` : '';
  // A message of several lines could look like a place.
  const calls = typeof stack === 'string' ? stack.slice(stack.indexOf(String(message)) + String(message).length) : '';
  const places = calls.split('\n').flatMap((line) => (line.includes(root) ? (place.exec(line)?.[1] ?? []) : []));
  // An adapter says what it was told to.
  const where = places.find((at) => !at.startsWith('libs/adapters/')) ?? places[0];
  return `${what}${how}${where === undefined ? '' : ` at ${where}`}`;
}

const firstRetryMs = 1_000;
export const lastRetryMs = 60_000;

/** Milliseconds before the next try, after so many failed ones. */
export const backoff = (attempts: number): number => Math.min(lastRetryMs, firstRetryMs * 2 ** (Math.max(1, attempts) - 1));
