import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { project, TestLedger, TestStores } from '../../test/support/events.ts';
import { admission, contact, identity } from '../../test/support/histories.ts';
import { effective } from '../kernel/decider.ts';
import { isRefusal } from '../kernel/refusal.ts';
import type { Projection } from '../projection/engine.ts';
import { auditTimeline, personTimeline, type TimelineQuery, type TimelineRow } from './audit-timeline.ts';
import type { PageOf } from './paging.ts';
import { streamsOf, subjectIndex } from './subject-index.ts';

let ledger: TestLedger;
let stores: TestStores;
let projection: Projection;

beforeEach(async () => {
  ledger = new TestLedger('2025-08-01');
  stores = new TestStores();
  projection = await project(ledger, stores, [auditTimeline, subjectIndex]);
  const person = { subjectId: 'chen' };
  await ledger.say(
    'claim-college-id-number-x',
    [{ type: 'ClaimTaken', data: { kind: 'id-number', owner: 'learner-chen', commandId: 'c' } }],
    person,
  );
  await ledger.say(
    'learner-chen',
    [{ type: 'LearnerIdentified', data: { identity, contact, idClaim: null, source: null } }],
    person,
  );
  ledger.today = '2025-08-20';
  await ledger.say(
    'enrollment-e1',
    [{ type: 'LearnerAdmitted', data: { ...admission, learnerId: 'chen', source: null } }],
    person,
  );
  ledger.today = '2025-09-10';
  await ledger.say(
    'enrollment-e1',
    [{ type: 'MajorChanged', data: { fromProgramId: 'ecommerce', programId: 'logistics', classId: null } }],
    {
      ...person,
      on: '2025-09-02',
      reason: { code: 'own-wish', text: '本人申请转入物流' },
    },
  );
  ledger.today = '2025-09-20';
  await ledger.say(
    'enrollment-e1',
    [
      {
        type: 'ApprovalRequested',
        data: {
          requestId: 'q1',
          act: 'CorrectEnrollment',
          against: 'x',
          target: '0',
          targetEffectiveAt: null,
          proposal: { field: 'intake', old: 'ordinary', new: 'special' },
          personal: null,
          evidence: [],
        },
      },
    ],
    { ...person, by: 'zhao' },
  );
  ledger.today = '2025-09-21';
  await ledger.say(
    'enrollment-e1',
    [
      { type: 'ApprovalGranted', data: { requestId: 'q1', digest: 'd' } },
      effective('2025-08-19T16:00:00.000Z', {
        type: 'EnrollmentCorrected' as const,
        data: { requestId: 'q1', target: '0', field: 'intake', old: 'ordinary', new: 'special' },
      }),
    ],
    { ...person, by: 'qian' },
  );
  await ledger.say('learner-li', [{ type: 'LearnerIdentified', data: { identity, contact, idClaim: null, source: null } }]);
  await projection.catchUp();
});
afterEach(() => stores.close());

const timeline = async (query: Partial<TimelineQuery> = {}): Promise<PageOf<TimelineRow>> => {
  const page = await stores.read(auditTimeline, (db) =>
    personTimeline(db, { institutionId: 'college', subjectId: 'chen', ...query }),
  );
  if (isRefusal(page)) throw new Error(page.refused);
  return page;
};
const types = (page: PageOf<TimelineRow>): string[] => page.rows.map(({ type }) => type);

describe('the audit timeline', () => {
  it('tells who said what, when, effective when, why, on whose approval, old and new', async () => {
    const page = await timeline();
    expect(types(page)).toEqual([
      'LearnerIdentified',
      'LearnerAdmitted',
      'MajorChanged',
      'ApprovalRequested',
      'ApprovalGranted',
      'EnrollmentCorrected',
    ]);
    const [, , major, , , corrected] = page.rows;
    expect(major).toMatchObject({
      stream: 'enrollment-e1',
      revision: 1n,
      title: { zh: '转专业', en: 'Major changed' },
      effectiveAt: '2025-09-01T16:00:00.000Z',
      actor: { personId: 'zhao', role: 'registrar' },
      reason: { code: 'own-wish' },
      changes: [{ field: 'programId', old: 'ecommerce', new: 'logistics' }],
      approval: null,
    });
    expect(major!.recordedAt > '2025-09-09').toBe(true);
    expect(major!.reason!.text).toMatch(/^sealed\./);
    expect(ledger.codec.reveal(major!.reason!.text)).toBe('本人申请转入物流');
    expect(corrected).toMatchObject({
      changes: [{ field: 'intake', old: 'ordinary', new: 'special' }],
      approval: { requestId: 'q1', act: 'CorrectEnrollment', requestedBy: 'zhao', settledBy: 'qian', outcome: 'granted' },
    });
    expect(JSON.stringify(page.rows.map(({ data }) => data))).not.toContain(identity.name);
  });

  it('sorts by either time, filters by type and time, and hides machinery until asked', async () => {
    expect(types(await timeline({ sort: 'effective' })).slice(0, 3)).toEqual([
      'LearnerIdentified',
      'EnrollmentCorrected',
      'LearnerAdmitted',
    ]);
    expect(types(await timeline({ types: ['MajorChanged'] }))).toEqual(['MajorChanged']);
    expect(
      types(await timeline({ sort: 'effective', from: '2025-08-30T00:00:00.000Z', to: '2025-09-02T00:00:00.000Z' })),
    ).toEqual(['MajorChanged']);
    expect(types(await timeline({ kinds: ['gate'] }))).toEqual(['ClaimTaken']);
  });

  it('pages by cursor, both ways', async () => {
    for (const query of [{}, { order: 'desc' }, { sort: 'effective' }, { sort: 'effective', order: 'desc' }] as const) {
      const seen: bigint[] = [];
      let cursor: string | null = null;
      do {
        const page: PageOf<TimelineRow> = await timeline({ ...query, limit: 4, ...(cursor ? { cursor } : {}) });
        expect(page.total).toBe(6);
        seen.push(...page.rows.map(({ position }) => position));
        cursor = page.next;
      } while (cursor !== null);
      expect(seen).toEqual((await timeline(query)).rows.map(({ position }) => position));
      expect(seen).toHaveLength(6);
    }
  });

  it('says nothing of a person to another institution', async () => {
    expect((await timeline({ institutionId: 'elsewhere' })).total).toBe(0);
  });
});

describe('the subject index', () => {
  it('names the streams of a person in the order in which they first spoke of her', async () => {
    const streams = (institution: string) => stores.read(subjectIndex, (db) => streamsOf(db, institution, 'chen'));
    expect(await streams('college')).toEqual(['claim-college-id-number-x', 'learner-chen', 'enrollment-e1']);
    expect(await streams('elsewhere')).toEqual([]);
  });
});
