import { hash } from 'node:crypto';

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** Crockford base32 of the first bytes of SHA-256: `length` × 5 bits. */
export const shortHash = (text: string, length = 20): string => {
  const bytes = hash('sha256', text, 'buffer');
  let out = '';
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      out += alphabet[(buffer >>> (bits - 5)) & 31];
      bits -= 5;
      if (out.length === length) return out;
    }
    buffer &= (1 << bits) - 1;
  }
  return out;
};

/** UUID (version 8) of an event: command id, stream, step of the command on that stream, index in the step. */
export const eventId = (commandId: string, stream: string, step: string, index: number): string => {
  const hex = hash('sha256', `${commandId}\n${stream}\n${step}\n${index}`, 'hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};

/** A command's id for its n-th attempt (from 1): a later attempt exists only after the one before was abandoned for good. */
export const attemptId = (commandId: string, attempt: number): string => (attempt === 1 ? commandId : `${commandId}.${attempt}`);

/** An id that a command mints; the same command mints the same id again after any crash. Keeps the order of command ids. */
export const mintedId = (commandId: string, kind: string): string => `${commandId.replaceAll('.', '')}${kind.slice(0, 1)}`;

/** The id of something that its natural key names (a program by code and level, a class by name): the stream itself is the uniqueness. */
export const naturalId = (institutionId: string, kind: string, ...key: readonly string[]): string =>
  shortHash([institutionId, kind, ...key].join('\n'), 16);

/** The id of a command from HTTP: institution, actor, method and path, Idempotency-Key. */
export const httpCommandId = (institutionId: string, personId: string, method: string, path: string, key: string): string =>
  shortHash(['http', institutionId, personId, method, path, key].join('\n'), 24);

/** The id of an import run. Rows extend it, so ids of a run sort by row. */
export const importRunId = (institutionId: string, kind: string, fileDigest: string, options: string, ordinal: number): string =>
  shortHash(['import', institutionId, kind, fileDigest, options, String(ordinal)].join('\n'), 16);

/** The id of a run that one request is: the same request again is the same run. */
export const batchRunId = (commandId: string): string => shortHash(['batch', commandId].join('\n'), 16);

/** Of taking a row back: another command than the row's own. */
export const undoRowCommandId = (runId: string, row: number): string => `${runId}u${row.toString(36).padStart(5, '0')}`;

/** The row that a command of a run was about, whatever its attempt; null for another command. */
export const rowOfCommand = (runId: string, commandId: string): number | null => {
  const found = commandId.startsWith(`${runId}r`) ? /^r([0-9a-z]{5,})(?:\.\d+)?$/.exec(commandId.slice(runId.length)) : null;
  return found ? Number.parseInt(found[1]!, 36) : null;
};

export const importRowCommandId = (runId: string, row: number): string => `${runId}r${row.toString(36).padStart(5, '0')}`;
