import { describe, expect, it } from '@jest/globals';
import { examples, expectTable } from '../../../test/support/given.ts';
import { day, digestOf, past, type Past } from '../../../test/support/past.ts';
import {
  admission,
  admitted,
  completed,
  facts,
  graduated,
  histories,
  imported,
  locked,
  placeRetained,
  registered,
  source,
  statusRetained,
  suspended,
  transferredOut,
  withdrawn,
} from '../../../test/support/histories.ts';
import type { EnrollmentEvent, EnrollmentStatus } from '../../events/catalog/enrollment.ts';
import { effectOf } from '../../events/events.ts';
import { foldEnrollment } from '../../facts/enrollment.ts';
import { asOf } from '../../kernel/as-of.ts';
import { effective } from '../../kernel/decider.ts';
import { commonRefusals, type RefusalCode } from '../../kernel/refusals.ts';
import { enrollmentCommands } from './commands.ts';
import { enrollment, enrollmentStream, type EnrollmentCommand } from './enrollment.ts';
import type { EnrollmentFacts } from './guards.ts';

const ordinary: EnrollmentFacts = facts;
const { given, seen } = examples(enrollment, ordinary, enrollmentStream('e1'));

const statuses = Object.keys(histories) as EnrollmentStatus[];

/** A command that is right in every respect but, perhaps, the state that it meets. */
const commands = {
  DeclinePlace: { type: 'DeclinePlace' },
  RetainPlace: { type: 'RetainPlace', until: '2026-12-31' },
  RegisterStudent: { type: 'RegisterStudent', studentNumber: '20250999', classId: 'class-a' },
  PassAdmissionRecheck: { type: 'PassAdmissionRecheck' },
  RecordAnnualRegistration: { type: 'RecordAnnualRegistration', academicYear: '2025-2026' },
  SuspendStudy: { type: 'SuspendStudy', ground: 'illness', until: '2027-03-01', appliedOn: '2026-03-01' },
  RetainStatus: { type: 'RetainStatus', ground: 'military-service', until: '2028-03-01' },
  ResumeStudy: { type: 'ResumeStudy', appliedOn: '2026-03-01', reviewPassed: true, classId: null },
  ChangeMajor: { type: 'ChangeMajor', programId: 'logistics', classId: 'class-b' },
  ChangeClass: { type: 'ChangeClass', classId: 'class-b' },
  TransferStudentOut: {
    type: 'TransferStudentOut',
    toSchool: '第三职业学院',
    ground: 'illness',
    fromLevel: null,
    toLevel: 'junior-college',
    requiredScore: 40_000,
  },
  WithdrawStudent: { type: 'WithdrawStudent', ground: 'academic-failure' },
  ExpelStudent: { type: 'ExpelStudent', decisionNumber: '2026-99' },
  RecordDeath: { type: 'RecordDeath' },
  GraduateStudent: { type: 'GraduateStudent', creditsAttested: true },
  LeaveIncomplete: { type: 'LeaveIncomplete' },
  CompleteStudy: { type: 'CompleteStudy' },
  LockRecord: { type: 'LockRecord' },
  RequestAdmissionAnnulment: { type: 'RequestAdmissionAnnulment', requestId: 'q1', evidence: [] },
  RequestRevocation: { type: 'RequestRevocation', requestId: 'q1', ground: 'fraud', evidence: [] },
  RequestWithdrawalReversal: { type: 'RequestWithdrawalReversal', requestId: 'q1', evidence: [] },
} as const satisfies Partial<Record<EnrollmentCommand['type'], EnrollmentCommand>>;

const { RegisterStudent, SuspendStudy, RetainStatus, ResumeStudy, ChangeMajor, TransferStudentOut } = commands;
const { WithdrawStudent, GraduateStudent, RequestRevocation, RequestWithdrawalReversal, RequestAdmissionAnnulment } = commands;

/** Where each of them is taken (domain.md, the table of enrollment), to which state it leads, and what every other state answers. */
const table: Readonly<
  Record<
    keyof typeof commands,
    { from: readonly EnrollmentStatus[]; to?: EnrollmentStatus; already?: EnrollmentStatus; otherwise: RefusalCode }
  >
> = {
  DeclinePlace: { from: ['admitted'], to: 'place-declined', already: 'place-declined', otherwise: 'ENROLLMENT_NOT_ADMITTED' },
  RetainPlace: { from: ['admitted'], to: 'place-retained', otherwise: 'ENROLLMENT_NOT_ADMITTED' },
  RegisterStudent: { from: ['admitted', 'place-retained'], to: 'registered', otherwise: 'ENROLLMENT_NOT_ADMITTED' },
  PassAdmissionRecheck: { from: ['registered'], otherwise: 'ENROLLMENT_NOT_ACTIVE' },
  RecordAnnualRegistration: { from: ['registered'], otherwise: 'ENROLLMENT_NOT_ACTIVE' },
  SuspendStudy: { from: ['registered'], to: 'suspended', otherwise: 'ENROLLMENT_NOT_ACTIVE' },
  RetainStatus: { from: ['registered'], to: 'suspended', otherwise: 'ENROLLMENT_NOT_ACTIVE' },
  ResumeStudy: { from: ['suspended'], to: 'registered', otherwise: 'ENROLLMENT_NOT_SUSPENDED' },
  ChangeMajor: { from: ['registered'], otherwise: 'ENROLLMENT_NOT_ACTIVE' },
  ChangeClass: { from: ['registered'], otherwise: 'ENROLLMENT_NOT_ACTIVE' },
  TransferStudentOut: { from: ['registered'], to: 'transferred-out', otherwise: 'ENROLLMENT_NOT_ACTIVE' },
  WithdrawStudent: { from: ['registered', 'suspended'], to: 'withdrawn', otherwise: 'ENROLLMENT_NOT_ACTIVE' },
  ExpelStudent: { from: ['registered', 'suspended'], to: 'expelled', otherwise: 'ENROLLMENT_NOT_ACTIVE' },
  RecordDeath: {
    from: ['admitted', 'place-retained', 'registered', 'suspended', 'completed'],
    to: 'deceased',
    already: 'deceased',
    otherwise: 'ENROLLMENT_NOT_OPEN',
  },
  GraduateStudent: {
    from: ['registered', 'completed'],
    to: 'graduated',
    already: 'graduated',
    otherwise: 'ENROLLMENT_NOT_ACTIVE',
  },
  LeaveIncomplete: { from: ['registered'], to: 'incomplete', already: 'incomplete', otherwise: 'ENROLLMENT_NOT_ACTIVE' },
  CompleteStudy: { from: ['registered'], to: 'completed', already: 'completed', otherwise: 'ENROLLMENT_NOT_ACTIVE' },
  LockRecord: {
    from: statuses.filter((status) => !['admitted', 'place-retained', 'registered', 'suspended', 'completed'].includes(status)),
    otherwise: 'ENROLLMENT_NOT_ENDED',
  },
  RequestAdmissionAnnulment: { from: ['admitted', 'place-retained'], otherwise: 'ENROLLMENT_NOT_ADMITTED' },
  RequestRevocation: {
    from: statuses.filter((status) => !['admitted', 'place-declined', 'place-retained', 'annulled', 'revoked'].includes(status)),
    otherwise: 'ENROLLMENT_NEVER_REGISTERED',
  },
  RequestWithdrawalReversal: { from: ['withdrawn'], otherwise: 'ENROLLMENT_NOT_WITHDRAWN' },
};

describe('every command in every state', () => {
  for (const [type, { from, to, already, otherwise }] of Object.entries(table)) {
    const command = commands[type as keyof typeof commands];

    it.each(from)(`${type} from %s`, (status) => {
      const taken = given(...histories[status]())
        .when(command)
        .accepted();
      expect(taken.state.status).toBe(to ?? status);
    });

    it.each(statuses.filter((status) => !from.includes(status) && status !== already))(`no ${type} from %s`, (status) => {
      given(...histories[status]())
        .when(command)
        .refuses(otherwise, { status });
    });

    if (already) {
      it(`${type} from ${already} changes nothing`, () => {
        given(...histories[already]())
          .when(command)
          .givesNothing();
      });
    }

    it(`${type} about nothing`, () => {
      given().when(command).refuses('NOT_FOUND');
    });
  }
});

describe('times of a change', () => {
  it('takes the same moment as the last change, and nothing before it', () => {
    given(...registered())
      .when(WithdrawStudent, { on: '2025-09-01' })
      .gives({ type: 'StudentWithdrawn', data: { ground: 'academic-failure' } });
    given(...registered())
      .when(WithdrawStudent, { on: '2025-08-31' })
      .refuses('EFFECTIVE_BEFORE_LAST_CHANGE', { lastChangeAt: day('2025-09-01') });
  });

  it.each(Object.values(commands))('never says $type in the future', (command) => {
    given(...registered())
      .when(command, { on: '2026-03-11' })
      .refuses('EFFECTIVE_IN_FUTURE', { effectiveAt: day('2026-03-11') });
  });

  it.each(Object.values(commands).filter(({ type }) => !type.startsWith('Request') && type !== 'LockRecord'))(
    'takes no $type on a locked record',
    (command) => {
      given(...locked(withdrawn()))
        .when(command)
        .refuses('RECORD_LOCKED');
    },
  );

  it.each(Object.entries(table).filter(([type, { from }]) => from.length > 0 && !type.startsWith('Request')))(
    'takes no %s before the last change',
    (type, { from }) => {
      const history = histories[from[0]!]();
      given(...history)
        .when(commands[type as keyof typeof commands], { on: '2025-08-19' })
        .refuses('EFFECTIVE_BEFORE_LAST_CHANGE');
    },
  );
});

describe('opening an enrollment', () => {
  const AdmitLearner = { type: 'AdmitLearner', admission, source: null } as const;
  const ImportEnrollment = {
    type: 'ImportEnrollment',
    admission,
    status: 'suspended',
    suspension: 'retained-status',
    statusDate: '2025-12-01',
    studentNumber: '20230007',
    source,
  } as const;
  const TransferStudentIn = {
    type: 'TransferStudentIn',
    admission: { ...admission, programId: 'logistics' },
    fromSchool: '第二职业学院',
    fromLevel: 'junior-college',
    ground: 'hardship',
    studentNumber: '20260001',
  } as const;

  it('admits a learner', () => {
    given()
      .when(AdmitLearner)
      .gives({ type: 'LearnerAdmitted', data: { ...admission, source: null } });
  });

  it('admits and registers in one append, the re-check due by the policy', () => {
    given()
      .when({ ...AdmitLearner, register: { studentNumber: '20250101', classId: 'class-a' } }, { on: '2025-11-30' })
      .gives(
        { type: 'LearnerAdmitted', data: { ...admission, source: null } },
        {
          type: 'StudentRegistered',
          data: { studentNumber: '20250101', classId: 'class-a', recheckDueBy: '2026-02-28', source: null },
        },
      );
  });

  it('imports a student who was there before, labelled with her source', () => {
    const { type: _type, admission: said, ...rest } = ImportEnrollment;
    const { state } = given()
      .when(ImportEnrollment)
      .gives({ type: 'EnrollmentImported', data: { ...said, ...rest, convertibleUntil: null } });
    expect(state).toMatchObject({
      status: 'suspended',
      imported: source,
      suspension: { kind: 'retained-status' },
      everRegistered: true,
    });
  });

  it.each<[EnrollmentStatus, string | null, boolean]>([
    ['admitted', null, false],
    ['place-retained', null, false],
    ['registered', null, true],
    ['graduated', null, true],
    ['withdrawn', null, true],
    ['admitted', '20230007', false],
  ])('an import as %s with number %s counts as once registered: %s', (status, studentNumber, everRegistered) => {
    expect(given(...imported(status, { studentNumber })).state.everRegistered).toBe(everRegistered);
  });

  it('transfers a student in', () => {
    const { state } = given()
      .when(TransferStudentIn)
      .gives({
        type: 'StudentTransferredIn',
        data: {
          ...TransferStudentIn.admission,
          fromSchool: '第二职业学院',
          studentNumber: '20260001',
          recheckDueBy: '2026-06-10',
        },
      });
    expect(state).toMatchObject({ status: 'registered', studentNumber: '20260001', everRegistered: true });
  });

  const openings = [AdmitLearner, ImportEnrollment, TransferStudentIn];
  const wanted = { ...admission, classId: 'class-x' };

  it.each(openings)('$type needs a program, and a class that is open and administrative', (command) => {
    const inClass = { ...command, admission: wanted };
    given()
      .when(command, { facts: { program: null } })
      .refuses('PROGRAM_UNKNOWN', { program: command.admission.programId });
    given()
      .when(inClass, { facts: { class: null } })
      .refuses('CLASS_UNKNOWN', { class: 'class-x' });
    given()
      .when(inClass, { facts: { class: { kind: 'teaching', name: '统计基础', closed: false } } })
      .refuses('CLASS_NOT_ADMINISTRATIVE');
    given()
      .when(inClass, { facts: { class: { kind: 'administrative', name: '电商2201', closed: true } } })
      .refuses('CLASS_NOT_OPEN', { class: '电商2201' });
    given().when(command, { on: '2026-04-01' }).refuses('EFFECTIVE_IN_FUTURE');
  });

  it.each(openings)('$type is no event where the enrollment exists', (command) => {
    given(...admitted())
      .when(command)
      .givesNothing();
  });

  it.each(transferRefusals(admission))('refuses to transfer in: %s', (code, change, when) => {
    const { admission: said, terms } = change;
    given()
      .when(
        { ...TransferStudentIn, ...terms, admission: { ...TransferStudentIn.admission, ...said } },
        { facts: { program: { ...facts.program, level: terms.toLevel ?? facts.program.level } }, ...when },
      )
      .refuses(code);
  });
});

/** What forbids a transfer, whichever way it goes: transfer.spec.ts has the boundaries. */
function transferRefusals(
  base: typeof admission,
): readonly [
  RefusalCode,
  { readonly admission: Partial<typeof admission>; readonly terms: { ground?: string; fromLevel?: string; toLevel?: string } },
  { on?: string },
][] {
  return [
    ['TRANSFER_WITHOUT_REASON', { admission: {}, terms: { ground: 'dislikes-canteen' } }, {}],
    ['TRANSFER_DIRECTED_INTAKE', { admission: { intake: 'directed' }, terms: {} }, {}],
    ['CALENDAR_UNKNOWN', { admission: { entryDate: '2024-09-01' }, terms: {} }, {}],
    ['TRANSFER_IN_FIRST_SEMESTER', { admission: {}, terms: {} }, { on: '2026-01-18' }],
    ['TRANSFER_DATES_UNKNOWN', { admission: { expectedGraduation: null, lengthOfStudyMonths: null }, terms: {} }, {}],
    ['TRANSFER_IN_FINAL_YEAR', { admission: { expectedGraduation: '2027-03-01' }, terms: {} }, {}],
    ['TRANSFER_SCORE_TOO_LOW', { admission: { entranceScore: base.entranceScore! - 10_000 }, terms: {} }, {}],
    ['TRANSFER_TO_HIGHER_LEVEL', { admission: {}, terms: { fromLevel: 'junior-college', toLevel: 'vocational-bachelor' } }, {}],
  ];
}

describe('place and registration', () => {
  it('registers after a retained place, and keeps the class where none is named', () => {
    const { state } = given(...placeRetained())
      .when({ ...RegisterStudent, classId: null }, { on: '2026-03-01' })
      .gives({
        type: 'StudentRegistered',
        data: { studentNumber: '20250999', classId: null, recheckDueBy: '2026-06-01', source: null },
      });
    expect(state).toMatchObject({ status: 'registered', recheck: { dueBy: '2026-06-01', passed: false }, classId: null });
  });

  it('needs a class that is open and administrative', () => {
    const example = given(...admitted());
    example.when(RegisterStudent, { facts: { class: null } }).refuses('CLASS_UNKNOWN', { class: 'class-a' });
    example.when(RegisterStudent, { facts: { class: { ...facts.class, kind: 'teaching' } } }).refuses('CLASS_NOT_ADMINISTRATIVE');
    example.when(RegisterStudent, { facts: { class: { ...facts.class, closed: true } } }).refuses('CLASS_NOT_OPEN');
  });

  it('refuses another number for who is registered', () => {
    given(...registered())
      .when(RegisterStudent)
      .refuses('ENROLLMENT_NOT_ADMITTED', { status: 'registered' });
  });

  it('another word about a retained place is no repeat', () => {
    given(...placeRetained())
      .when({ type: 'RetainPlace', until: '2026-09-01' })
      .givesNothing();
    given(...placeRetained())
      .when({ type: 'RetainPlace', until: '2027-09-01' })
      .refuses('ENROLLMENT_NOT_ADMITTED');
  });

  it('passes the re-check once, of an imported student too', () => {
    for (const history of [registered(), imported('registered')]) {
      const { state } = given(...history)
        .when({ type: 'PassAdmissionRecheck' })
        .gives({ type: 'AdmissionRecheckPassed', data: {} });
      expect(state.recheck?.passed).toBe(true);
    }
  });

  it('registers a year once, and only one that the calendar has', () => {
    const recorded = given(...registered())
      .when({ type: 'RecordAnnualRegistration', academicYear: '2025-2026' })
      .gives({ type: 'AnnualRegistrationRecorded', data: { academicYear: '2025-2026' } });
    recorded
      .when({ type: 'RecordAnnualRegistration', academicYear: '2026-2027' })
      .gives({ type: 'AnnualRegistrationRecorded', data: { academicYear: '2026-2027' } });
    recorded
      .when({ type: 'RecordAnnualRegistration', academicYear: '2031-2032' })
      .refuses('ACADEMIC_YEAR_UNKNOWN', { academicYear: '2031-2032' });
    given(...registered())
      .when({ type: 'RecordAnnualRegistration', academicYear: '2025-2026' }, { facts: { calendar: null } })
      .refuses('ACADEMIC_YEAR_UNKNOWN');
  });
});

describe('suspension and resumption', () => {
  it('suspends until a day to come', () => {
    given(...registered())
      .when(SuspendStudy)
      .gives({ type: 'StudySuspended', data: { ground: 'illness', until: '2027-03-01', appliedOn: '2026-03-01' } });
    for (const command of [SuspendStudy, RetainStatus]) {
      given(...registered())
        .when({ ...command, until: '2026-03-10' })
        .refuses('SUSPENSION_OVER', { until: '2026-03-10' });
    }
  });

  it('retains status, for military service say', () => {
    const { state } = given(...registered())
      .when(RetainStatus)
      .gives({ type: 'StatusRetained', data: { ground: 'military-service', until: '2028-03-01' } });
    expect(state.suspension).toEqual({ kind: 'retained-status', ground: 'military-service', until: '2028-03-01' });
  });

  it('a suspended student is not suspended again', () => {
    given(...suspended())
      .when({ ...SuspendStudy, until: '2028-01-01' })
      .refuses('ENROLLMENT_NOT_ACTIVE', { status: 'suspended' });
    given(...suspended())
      .when(RetainStatus)
      .refuses('ENROLLMENT_NOT_ACTIVE');
  });

  it('resumes after a passed review, applied for on the last day at latest', () => {
    const { state } = given(...suspended())
      .when({ ...ResumeStudy, appliedOn: '2026-12-01', classId: 'class-b' }, { now: '2026-12-20' })
      .gives({ type: 'StudyResumed', data: { appliedOn: '2026-12-01', classId: 'class-b' } });
    expect(state).toMatchObject({ status: 'registered', suspension: null, classId: 'class-b' });
    given(...suspended())
      .when({ ...ResumeStudy, appliedOn: '2026-12-02' }, { now: '2026-12-20' })
      .refuses('RESUMPTION_APPLIED_LATE', { appliedOn: '2026-12-02', until: '2026-12-01' });
    given(...statusRetained())
      .when({ ...ResumeStudy, reviewPassed: false })
      .refuses('RESUMPTION_NOT_REVIEWED');
  });

  it('resumes an imported suspension, whose end nobody stated', () => {
    given(...imported('suspended'))
      .when(ResumeStudy)
      .gives({ type: 'StudyResumed', data: { appliedOn: '2026-03-01', classId: null } });
  });

  it('resumes only into an open administrative class', () => {
    const command = { ...ResumeStudy, classId: 'class-b' };
    given(...suspended())
      .when(command, { facts: { class: null } })
      .refuses('CLASS_UNKNOWN');
    given(...suspended())
      .when(command, { facts: { class: { ...facts.class, kind: 'teaching' } } })
      .refuses('CLASS_NOT_ADMINISTRATIVE');
    given(...suspended())
      .when(command, { facts: { class: { ...facts.class, closed: true } } })
      .refuses('CLASS_NOT_OPEN');
  });
});

describe('major and class', () => {
  it('changes the major, and with it the class', () => {
    const { state } = given(...registered())
      .when(ChangeMajor)
      .gives({ type: 'MajorChanged', data: { fromProgramId: 'ecommerce', programId: 'logistics', classId: 'class-b' } });
    expect(state).toMatchObject({ admission: { programId: 'logistics' }, classId: 'class-b' });
  });

  it.each(['special', 'contracted'])('refuses it for a %s admission', (intake) => {
    given(...registered({ intake }))
      .when(ChangeMajor)
      .refuses('INTAKE_FORBIDS_MAJOR_CHANGE', { intake });
  });

  it('refuses it to the same program, an unknown one, or another level', () => {
    given(...registered())
      .when({ ...ChangeMajor, programId: 'ecommerce' })
      .refuses('SAME_PROGRAM');
    given(...registered())
      .when(ChangeMajor, { facts: { program: null } })
      .refuses('PROGRAM_UNKNOWN', { program: 'logistics' });
    given(...registered())
      .when(ChangeMajor, { facts: { program: { ...facts.program, level: 'vocational-bachelor' } } })
      .refuses('PROGRAM_LEVEL_DIFFERS', { from: 'junior-college', to: 'vocational-bachelor' });
  });

  it.each([ChangeMajor, { type: 'ChangeClass', classId: 'class-b' } as const])(
    '$type needs a class that can take her',
    (command) => {
      const example = given(...registered());
      example.when(command, { facts: { class: null } }).refuses('CLASS_UNKNOWN');
      example.when(command, { facts: { class: { ...facts.class, kind: 'teaching' } } }).refuses('CLASS_NOT_ADMINISTRATIVE');
      example.when(command, { facts: { class: { ...facts.class, closed: true } } }).refuses('CLASS_NOT_OPEN');
    },
  );

  it('changes the class, to another one', () => {
    given(...registered())
      .when({ type: 'ChangeClass', classId: 'class-b' })
      .gives({ type: 'ClassChanged', data: { fromClassId: 'class-a', classId: 'class-b' } });
    given(...registered())
      .when({ type: 'ChangeClass', classId: 'class-a' })
      .givesNothing();
  });
});

describe('ends', () => {
  it('transfers a student out', () => {
    given(...registered())
      .when(TransferStudentOut)
      .gives({ type: 'StudentTransferredOut', data: { toSchool: '第三职业学院', ground: 'illness' } });
    given(...transferredOut())
      .when(TransferStudentOut)
      .refuses('ENROLLMENT_NOT_ACTIVE', { status: 'transferred-out' });
  });

  it.each(transferRefusals(admission))('refuses to transfer out: %s', (code, { admission: said, terms }, when) => {
    given(...registered(said))
      .when({ ...TransferStudentOut, ...terms }, when)
      .refuses(code);
  });

  it.each(['own-application', 'did-not-resume'] as const)('withdraws on the ground %s, suspended or not', (ground) => {
    given(...suspended())
      .when({ type: 'WithdrawStudent', ground })
      .gives({ type: 'StudentWithdrawn', data: { ground } });
  });

  it('a withdrawal on another ground is no repeat', () => {
    given(...withdrawn())
      .when({ type: 'WithdrawStudent', ground: 'own-application' })
      .givesNothing();
    given(...withdrawn())
      .when({ type: 'WithdrawStudent', ground: 'absent-without-leave' })
      .refuses('ENROLLMENT_NOT_ACTIVE', { status: 'withdrawn' });
  });

  it('an expulsion by another decision is no repeat', () => {
    const expelled = given(...registered())
      .when({ type: 'ExpelStudent', decisionNumber: '2026-7' })
      .gives({ type: 'StudentExpelled', data: { decisionNumber: '2026-7' } });
    expelled.when({ type: 'ExpelStudent', decisionNumber: '2026-8' }).refuses('ENROLLMENT_NOT_ACTIVE', { status: 'expelled' });
  });

  it('graduates', () => {
    const { state } = given(...registered())
      .when(GraduateStudent, { on: '2026-03-01' })
      .gives({ type: 'StudentGraduated', data: { creditsAttested: true } });
    expect(state.endedAt).toBe(day('2026-03-01'));
  });

  it('completes, and converts to a diploma within the time that the policy gave', () => {
    const done = given(...registered())
      .when({ type: 'CompleteStudy' }, { on: '2026-02-28', facts: { policy: { ...facts.policy, conversionMonths: 6 } } })
      .gives({ type: 'StudyCompleted', data: { convertibleUntil: '2026-08-28' } });
    done.when(GraduateStudent, { now: '2026-08-28' }).gives({ type: 'StudentGraduated', data: { creditsAttested: true } });
    done.when(GraduateStudent, { now: '2026-08-29' }).refuses('CONVERSION_TOO_LATE', { deadline: '2026-08-28' });
    given(...completed())
      .when(WithdrawStudent)
      .refuses('ENROLLMENT_NOT_ACTIVE', { status: 'completed' });
  });

  it('gives an imported completion the same time, from its date', () => {
    const { state } = given()
      .when({
        type: 'ImportEnrollment',
        admission,
        status: 'completed',
        suspension: null,
        statusDate: '2022-07-01',
        studentNumber: '20190007',
        source,
      })
      .accepted();
    expect(state.convertibleUntil).toBe('2024-07-01');
    given(...imported('completed', { convertibleUntil: '2024-07-01' }))
      .when(GraduateStudent)
      .refuses('CONVERSION_TOO_LATE', { deadline: '2024-07-01' });
  });

  it('locks an ended record once', () => {
    const { state } = given(...graduated())
      .when({ type: 'LockRecord' })
      .gives({ type: 'RecordLocked', data: {} });
    expect(state).toMatchObject({ status: 'graduated', locked: true });
  });
});

describe('annulling an admission', () => {
  const grant = { type: 'GrantApproval', requestId: 'q1', digest: digestOf(RequestAdmissionAnnulment) } as const;

  it.each([admitted(), placeRetained()])('by a second person, at the admission’s own time', (...history) => {
    const { state } = given(...history)
      .when(RequestAdmissionAnnulment)
      .accepted()
      .when(grant, { by: 'qian' })
      .gives(
        { type: 'ApprovalGranted', data: { requestId: 'q1', digest: grant.digest } },
        effective(day('2025-08-20'), { type: 'AdmissionAnnulled', data: { requestId: 'q1', target: '0' } }),
      );
    expect(state).toMatchObject({ status: 'annulled', endedAt: day('2025-08-20'), everRegistered: false });
  });

  it('of an import takes its number and its registration with it', () => {
    const { state } = given(...imported('admitted'))
      .when(RequestAdmissionAnnulment)
      .accepted()
      .when(grant, { by: 'qian' })
      .accepted();
    expect(state).toMatchObject({ status: 'annulled', studentNumber: null, everRegistered: false });
  });

  it('is stale once she registered', () => {
    given(...admitted())
      .when(RequestAdmissionAnnulment)
      .accepted()
      .when(RegisterStudent)
      .accepted()
      .when(grant, { by: 'qian' })
      .gives({ type: 'ApprovalStale', data: { requestId: 'q1', now: 'status:registered@0' } });
  });
});

describe('revoking a registration', () => {
  const grant = { type: 'GrantApproval', requestId: 'q1', digest: digestOf(RequestRevocation) } as const;
  const granted = { type: 'ApprovalGranted', data: { requestId: 'q1', digest: grant.digest } } as const;
  const revocation = { type: 'RegistrationRevoked', data: { requestId: 'q1', ground: 'fraud' } } as const;

  it.each([
    ['registered', registered()],
    ['graduated', graduated()],
    ['graduated and locked', locked(graduated())],
  ])('of who is %s: a new fact, now', (_, history) => {
    const { state } = given(...history)
      .when(RequestRevocation)
      .accepted()
      .when(grant, { by: 'qian' })
      .gives(granted, revocation);
    expect(state.status).toBe('revoked');
  });

  it('is no correction: it cannot become effective before the last change, nor in the future', () => {
    const requested = given(...graduated())
      .when(RequestRevocation)
      .accepted();
    requested.when(grant, { by: 'qian', on: '2026-01-01' }).refuses('EFFECTIVE_BEFORE_LAST_CHANGE');
    requested.when(grant, { by: 'qian', on: '2027-01-01' }).refuses('EFFECTIVE_IN_FUTURE');
  });

  it('is stale where the status moved meanwhile', () => {
    given(...registered())
      .when(RequestRevocation)
      .accepted()
      .when(WithdrawStudent)
      .accepted()
      .when(grant, { by: 'qian' })
      .gives({ type: 'ApprovalStale', data: { requestId: 'q1', now: 'status:withdrawn@-' } });
  });
});

describe('reverting a withdrawal', () => {
  const grant = { type: 'GrantApproval', requestId: 'q1', digest: digestOf(RequestWithdrawalReversal) } as const;

  it('returns to the state before: the withdrawal never took effect', () => {
    const withdrawal = past('2026-01-15', { type: 'StudentWithdrawn', data: { ground: 'did-not-resume' } } as const);
    const { state } = given(...suspended(), withdrawal)
      .when(RequestWithdrawalReversal)
      .accepted()
      .when(grant, { by: 'qian' })
      .gives(
        { type: 'ApprovalGranted', data: { requestId: 'q1', digest: grant.digest } },
        effective(day('2026-01-15'), { type: 'WithdrawalReverted', data: { requestId: 'q1', target: '3' } }),
      );
    expect(state).toMatchObject({ status: 'suspended', endedAt: null, suspension: { until: '2026-12-01' } });
  });

  it('opens a record that was locked at its end', () => {
    const reverted = given(...locked(withdrawn()))
      .when(RequestWithdrawalReversal)
      .accepted()
      .when(grant, { by: 'qian' })
      .accepted();
    expect(reverted.state).toMatchObject({ status: 'registered', locked: false });
    reverted.when(SuspendStudy).accepted();
  });

  it('is stale where the withdrawal was corrected meanwhile', () => {
    const correction = {
      type: 'RequestEnrollmentCorrection',
      requestId: 'q2',
      target: '2',
      field: 'effectiveAt',
      value: day('2026-01-20'),
      evidence: [],
    } as const;
    given(...withdrawn())
      .when(RequestWithdrawalReversal)
      .accepted()
      .when(correction)
      .accepted()
      .when({ type: 'GrantApproval', requestId: 'q2', digest: digestOf(correction) }, { by: 'qian' })
      .accepted()
      .when(grant, { by: 'qian' })
      .gives({ type: 'ApprovalStale', data: { requestId: 'q1', now: 'status:withdrawn@2~6' } });
  });

  it('can be done again after a second withdrawal', () => {
    const again = { ...RequestWithdrawalReversal, requestId: 'q2' };
    const { state } = given(...withdrawn())
      .when(RequestWithdrawalReversal)
      .accepted()
      .when(grant, { by: 'qian' })
      .accepted()
      .when(WithdrawStudent)
      .accepted()
      .when(again)
      .accepted()
      .when({ type: 'GrantApproval', requestId: 'q2', digest: digestOf(again) }, { by: 'qian' })
      .accepted();
    expect(state.status).toBe('registered');
  });
});

describe('correcting an enrollment', () => {
  const correct = (target: string, field: string, value: unknown) =>
    ({ type: 'RequestEnrollmentCorrection', requestId: 'q1', target, field, value, evidence: ['档案2026-14'] }) as const;
  const grantOf = (command: object) => ({ type: 'GrantApproval', requestId: 'q1', digest: digestOf(command) }) as const;

  it('names what changes, the old value and the new', () => {
    const command = correct('2', 'until', '2026-06-01');
    const requested = given(...suspended())
      .when(command)
      .gives({
        type: 'ApprovalRequested',
        data: {
          requestId: 'q1',
          act: 'CorrectEnrollment',
          against: 'until:"2026-12-01"',
          target: '2',
          targetEffectiveAt: day('2025-12-01'),
          proposal: { field: 'until', old: '2026-12-01', new: '2026-06-01' },
          personal: null,
          evidence: ['档案2026-14'],
        },
      });
    const { state } = requested.when(grantOf(command), { by: 'qian' }).gives(
      { type: 'ApprovalGranted', data: { requestId: 'q1', digest: digestOf(command) } },
      effective(day('2025-12-01'), {
        type: 'EnrollmentCorrected',
        data: { requestId: 'q1', target: '2', field: 'until', old: '2026-12-01', new: '2026-06-01' },
      }),
    );
    expect(state).toMatchObject({ status: 'suspended', suspension: { until: '2026-06-01' } });
  });

  it('is possible on a locked record', () => {
    const command = correct('0', 'entranceScore', 46_000);
    const { state } = given(...locked(graduated()))
      .when(command)
      .accepted()
      .when(grantOf(command), { by: 'qian' })
      .accepted();
    expect(state).toMatchObject({ status: 'graduated', locked: true, admission: { entranceScore: 46_000 } });
  });

  it('needs a target that can be corrected', () => {
    const refused = (target: string): void =>
      given(...locked(withdrawn()))
        .when(correct(target, 'ground', 'other-rule'))
        .refuses('TARGET_UNKNOWN', { revision: target });
    refused('17');
    refused('3');
    given(...histories.annulled())
      .when(correct('0', 'intake', 'special'))
      .refuses('TARGET_UNKNOWN', { revision: '0' });
  });

  it('needs a field of it', () => {
    given(...withdrawn())
      .when(correct('2', 'colour', 'red'))
      .refuses('NO_SUCH_FIELD', { accepted: ['ground', 'effectiveAt'] });
    given(...withdrawn())
      .when(correct('2', 'constructor', 'red'))
      .refuses('NO_SUCH_FIELD');
  });

  it.each([
    ['0', 'entryDate', '2025-02-30'],
    ['0', 'entryDate', null],
    ['0', 'intake', 'by-lot'],
    ['0', 'level', 'kindergarten'],
    ['0', 'lengthOfStudyMonths', 36.5],
    ['0', 'entranceScore', '450'],
    ['0', 'department', ' '],
    ['0', 'effectiveAt', '2025-08-20'],
    ['1', 'studentNumber', null],
    ['2', 'ground', 'boredom'],
    ['2', 'effectiveAt', 20_260_115],
  ])('needs a value that the field takes: %s %s %s', (target, field, value) => {
    given(...withdrawn())
      .when(correct(target, field, value))
      .refuses('VALUE_NOT_ACCEPTED', { field });
  });

  it.each([
    ['0', 'department', null],
    ['0', 'expectedGraduation', null],
    ['0', 'effectiveAt', '2025-08-19T16:00:00.001Z'],
    ['1', 'studentNumber', '20250102'],
    ['2', 'ground', 'other-rule'],
  ])('takes %s %s %s', (target, field, value) => {
    given(...withdrawn())
      .when(correct(target, field, value))
      .accepted();
  });

  it('needs another value than the present one, and none in the future', () => {
    given(...withdrawn())
      .when(correct('2', 'ground', 'own-application'))
      .refuses('NOTHING_TO_CORRECT');
    given(...withdrawn())
      .when(correct('2', 'effectiveAt', day('2026-04-01')))
      .refuses('EFFECTIVE_IN_FUTURE', { effectiveAt: day('2026-04-01') });
  });

  it('of a class needs one that could have taken her', () => {
    const command = correct('1', 'classId', 'class-x');
    given(...registered())
      .when(command, { facts: { class: null } })
      .refuses('CLASS_UNKNOWN');
    given(...registered())
      .when(command, { facts: { class: { ...facts.class, kind: 'teaching' } } })
      .refuses('CLASS_NOT_ADMINISTRATIVE');
    given(...registered())
      .when(command, { facts: { class: { ...facts.class, closed: true } } })
      .refuses('CLASS_NOT_OPEN');
  });

  it('is stale once the value moved, and once its event was annulled', () => {
    const command = correct('0', 'expectedGraduation', '2028-06-30');
    const other = { ...correct('0', 'expectedGraduation', '2029-06-30'), requestId: 'q2' };
    const moved = given(...admitted({ expectedGraduation: null }))
      .when(command)
      .accepted();
    moved.when(other).refuses('REQUEST_PENDING', { requestId: 'q1' });

    const corrected = past('2025-08-20', {
      type: 'EnrollmentCorrected',
      data: { requestId: 'q0', target: '0', field: 'expectedGraduation', old: '2028-07-01', new: '2027-07-01' },
    } as const);
    const requested = past(
      '2026-03-01',
      {
        type: 'ApprovalRequested',
        data: {
          requestId: 'q1',
          act: 'CorrectEnrollment',
          against: 'expectedGraduation:"2028-07-01"',
          target: '0',
          targetEffectiveAt: day('2025-08-20'),
          proposal: { field: 'expectedGraduation', old: '2028-07-01', new: '2028-06-30' },
          personal: null,
          evidence: [],
        },
      } as const,
      { digest: 'd' },
    );
    given(...admitted(), requested, corrected)
      .when({ type: 'GrantApproval', requestId: 'q1', digest: 'd' }, { by: 'qian' })
      .gives({ type: 'ApprovalStale', data: { requestId: 'q1', now: 'expectedGraduation:"2027-07-01"' } });

    const annulment = past('2025-08-20', { type: 'AdmissionAnnulled', data: { requestId: 'q0', target: '0' } } as const);
    given(...admitted(), requested, annulment)
      .when({ type: 'GrantApproval', requestId: 'q1', digest: 'd' }, { by: 'qian' })
      .gives({ type: 'ApprovalStale', data: { requestId: 'q1', now: 'expectedGraduation:annulled' } });
  });
});

describe('two persons', () => {
  const requested = given(...withdrawn())
    .when(RequestWithdrawalReversal, { by: 'zhao' })
    .accepted();
  const grant = { type: 'GrantApproval', requestId: 'q1', digest: digestOf(RequestWithdrawalReversal) } as const;

  it('are needed, about the same words', () => {
    requested.when(grant, { by: 'zhao' }).refuses('SAME_PERSON');
    requested
      .when({ ...grant, digest: 'something-else' }, { by: 'qian' })
      .refuses('REQUEST_DIGEST_DIFFERS', { digest: grant.digest });
    requested.when({ ...grant, requestId: 'q9' }, { by: 'qian' }).refuses('REQUEST_UNKNOWN');
    requested.when({ ...grant, requestId: 'constructor' }, { by: 'qian' }).refuses('REQUEST_UNKNOWN');
    requested.when({ type: 'RefuseApproval', requestId: 'q9' }).refuses('REQUEST_UNKNOWN');
  });

  it('ask once about the same thing', () => {
    requested.when({ ...RequestWithdrawalReversal, requestId: 'q2' }).refuses('REQUEST_PENDING', { requestId: 'q1' });
    for (const [command, history] of [
      [RequestAdmissionAnnulment, admitted()],
      [RequestRevocation, registered()],
    ] as const) {
      given(...history)
        .when(command)
        .accepted()
        .when({ ...command, requestId: 'q2' })
        .refuses('REQUEST_PENDING');
    }
  });

  it('settle it once', () => {
    const settled = requested
      .when({ type: 'RefuseApproval', requestId: 'q1' }, { by: 'qian' })
      .gives({ type: 'ApprovalRefused', data: { requestId: 'q1' } });
    settled.when(grant, { by: 'sun' }).refuses('REQUEST_SETTLED', { outcome: 'refused' });
    const done = requested.when(grant, { by: 'qian' }).accepted();
    done.when({ type: 'RefuseApproval', requestId: 'q1' }, { by: 'sun' }).refuses('REQUEST_SETTLED', { outcome: 'granted' });
  });

  it('may ask again after a refusal', () => {
    requested
      .when({ type: 'RefuseApproval', requestId: 'q1' })
      .accepted()
      .when({ ...RequestWithdrawalReversal, requestId: 'q2' })
      .accepted();
  });
});

describe('as of a day', () => {
  const on = (history: readonly Past<EnrollmentEvent>[], when: { recorded?: string; effective?: string }) =>
    foldEnrollment(
      asOf(given(...history).history, effectOf, {
        ...(when.recorded === undefined ? {} : { recordedAsOf: day(when.recorded) }),
        ...(when.effective === undefined ? {} : { effectiveAsOf: day(when.effective) }),
      }),
    );

  const reverted = past('2026-01-15', { type: 'WithdrawalReverted', data: { requestId: 'q1', target: '2' } } as const, {
    recorded: '2026-02-10',
  });

  it('a reverted withdrawal was believed until the reversal was recorded, and is not history any more', () => {
    const history = [...withdrawn(), reverted];
    expect(on(history, { recorded: '2026-02-01' }).status).toBe('withdrawn');
    expect(on(history, { recorded: '2026-02-11' }).status).toBe('registered');
    expect(on(history, { effective: '2026-02-01' }).status).toBe('registered');
    expect(on(history, { recorded: '2026-02-01', effective: '2026-01-10' }).status).toBe('registered');
    expect(on(history, { recorded: '2026-02-01', effective: '2026-01-20' }).status).toBe('withdrawn');
  });

  it('a corrected field reads as if it had always said so, except to who asks what was believed', () => {
    const corrected = past(
      '2025-12-01',
      {
        type: 'EnrollmentCorrected',
        data: { requestId: 'q1', target: '2', field: 'until', old: '2026-12-01', new: '2026-06-01' },
      } as const,
      { recorded: '2026-02-10' },
    );
    const history = [...suspended(), corrected];
    expect(on(history, { effective: '2025-12-02' }).suspension?.until).toBe('2026-06-01');
    expect(on(history, { effective: '2025-12-02', recorded: '2026-01-01' }).suspension?.until).toBe('2026-12-01');
  });

  it('a corrected time moves the change', () => {
    const corrected = past(
      '2026-01-15',
      {
        type: 'EnrollmentCorrected',
        data: { requestId: 'q1', target: '2', field: 'effectiveAt', old: day('2026-01-15'), new: day('2026-02-01') },
      } as const,
      { recorded: '2026-02-10' },
    );
    const history = [...withdrawn(), corrected];
    expect(on(history, { effective: '2026-01-20' }).status).toBe('registered');
    expect(on(history, { effective: '2026-02-02' })).toMatchObject({ status: 'withdrawn', endedAt: day('2026-02-01') });
    expect(on(history, { effective: '2026-01-20', recorded: '2026-02-01' }).status).toBe('withdrawn');
    expect(given(...history).state.endedAt).toBe(day('2026-02-01'));
  });

  it('an annulled admission undoes what followed, and was believed before', () => {
    const history = [
      ...placeRetained(),
      past('2025-08-20', { type: 'AdmissionAnnulled', data: { requestId: 'q1', target: '0' } } as const, {
        recorded: '2025-09-10',
      }),
    ];
    expect(on(history, { recorded: '2025-09-01' }).status).toBe('place-retained');
    expect(on(history, { effective: '2025-09-01' }).status).toBe('annulled');
    expect(on(history, {}).status).toBe('annulled');
    expect(on(history, { effective: '2025-08-01' }).status).toBe('none');
  });

  it('what is recorded late is effective early', () => {
    const history = [
      ...registered(),
      past('2025-10-01', { type: 'ClassChanged', data: { fromClassId: 'class-a', classId: 'class-b' } } as const, {
        recorded: '2026-01-05',
      }),
    ];
    expect(on(history, { effective: '2025-11-01' }).classId).toBe('class-b');
    expect(on(history, { effective: '2025-11-01', recorded: '2025-12-01' }).classId).toBe('class-a');
  });

  it('never throws on an order that no decision would allow', () => {
    const backwards = registered().toReversed();
    expect(
      on(
        [past('2025-09-02', { type: 'StudyResumed', data: { appliedOn: '2025-09-01', classId: null } } as const), ...backwards],
        {},
      ).status,
    ).toBe('admitted');
  });
});

/** Decided on the learner's gate, on a claim or by the runtime: plans.spec.ts. */
const elsewhere: readonly RefusalCode[] = [
  'ENROLLMENT_ACTIVE',
  'PERIODS_OVERLAP',
  'LEARNER_ANNULLED',
  'LEARNER_ERASED',
  'ID_NUMBER_TAKEN',
  'STUDENT_NUMBER_TAKEN',
  'HOLD_PLACED',
];

it('the command table says what was seen', () => {
  // Taking rows of an import back has a spec of its own.
  const { TakeBackRow: _undo, ...own } = enrollmentCommands;
  expectTable(own, seen, elsewhere, commonRefusals);
});
