import type { ExpectedRevision, NewEvent } from './event-store.ts';
import { StoreFault } from './store-fault.ts';

/** UTF-8 bytes of one event's JSON. */
export const maxEventBytes = 8 * 1024 * 1024;

const printable = /^[\x20-\x7e]{1,255}$/;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * What every adapter refuses before anything is queued, so that no engine accepts what another cannot hold.
 * Throws a StoreFault: APPEND_EMPTY, ARGUMENT_INVALID, STREAM_NAME_INVALID, EVENT_INVALID or EVENT_TOO_LARGE.
 */
export function checkAppend(stream: string, expected: ExpectedRevision, events: readonly NewEvent[]): void {
  checkStreamName(stream);
  if (expected !== 'none' && (typeof expected !== 'bigint' || expected < 0n)) {
    throw new StoreFault('ARGUMENT_INVALID', `expected revision ${String(expected)} is neither 'none' nor from 0n up`);
  }
  if (events.length === 0) throw new StoreFault('APPEND_EMPTY', `an append to ${stream} holds no event`);
  for (const event of events) checkEvent(event);
  if (events.length > 1 && new Set(events.map((event) => event.id)).size < events.length) {
    throw new StoreFault('EVENT_INVALID', `an append to ${stream} uses one id for two events`);
  }
}

export function checkStreamName(stream: string): void {
  if (!printable.test(stream)) {
    throw new StoreFault('STREAM_NAME_INVALID', `${JSON.stringify(stream)} is not 1 to 255 printable ASCII characters`);
  }
}

function checkEvent({ id, type, json }: NewEvent): void {
  if (!uuid.test(id)) throw new StoreFault('EVENT_INVALID', `id ${JSON.stringify(id)} is not a UUID in lower case`);
  if (!printable.test(type)) {
    throw new StoreFault('EVENT_INVALID', `type ${JSON.stringify(type)} is not 1 to 255 printable ASCII characters`);
  }
  // UTF-8 would replace a lone surrogate, and a NUL ends text for some engines: the bytes read would not be those given.
  if (!json.isWellFormed() || json.includes('\0')) {
    throw new StoreFault('EVENT_INVALID', `the JSON of event ${id} holds a lone surrogate or a NUL`);
  }
  if (json.length * 3 > maxEventBytes && Buffer.byteLength(json) > maxEventBytes) {
    throw new StoreFault('EVENT_TOO_LARGE', `event ${id} has ${Buffer.byteLength(json)} bytes, the limit is ${maxEventBytes}`);
  }
}

/** Throws ARGUMENT_INVALID unless it is a whole number of at least 1. */
export function checkLimit(limit: number): number {
  if (Number.isSafeInteger(limit) && limit >= 1) return limit;
  throw new StoreFault('ARGUMENT_INVALID', `limit ${limit} is not a whole number from 1 up`);
}

/** Throws ARGUMENT_INVALID unless it is a bigint from 0n up. */
export function checkPlace(place: bigint): bigint {
  if (typeof place === 'bigint' && place >= 0n) return place;
  throw new StoreFault('ARGUMENT_INVALID', `place ${String(place)} is not a bigint from 0n up`);
}

/** `clock.now()` as whole milliseconds that an ISO 8601 instant can show with four digits of year. */
export function checkInstant(ms: number): number {
  if (ms >= 0 && ms < 253_402_300_800_000) return Math.trunc(ms);
  throw new StoreFault('ARGUMENT_INVALID', `the clock says ${ms}`);
}
