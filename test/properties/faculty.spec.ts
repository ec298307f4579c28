import { expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { facultyCommands } from '../../libs/contexts/faculty/commands.ts';
import { teacher, type FacultyCommand, type FacultyFacts, type Teacher } from '../../libs/contexts/faculty/faculty.ts';
import type { TeacherEvent } from '../../libs/events/catalog/faculty.ts';
import { fold, type Recorded } from '../../libs/kernel/decider.ts';
import { isRefusal } from '../../libs/kernel/refusal.ts';
import { commonRefusals } from '../../libs/kernel/refusals.ts';
import { addDays } from '../../libs/kernel/time.ts';
import { live, runs, stepsOf, type Life, type Step } from './lives.ts';

/** The table of the specification, as data and without a look at the code. Other events leave the status as it is. */
const table: Readonly<Partial<Record<TeacherEvent['type'], { from: readonly string[]; to: string }>>> = {
  TeacherRegistered: { from: ['none'], to: 'active' },
  EarlyWarningRaised: { from: ['active'], to: 'warned' },
  ImprovementPlanned: { from: ['warned'], to: 'improving' },
  TeacherSuspended: { from: ['active', 'warned', 'improving'], to: 'suspended' },
  TeacherWithdrawn: { from: ['active', 'warned', 'improving', 'suspended'], to: 'withdrawn' },
  TeacherReinstated: { from: ['improving', 'suspended', 'withdrawn'], to: 'active' },
};

const name = { zh: '某电商有限公司', en: 'Some E-commerce Ltd.' };
const facts: FacultyFacts = { organization: { creditCode: '91330100799655058B', name, kind: 'enterprise' } };
const registered: FacultyCommand = {
  type: 'RegisterTeacher',
  side: 'enterprise',
  organizationId: 'o1',
  staffNumber: 'E1',
  profile: { name: '周明' },
  contact: null,
  source: null,
};

const day = fc.nat({ max: 300 }).map((days) => addDays('2025-09-01', days));
const word = fc.constantFrom('a', 'b');
const says: fc.Arbitrary<FacultyCommand> = fc.oneof(
  fc.constant(registered),
  word.map((personId) => ({ type: 'LinkTeacherAccount', personId }) as const),
  word.map((certificate) => ({ type: 'GrantDualQualification', certificate, evidence: [] }) as const),
  fc
    .record({ organizationId: fc.constantFrom('o1', 'o2'), from: day, to: day, days: fc.nat({ max: 40 }) })
    .map((practice) => ({ type: 'RecordEnterprisePractice', ...practice }) as const),
  word.map((ground) => ({ type: 'RaiseEarlyWarning', ground }) as const),
  day.map((until) => ({ type: 'PlanImprovement', until }) as const),
  word.map((ground) => ({ type: 'SuspendTeacher', ground }) as const),
  word.map((ground) => ({ type: 'WithdrawTeacher', ground }) as const),
  word.map((ground) => ({ type: 'ReinstateTeacher', ground }) as const),
);
const steps = stepsOf(says, fc.constant(registered), true);
const lived = (said: readonly Step<FacultyCommand>[]): Life<Teacher, FacultyCommand, TeacherEvent, FacultyFacts> =>
  live(teacher, said, (_, say) => say, { stream: 'teacher-t1', facts, subject: 't1' });

it('no sequence of commands leaves the table, nor goes back in time', () => {
  const reached = new Set<string>();
  fc.assert(
    fc.property(steps, (said) => {
      let state = teacher.initial;
      for (const event of lived(said).history) {
        const move = table[event.type];
        const before = state;
        state = teacher.evolve(state, event);
        reached.add(event.type);
        expect([event.type, move?.from.includes(before.status) ?? before.status !== 'none']).toEqual([event.type, true]);
        expect([event.type, state.status]).toEqual([event.type, move?.to ?? before.status]);
        expect(event.effectiveAt >= before.lastChangeAt).toBe(true);
      }
    }),
    runs(500),
  );
  // Otherwise the property said nothing about what was never tried.
  expect(Object.keys(table).filter((type) => !reached.has(type))).toEqual([]);
});

it('no day of practice in one enterprise is counted twice', () => {
  fc.assert(
    fc.property(steps, (said) => {
      const { practice } = lived(said).state;
      for (const [index, one] of practice.entries()) {
        const overlapping = practice
          .slice(0, index)
          .filter(({ organizationId, from, to }) => organizationId === one.organizationId && from <= one.to && one.from <= to);
        expect(overlapping).toEqual([]);
        expect(addDays(one.from, one.days - 1) <= one.to).toBe(true);
      }
    }),
    runs(300),
  );
});

it('what is answered is declared, and the same words again are no second event', () => {
  fc.assert(
    fc.property(steps, (said) => {
      for (const { command, k, decision, after } of lived(said).moments) {
        const { events, refusals } = facultyCommands[command.type];
        const answered: readonly string[] = isRefusal(decision) ? [decision.refused] : decision.map(({ type }) => type);
        expect([...events, ...refusals, ...commonRefusals]).toEqual(expect.arrayContaining([...answered]));
        const again = isRefusal(decision) ? [] : teacher.decide(after, command, k);
        expect({ command, again: isRefusal(again) ? [] : again }).toEqual({ command, again: [] });
      }
    }),
    runs(200),
  );
});

it('a view may meet events in any order', () => {
  fc.assert(
    fc.property(steps, fc.infiniteStream(fc.nat({ max: 1000 })), (said, dice) => {
      const shuffled: readonly Recorded<TeacherEvent>[] = [...lived(said).history]
        .map((event) => [dice.next().value as number, event] as const)
        .toSorted(([a], [b]) => a - b)
        .map(([, event]) => event);
      expect(() => fold(teacher, shuffled)).not.toThrow();
    }),
    runs(200),
  );
});
