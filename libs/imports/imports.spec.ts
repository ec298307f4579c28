import { describe, expect, it } from '@jest/globals';
import { claimsOf, enrollmentSource, learnerSource } from '../contexts/enrollment/gates.ts';
import { planEnrollment } from '../contexts/enrollment/plans.ts';
import { isRefusal } from '../kernel/refusal.ts';
import type { RowAnswer } from './importing.ts';
import { by, outcomes, student, world } from './imports.fixture.ts';

describe('a roster', () => {
  it('admits who has no student number and registers who has one, each effective on the entry date', async () => {
    const { roster, program, transactor } = world();
    await program();
    const answers = await roster([
      student(),
      student({ row: 3, studentNumber: '0001' }, { name: '李明', idNumber: '440305200801010027' }),
    ]);
    expect(outcomes(answers)).toEqual(['admitted', 'registered']);
    const second = await transactor.load(enrollmentSource(answers[1]!.enrollmentId!));
    expect(second.state).toMatchObject({ status: 'registered', studentNumber: '0001', lastChangeAt: '2026-08-31T16:00:00.000Z' });
  });

  it('takes level and length of study from the program where the row does not say', async () => {
    const { roster, program, transactor } = world();
    await program();
    const [told, silent] = await roster([
      student({ level: 'junior-college', lengthOfStudyMonths: 24 }),
      student({ row: 3 }, { name: '李明', idNumber: '440305200801010027' }),
    ]);
    const admission = async (answer: RowAnswer | undefined) =>
      (await transactor.load(enrollmentSource(answer!.enrollmentId!))).state.admission;
    expect(await admission(told)).toMatchObject({ level: 'junior-college', lengthOfStudyMonths: 24 });
    expect(await admission(silent)).toMatchObject({ level: 'junior-college', lengthOfStudyMonths: 36 });
  });

  it('takes a roster that arrives before the term as of now', async () => {
    const { roster, program, transactor } = world();
    await program();
    const [answer] = await roster([student({ entryDate: '2027-09-01' })]);
    expect((await transactor.load(enrollmentSource(answer!.enrollmentId!))).state.lastChangeAt).toBe('2026-10-01T04:00:00.000Z');
  });

  it('imports a student of before with her status, and one who has ended leaves the gate free', async () => {
    const { roster, program, transactor } = world();
    await program();
    await program('530605', '市场营销');
    const [ended] = await roster([
      student({ entryDate: '2022-09-01', status: 'graduated', statusDate: '2025-06-30', studentNumber: '22001' }),
    ]);
    const [next] = await roster([student({ program: { code: '530605' }, row: 3 })], 'file-2');
    expect(outcomes([ended!, next!])).toEqual(['imported', 'admitted']);
    expect(next!.learnerId).toBe(ended!.learnerId);
    const { state } = await transactor.load(learnerSource(next!.learnerId!));
    expect(Object.values(state.enrollments).map(({ to }) => to)).toEqual(['2025-06-29T16:00:00.000Z', null]);
  });

  it('takes the same row twice as one, within a file, in the next file and in the next run of the same file', async () => {
    const { roster, program, store, imports, start } = world();
    await program();
    const row = student({ studentNumber: '0001', className: '电商1班', contact: { phone: '13800000000' } });
    expect(outcomes(await roster([row, { ...row, row: 3 }]))).toEqual(['registered', 'unchanged']);
    const head = await store.head();
    const run = await start();
    await imports.finish(by, run.runId, { rows: 2, taken: 1, unchanged: 1, refused: 0 });
    expect(outcomes(await roster([{ ...row, row: 7 }], 'file-2'))).toEqual(['unchanged']);
    expect(outcomes(await roster([row]))).toEqual(['unchanged']);
    // Two starts and one finish, and nothing else.
    expect(await store.head()).toBe(head + 3n);
  });

  it('goes on with a run that was killed: rows that were taken are answered as taken, nothing is written again', async () => {
    const { roster, program, store } = world();
    await program();
    const rows = [
      student({ studentNumber: '0001' }),
      student({ row: 3, studentNumber: '0002' }, { name: '李明', idNumber: '440305200801010027' }),
    ];
    await roster(rows.slice(0, 1));
    const head = await store.head();
    expect(outcomes(await roster(rows))).toEqual(['registered', 'registered']);
    // One more student: two claims, two on the gate, two on the enrollment.
    expect(await store.head()).toBe(head + 6n);
  });

  it('registers an admitted learner whose row only adds a student number', async () => {
    const { roster, program } = world();
    await program();
    expect(outcomes(await roster([student()]))).toEqual(['admitted']);
    expect(outcomes(await roster([student({ studentNumber: '0001', className: '电商1班' })], 'file-2'))).toEqual(['registered']);
    expect(outcomes(await roster([student({ studentNumber: '0001' })], 'file-3'))).toEqual(['unchanged']);
  });

  it('refuses a row that says something else, with old and new', async () => {
    const { roster, program } = world();
    await program();
    await roster([student({ studentNumber: '0001' })]);
    const [named, numbered] = await roster(
      [student({ row: 5 }, { name: '王方' }), student({ row: 6, studentNumber: '0002' })],
      'file-2',
    );
    expect(named!.refusal).toEqual({
      refused: 'ROW_DIFFERS',
      facts: { differences: [{ field: 'name', old: '王芳', new: '王方' }] },
    });
    expect(numbered!.refusal?.facts).toEqual({ differences: [{ field: 'studentNumber', old: '0001', new: '0002' }] });
  });

  it('refuses a student number that is taken, and what was begun for the row is let go', async () => {
    const { roster, program, transactor } = world();
    await program();
    const answers = await roster([
      student({ studentNumber: '0001' }),
      student({ row: 3, studentNumber: '0001' }, { name: '李明', idNumber: '440305200801010027' }),
    ]);
    expect(outcomes(answers).toSorted()).toEqual(['STUDENT_NUMBER_TAKEN', 'registered']);
    const again = await roster(
      [student({ row: 3, studentNumber: '0002' }, { name: '李明', idNumber: '440305200801010027' })],
      'file-2',
    );
    expect(outcomes(again)).toEqual(['registered']);
    const { state } = await transactor.load(learnerSource(again[0]!.learnerId!));
    expect(Object.values(state.enrollments)).toHaveLength(1);
  });

  it('refuses what it cannot place: programs, classes, a student on the register without a number', async () => {
    const { roster, program } = world();
    await program();
    await program('530702', '电子商务', 'secondary-vocational');
    const answers = await roster(
      [
        student({ program: { code: '999999' } }),
        student({ row: 3, program: { code: '530701', name: '市场营销' } }),
        student({ row: 4, program: { name: '电子商务' } }),
        student({ row: 5, className: '没有的班' }),
        student({ row: 6, status: 'registered' }),
        student({ row: 7, program: { name: '电子 商务' }, level: 'junior-college' }),
      ],
      'file-1',
      { formClasses: false },
    );
    expect(outcomes(answers)).toEqual([
      'PROGRAM_UNKNOWN',
      'PROGRAM_CODE_DISAGREES',
      'PROGRAM_AMBIGUOUS',
      'CLASS_UNKNOWN',
      'STUDENT_NUMBER_MISSING',
      'admitted',
    ]);
  });

  it('tells in a dry run what would happen and writes nothing', async () => {
    const { roster, program, store } = world();
    await program();
    const head = await store.head();
    const row = student({ studentNumber: '0001', className: '电商1班' });
    const answers = await roster([row, { ...row, row: 3 }, student({ row: 4, program: { code: '999999' } })], 'file-1', {
      dryRun: true,
    });
    expect(outcomes(answers)).toEqual(['registered', 'unchanged', 'PROGRAM_UNKNOWN']);
    expect(await store.head()).toBe(head);
  });

  it('does not compare with a correction’s old value', async () => {
    const { roster, program, transactor, vault } = world();
    await program();
    const [answer] = await roster([student({ studentNumber: '0001', intake: 'special' })]);
    const claims = claimsOf('college', (domain, text) => vault.hmac(domain, text));
    const say = (commandId: string, personId: string, command: Parameters<typeof planEnrollment>[1]) =>
      transactor.transact({ ...by, commandId, digest: commandId, actor: { ...by.actor, personId }, causationId: commandId }, () =>
        planEnrollment(answer!.enrollmentId!, command, { institutionId: 'college', claims }),
      );
    const requested = await say('c1', 'r1', {
      type: 'RequestEnrollmentCorrection',
      requestId: 'q1',
      target: '0',
      field: 'intake',
      value: 'ordinary',
      evidence: [],
    });
    const granted = await say('c2', 'r2', { type: 'GrantApproval', requestId: 'q1', digest: 'c1' });
    expect([isRefusal(requested), isRefusal(granted)]).toEqual([false, false]);
    expect(outcomes(await roster([student({ studentNumber: '0001', intake: 'ordinary' })], 'file-2'))).toEqual(['unchanged']);
  });
});

describe('programs', () => {
  it('are published once; the same again changes nothing, other content under the same key is refused', async () => {
    const { imports, start } = world();
    const row = {
      row: 2,
      code: '530701',
      name: { zh: '电子商务', en: 'E-commerce' },
      level: 'junior-college' as const,
      group: '电商群',
    };
    const publish = async (digest: string, rows: readonly (typeof row)[]) => {
      const answers = await imports.rows('programs', by, (await start('programs', digest)).runId, rows, false);
      return isRefusal(answers) ? [answers.refused] : outcomes(answers);
    };
    expect(await publish('a', [row])).toEqual(['published']);
    expect(await publish('b', [row])).toEqual(['unchanged']);
    expect(await publish('c', [{ ...row, name: { zh: '电子商务', en: 'Commerce' } }])).toEqual(['ROW_DIFFERS']);
  });
});
