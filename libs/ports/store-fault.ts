/** Why a store threw. A conflict is not among them: it is an answer. */
export type StoreFaultCode =
  /** An append without events. */
  | 'APPEND_EMPTY'
  /** An expected revision, position, or limit out of its range. */
  | 'ARGUMENT_INVALID'
  | 'STREAM_NAME_INVALID'
  /** An id that is no UUID, an unusable type, or text that UTF-8 cannot hold. */
  | 'EVENT_INVALID'
  | 'EVENT_TOO_LARGE'
  | 'STORE_CLOSED'
  /** The disk, or the quota given at opening, is full. Nothing of this append can be read; it may be repeated with the same ids. */
  | 'STORE_FULL'
  /** The writer failed. What was in flight may or may not be stored: open again and repeat it with the same ids. */
  | 'STORE_BROKEN'
  /** Another writer holds these files. */
  | 'STORE_IN_USE'
  | 'STORE_MISSING'
  /** Written by a newer release. */
  | 'STORE_NEWER'
  /** The file is something else than an event store. */
  | 'STORE_FOREIGN';

/** A fault of the store or of its caller: `code` is stable, the message is for people. */
export class StoreFault extends Error {
  readonly code: StoreFaultCode;

  constructor(code: StoreFaultCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreFault';
    this.code = code;
  }
}
