import { beforeEach, describe, expect, it } from '@jest/globals';
import { contractFact } from '../facts/contract.ts';
import { learnerSource } from '../contexts/enrollment/gates.ts';
import type { ContractRow } from '../intake/contracts.ts';
import { outcomes, student, world } from './imports.fixture.ts';

const creditCode = '91330100799655058B';
let here: ReturnType<typeof world>;
let learnerId: string;

const contract = (over: Partial<ContractRow> = {}): ContractRow => ({
  row: 2,
  agreementNumber: 'XY-1',
  studentNumber: '25001',
  name: '王芳',
  organization: '江南电子商务有限公司',
  post: '运营助理',
  signedOn: '2026-06-20',
  from: '2026-07-01',
  to: '2027-06-30',
  schoolMentor: '00012',
  enterpriseMentor: 'E01',
  insurancePolicy: 'PICC-1',
  status: 'live',
  ...over,
});
const take = (rows: readonly ContractRow[], digest = 'contracts-1', options = {}) =>
  here.take('contracts', rows, digest, options);
const recorded = async (): Promise<ReturnType<typeof contractFact>['initial']> => {
  const page = await here.store.readAll(0n, { types: ['ContractImported'] });
  const stream = page.events.at(-1)!.stream;
  return (await here.transactor.load(contractFact(stream.slice('contract-'.length)))).state;
};

beforeEach(async () => {
  here = world();
  await here.program();
  // Of age when any of the contracts starts.
  const [registered] = await here.roster([
    student({ studentNumber: '25001', entryDate: '2025-09-01' }, { birthDate: '2006-01-01' }),
  ]);
  learnerId = registered!.learnerId!;
  await here.take('organizations', [{ row: 2, creditCode, name: { zh: '江南电子商务有限公司' }, kind: 'enterprise' }]);
  await here.take('mentors', [
    { row: 2, staffNumber: '00012', name: '赵敏', side: 'school' },
    { row: 3, staffNumber: 'E01', name: '周强', side: 'enterprise', organization: creditCode },
  ]);
});

describe('a contract of before', () => {
  it('is recorded with everything that its row names, and takes the learner’s days while it is live', async () => {
    const [answer] = await take([contract()]);
    expect(answer).toMatchObject({ outcome: 'imported', learnerId });
    expect(await recorded()).toMatchObject({
      status: 'live',
      of: { learnerId, enrollmentId: answer!.enrollmentId },
      terms: { from: '2026-07-01', to: '2027-06-30', post: { zh: '运营助理', en: '运营助理' } },
      mentors: [{ side: 'school' }, { side: 'enterprise' }],
      guardianNeeded: false,
      imported: { agreementNumber: 'XY-1', signedOn: '2026-06-20', insurancePolicy: 'PICC-1', source: { row: 2 } },
    });
    const { state } = await here.transactor.load(learnerSource(learnerId));
    expect(Object.values(state.periods)).toEqual([expect.objectContaining({ from: '2026-07-01', to: '2027-06-30' })]);
  });

  it('that is over takes none, and ended when its row says, else when it was to end', async () => {
    const over = { from: '2025-10-01', to: '2026-03-31', signedOn: '2025-09-20' };
    const rows = [
      contract({ ...over, status: 'completed' }),
      contract({ ...over, row: 3, agreementNumber: 'XY-2', status: 'terminated', endedOn: '2025-12-01' }),
    ];
    expect(outcomes(await take(rows))).toEqual(['imported', 'imported']);
    expect(await recorded()).toMatchObject({ status: 'terminated', endedOn: '2025-12-01', imported: { endGround: 'other' } });
    const { state } = await here.transactor.load(learnerSource(learnerId));
    expect(state.periods).toEqual({});
  });

  it('of a minor, or of somebody whose birth date is unknown, needs a guardian’s name and signing date', async () => {
    const young = { studentNumber: '25002', name: '李明' };
    const unknown = { studentNumber: '25003', name: '张三' };
    await here.roster(
      [
        student({ studentNumber: '25002', entryDate: '2025-09-01' }, { name: '李明', idNumber: 'A1', birthDate: '2009-07-01' }),
        student({ row: 3, studentNumber: '25003', entryDate: '2025-09-01' }, { name: '张三', idNumber: 'A2' }),
      ],
      'file-2',
    );
    const guardian = { guardianName: '李父', guardianSignedOn: '2026-06-21' };
    const answers = await take([
      contract(young),
      contract({ ...young, row: 3, guardianName: '李父' }),
      contract({ ...unknown, row: 4 }),
      contract({ ...young, row: 5, ...guardian }),
    ]);
    const missing = 'GUARDIAN_SIGNATURE_MISSING';
    expect(outcomes(answers)).toEqual([missing, missing, missing, 'imported']);
    const { imported } = await recorded();
    expect(imported!.guardian).toEqual(expect.stringMatching(/^sealed\./));
    expect(here.codec.reveal(imported!.guardian)).toEqual({ name: '李父', signedOn: '2026-06-21' });
  });
});

describe('a row again', () => {
  it('changes nothing, in the next file and in the same run', async () => {
    await take([contract()]);
    expect(outcomes(await take([contract()]))).toEqual(['imported']);
    const head = await here.store.head();
    expect(outcomes(await take([contract({ row: 7 })], 'contracts-2'))).toEqual(['unchanged']);
    expect(await here.store.head()).toBe(head + 1n);
  });

  it('that says something else is refused with old and new, of the guardian too', async () => {
    const guardian = { guardianName: '王父', guardianSignedOn: '2026-06-21' };
    await take([contract(guardian)]);
    const [answer] = await take([contract({ ...guardian, to: '2027-07-31', guardianName: '王母' })], 'contracts-2');
    expect(answer!.refusal).toEqual({
      refused: 'ROW_DIFFERS',
      facts: {
        differences: [
          { field: 'to', old: '2027-06-30', new: '2027-07-31' },
          { field: 'guardianName', old: '王父', new: '王母' },
        ],
      },
    });
    const sealedAlone = await take([contract({ ...guardian, guardianSignedOn: '2026-06-22' })], 'contracts-3');
    expect(outcomes(sealedAlone)).toEqual(['ROW_DIFFERS']);
  });
});

describe('is refused', () => {
  it('where it overlaps another live one, which is shown by its number', async () => {
    const answers = await take([contract(), contract({ row: 3, agreementNumber: 'XY-2', from: '2026-09-01' })]);
    expect(outcomes(answers)).toEqual(['imported', 'PERIODS_OVERLAP']);
    expect(answers[1]!.refusal!.facts).toEqual({ with: 'XY-1', from: '2026-07-01', to: '2027-06-30' });
  });

  it.each([
    [{ name: '王方' }, 'NAME_DIFFERS'],
    [{ studentNumber: '99999' }, 'STUDENT_NUMBER_UNKNOWN'],
    [{ organization: '没有的公司' }, 'ORGANIZATION_UNKNOWN'],
    [{ schoolMentor: '99' }, 'MENTOR_UNKNOWN'],
    [{ enterpriseMentor: '00012' }, 'MENTOR_UNKNOWN'],
    [{ from: '2026-10-02', signedOn: '2026-09-30' }, 'EFFECTIVE_IN_FUTURE'],
    [{ signedOn: '2026-10-02' }, 'EFFECTIVE_IN_FUTURE'],
    [{ status: 'completed' }, 'EFFECTIVE_IN_FUTURE'],
  ] as const)('for %j', async (over, code) => {
    expect(outcomes(await take([contract(over)]))).toEqual([code]);
  });
});

it('a dry run tells what would happen and writes nothing', async () => {
  const head = await here.store.head();
  const rows = [contract(), contract({ row: 3 }), contract({ row: 4, to: '2027-01-31' }), contract({ row: 5, name: '李' })];
  expect(outcomes(await take(rows, 'contracts-1', { dryRun: true }))).toEqual([
    'imported',
    'unchanged',
    'ROW_DIFFERS',
    'NAME_DIFFERS',
  ]);
  expect(await here.store.head()).toBe(head);
});
