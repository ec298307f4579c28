import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { enrolled, enrollmentSteps, runs } from '../../../test/properties/lives.ts';
import { examples, expectTable } from '../../../test/support/given.ts';
import { circumstances, day, past, registrar, type Past } from '../../../test/support/past.ts';
import { admitted, facts, histories, imported, registered, source, withdrawn } from '../../../test/support/histories.ts';
import type { EnrollmentEvent, EnrollmentStatus } from '../../events/catalog/enrollment.ts';
import { effectOf } from '../../events/events.ts';
import { initialImportRun, type ImportRun } from '../../facts/import-run.ts';
import { effective, fold, type Recorded } from '../../kernel/decider.ts';
import { importRowCommandId } from '../../kernel/ids.ts';
import { isRefusal } from '../../kernel/refusal.ts';
import { commonRefusals } from '../../kernel/refusals.ts';
import { enrollmentCommands } from './commands.ts';
import { enrollment, enrollmentStream } from './enrollment.ts';
import type { EnrollmentFacts } from './guards.ts';

const granted: ImportRun = {
  ...initialImportRun,
  undo: {
    requestId: 'q7',
    grantedBy: registrar('qian'),
    grantedAt: day('2026-03-09'),
    grantedPosition: 99n,
    takenBack: new Set(),
    kept: new Map(),
    finishedAt: null,
  },
};
const underGrant: EnrollmentFacts = { ...facts, run: granted };
const { given, seen } = examples(enrollment, underGrant, enrollmentStream('e1'));

const run = 'run1';
const takeBack = { type: 'TakeBackRow', run, row: 2, requestId: 'q7' } as const;
const row = importRowCommandId(run, 2);
const byRow = (event: Past<EnrollmentEvent>, commandId = row): Past<EnrollmentEvent> => ({ ...event, commandId });
const annulment = (target: string) => ({ requestId: 'q7', target, run });

describe('a row of an import is taken back', () => {
  it('with the admission that it opened, whatever it said in the same breath', () => {
    const opened = registered().map((event) => byRow(event));
    const after = given(...opened)
      .when(takeBack)
      .gives(effective(day('2025-08-20'), { type: 'AdmissionAnnulled', data: annulment('0') }));
    expect(after.state).toMatchObject({ status: 'annulled', studentNumber: null, everRegistered: false });
  });

  it('in every state in which it imported somebody', () => {
    for (const status of Object.keys(histories) as EnrollmentStatus[]) {
      const [event] = imported(status, { studentNumber: '20230007', source: { ...source, run, row: 2 } });
      const after = given(byRow(event!, `${row}.2`))
        .when(takeBack)
        .gives(effective(day('2025-09-01'), { type: 'AdmissionAnnulled', data: annulment('0') }));
      expect(after.state).toMatchObject({ status: 'annulled', studentNumber: null });
    }
  });

  it('with the change alone that it made: the record reads as before it', () => {
    const [first, second, third] = withdrawn();
    const after = given(first!, second!, byRow(third!))
      .when(takeBack)
      .gives(
        effective(day('2026-01-15'), {
          type: 'StatusChangeAnnulled',
          data: { ...annulment('2'), annulled: 'StudentWithdrawn', status: 'registered' },
        }),
      );
    expect(after.state).toMatchObject({ status: 'registered', endedAt: null, studentNumber: '20250101' });
    const [opening, registration] = registered();
    const unregistered = given(opening!, byRow(registration!)).when(takeBack).accepted();
    expect(unregistered.state).toMatchObject({ status: 'admitted', studentNumber: null, everRegistered: false, recheck: null });
  });

  it('where it said nothing, without an event', () => {
    given(...registered())
      .when(takeBack)
      .givesNothing();
    given(...registered().map((event) => byRow(event, importRowCommandId(run, 3))))
      .when(takeBack)
      .givesNothing();
  });

  it('not where anything was said since', () => {
    const opened = admitted().map((event) => byRow(event));
    const recheck = past('2026-01-15', { type: 'PlaceRetained', data: { until: '2027-09-01' } } as const);
    given(...opened, recheck)
      .when(takeBack)
      .refuses('CHANGED_SINCE', { since: ['PlaceRetained'] });
    const request = { requestId: 'q1', act: 'AnnulAdmission', against: '', target: '0', targetEffectiveAt: null, proposal: {} };
    given(
      ...opened,
      past('2026-01-15', { type: 'ApprovalRequested', data: { ...request, personal: null, evidence: [] } } as const),
    )
      .when(takeBack)
      .refuses('CHANGED_SINCE', { since: ['ApprovalRequested'] });
  });

  it('not without the grant of this very run', () => {
    const opened = admitted().map((event) => byRow(event));
    given(...opened)
      .when({ ...takeBack, requestId: 'q8' })
      .refuses('UNDO_NOT_GRANTED');
    given(...opened)
      .when(takeBack, { facts: { run: initialImportRun } })
      .refuses('UNDO_NOT_GRANTED');
  });

  it('from any history: what its last word changed is as it was', () => {
    let tried = 0;
    fc.assert(
      fc.property(enrollmentSteps(false), (steps) => {
        const { history } = enrolled(steps);
        const last = history.findLastIndex(({ type }) => effectOf(type) === 'fact');
        if (last < 1) return;
        tried += 1;
        const { commandId } = history[last]!;
        const said = history.slice(0, last + 1) as Recorded<EnrollmentEvent>[];
        const mine = said.map((event) => (event.commandId === commandId ? { ...event, commandId: row } : event));
        const before = fold(
          enrollment,
          mine.filter((event) => event.commandId !== row),
        );
        const k = circumstances(takeBack, underGrant, { now: '2099-01-01' });
        const decision = enrollment.decide(fold(enrollment, mine), takeBack, k);
        if (isRefusal(decision)) throw new Error(decision.refused);
        const written = { ...mine.at(-1)!, ...decision[0]!, revision: BigInt(mine.length), commandId: 'undo' };
        const after = fold(enrollment, [...mine, written as Recorded<EnrollmentEvent>]);
        const opening = before.status === 'none';
        expect({ status: after.status, number: after.studentNumber, classId: opening || after.classId }).toEqual({
          status: opening ? 'annulled' : before.status,
          number: before.studentNumber,
          classId: opening || before.classId,
        });
        expect(enrollment.decide(after, takeBack, k)).toEqual([]);
      }),
      runs(200),
    );
    expect(tried).toBeGreaterThan(50);
  });
});

it('the command table says what was seen', () => {
  const { TakeBackRow } = enrollmentCommands;
  expectTable(
    { TakeBackRow },
    seen,
    ['ENROLLMENT_ACTIVE', 'PERIODS_OVERLAP', 'LEARNER_ERASED', 'LEARNER_ANNULLED'],
    commonRefusals,
  );
});
