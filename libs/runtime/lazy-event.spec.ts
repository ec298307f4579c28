import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Envelope, Recorded } from '../kernel/decider.ts';
import type { StoredEvent } from '../ports/event-store.ts';
import { decodeSealed } from './codec.ts';
import { decodeLazily } from './lazy-event.ts';

const golden = join(import.meta.dirname, '../events/golden');
const envelopes = readdirSync(golden)
  .filter((name) => /\.v\d+\.json$/.test(name))
  .map((name) => JSON.parse(readFileSync(join(golden, name), 'utf8')) as Envelope);

const stored = (envelope: Envelope, json = JSON.stringify(envelope)): StoredEvent => ({
  id: envelope.id,
  type: envelope.type,
  json,
  stream: envelope.stream,
  revision: 3n,
  position: 7n,
  recordedAt: '2026-07-01T00:00:00.000Z',
});

/** Every word of an event, asked for one by one. */
const words = (event: Recorded): Record<string, unknown> => ({
  id: event.id,
  type: event.type,
  version: event.version,
  stream: event.stream,
  effectiveAt: event.effectiveAt,
  decidedAt: event.decidedAt,
  actor: event.actor,
  onBehalfOf: event.onBehalfOf,
  reason: event.reason,
  commandId: event.commandId,
  commandDigest: event.commandDigest,
  correlationId: event.correlationId,
  causationId: event.causationId,
  institutionId: event.institutionId,
  subjectId: event.subjectId,
  basis: event.basis,
  data: event.data,
  revision: event.revision,
  position: event.position,
  recordedAt: event.recordedAt,
});

const says = (event: StoredEvent): void => expect(words(decodeLazily(event))).toEqual(words(decodeSealed(event)));

const [scored] = envelopes.filter(({ type }) => type === 'ComponentScored');
const isLazy = (event: Recorded): boolean => !Object.keys(event).includes('commandId');

describe('an event that is parsed when it is asked', () => {
  it('says what a parsed one says, for every event version there is', () => {
    expect(envelopes.length).toBeGreaterThan(100);
    for (const envelope of envelopes) says(stored(envelope));
    expect(isLazy(decodeLazily(stored(scored!)))).toBe(true);
  });

  it('is not misled by words that read like the layout', () => {
    const marks = ['},', 'a,"data":{}', '"},"commandId":"', '\\","data":{"', 'effectiveAt":"1999'];
    for (const mark of marks) {
      const { actor: _actor, basis: _basis, data: _data, commandId, ...head } = scored!;
      const event = stored({
        ...head,
        actor: { personId: mark, role: 'teacher', organizationId: mark },
        onBehalfOf: mark,
        reason: { code: mark, text: mark },
        commandId,
        basis: [{ stream: mark, revision: '0' }],
        data: { [mark]: mark, data: { data: mark } },
      });
      says(event);
      expect(isLazy(decodeLazily(event))).toBe(true);
    }
  });

  it('tells people apart whose names begin alike', () => {
    const said = (['a},', 'a},b', 'a'] as const).flatMap((personId) =>
      (['teacher', 'mentor'] as const).map((role) => ({ personId, role, organizationId: null })),
    );
    for (const actor of said) expect(decodeLazily(stored({ ...scored!, actor })).actor).toEqual(actor);
    for (const actor of said) expect(decodeLazily(stored({ ...scored!, actor })).actor).toEqual(actor);
  });

  it('takes bytes of another layout and of an older version as a whole', () => {
    const { data, ...head } = scored!;
    const dataFirst = JSON.stringify({ data, ...head });
    says(stored(scored!, dataFirst));
    expect(isLazy(decodeLazily(stored(scored!, dataFirst)))).toBe(false);
    const dataBeforeLast = JSON.stringify({ ...scored, onBehalfOf: 'b' });
    says(stored(scored!, dataBeforeLast));
    const spaced = JSON.stringify(scored, null, 1);
    says(stored(scored!, spaced));
    const old = envelopes.find(({ type, version }) => type === 'StudySuspended' && version === 1)!;
    expect(decodeLazily(stored(old)).version).toBe(2);
  });
});
