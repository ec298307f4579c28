import { beforeAll, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileOf, goldenVault } from '../../../test/support/golden.ts';
import { contract } from '../../contexts/apprenticeship/contract.ts';
import { opening } from '../../contexts/apprenticeship/opening.ts';
import { placement } from '../../contexts/apprenticeship/placement.ts';
import { selection } from '../../contexts/apprenticeship/selection.ts';
import { attempts } from '../../contexts/assessment/attempt.ts';
import { course } from '../../contexts/curriculum/course.ts';
import { calendar, programGroup } from '../../contexts/curriculum/curriculum.ts';
import { framework } from '../../contexts/curriculum/framework.ts';
import { policy } from '../../contexts/curriculum/policy.ts';
import { program } from '../../contexts/curriculum/program.ts';
import { scheme } from '../../contexts/curriculum/scheme.ts';
import { classes } from '../../contexts/enrollment/class.ts';
import { enrollment } from '../../contexts/enrollment/enrollment.ts';
import { learner } from '../../contexts/enrollment/learner.ts';
import { teacher } from '../../contexts/faculty/faculty.ts';
import { parking } from '../../contexts/operations/parking.ts';
import { rebuild } from '../../contexts/operations/rebuild.ts';
import { organization } from '../../contexts/partnership/partnership.ts';
import { importRun } from '../../imports/run.ts';
import { claim } from '../../kernel/claim.ts';
import type { Envelope } from '../../kernel/decider.ts';
import { source, type Source } from '../../kernel/plan.ts';
import type { StoredEvent } from '../../ports/event-store.ts';
import { Codec } from '../../runtime/codec.ts';
import { isSealed, SealBroken } from '../../runtime/seal.ts';
import { catalog, eventTypes } from '../events.ts';

const folder = import.meta.dirname;
const files = readdirSync(folder).filter((name) => name.endsWith('.json') && name !== 'digests.json');
const textOf = (file: string): string => readFileSync(join(folder, file), 'utf8');
const envelopeIn = (file: string): Envelope => JSON.parse(textOf(file)) as Envelope;

/** As a store would hand it over: the same bytes without the layout. */
const stored = (envelope: Envelope): StoredEvent => ({
  id: envelope.id,
  type: envelope.type,
  json: JSON.stringify(envelope),
  stream: envelope.stream,
  revision: 0n,
  position: 1n,
  recordedAt: envelope.decidedAt,
});

/** Who folds which category. */
const folds: Readonly<Record<string, Source>> = {
  learner: source('learner', learner),
  enrollment: source('enrollment', enrollment),
  class: source('class', classes),
  import: source('import', importRun),
  claim: source('claim', claim),
  program: source('program', program),
  group: source('group', programGroup),
  course: source('course', course),
  scheme: source('scheme', scheme),
  framework: source('framework', framework),
  calendar: source('calendar', calendar),
  policy: source('policy', policy),
  teacher: source('teacher', teacher),
  opening: source('opening', opening),
  selection: source('selection', selection),
  contract: source('contract', contract),
  placement: source('placement', placement),
  attempt: source('attempt', attempts),
  organization: source('organization', organization),
  rebuild: source('rebuild', rebuild),
  parking: source('parking', parking),
};
/** Read by the runtime or by views, never by a decider. */
const unfolded = ['CommandAbandoned', 'RecordRead'];

let codec: Codec;
beforeAll(async () => {
  codec = new Codec(await goldenVault());
});

describe('golden files', () => {
  it('are there for every type, at every version up to the present one', () => {
    const expected = eventTypes.flatMap((type) =>
      Array.from({ length: catalog[type].version }, (_, i) => fileOf({ type, version: i + 1 })),
    );
    // Missing: add an example to test/support/golden.ts and run test/support/write-golden.ts.
    expect(files.toSorted()).toEqual(expected.toSorted());
  });

  it('are never edited', () => {
    const digests = files.map((file) => [file, createHash('sha256').update(textOf(file)).digest('hex')] as const);
    expect(Object.fromEntries(digests)).toEqual(JSON.parse(textOf('digests.json')));
  });

  it.each(files)('%s is read by this release', (file) => {
    const envelope = envelopeIn(file);
    const kind = catalog[envelope.type as keyof typeof catalog];
    const personal = Object.keys(kind.personal ?? {});
    const raw = envelope.data as Readonly<Record<string, unknown>>;
    expect(personal.filter((field) => raw[field] !== null && !isSealed(raw[field]))).toEqual([]);

    const opened = codec.decodeOpen(stored(envelope));
    expect(opened).toMatchObject({ type: envelope.type, version: kind.version, effectiveAt: envelope.effectiveAt });
    expect(JSON.stringify(opened, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))).not.toContain(
      'sealed.1.',
    );

    const category = envelope.stream.slice(0, envelope.stream.indexOf('-'));
    const folding = folds[category];
    expect([category, folding !== undefined || unfolded.includes(envelope.type)]).toEqual([category, true]);
    expect(() => unfolded.includes(envelope.type) || folding?.evolve(folding.initial, opened)).not.toThrow();
  });

  it.each(files.filter((file) => textOf(file).includes('sealed.1.')))('%s holds its seals to its public fields', (file) => {
    const envelope = envelopeIn(file);
    const forged = { ...envelope, actor: { ...envelope.actor, personId: 'somebody-else' } };
    expect(() => codec.decodeOpen(stored(forged))).toThrow(SealBroken);
  });
});

describe('upcasting', () => {
  it('StudySuspended v1 did not say when she applied: v2 reads null, and her reason still opens', () => {
    const opened = codec.decodeOpen(stored(envelopeIn('StudySuspended.v1.json')));
    expect(opened).toMatchObject({
      version: 2,
      data: { ground: 'pregnancy', until: '2026-09-01', appliedOn: null },
      reason: { code: 'other', text: '预产期 2026 年 3 月' },
    });
    expect(opened.data).toHaveProperty('appliedOn', null);
  });

  it('StudySuspended v2 reads as it was written', () => {
    expect(codec.decodeOpen(stored(envelopeIn('StudySuspended.v2.json'))).data).toEqual({
      ground: 'illness',
      until: '2026-12-01',
      appliedOn: '2025-11-20',
    });
  });
});
