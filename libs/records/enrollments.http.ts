import { Controller, Get, Inject, Param, Query, Req } from '@nestjs/common';
import { Told } from '../edge/command.ts';
import { AnyOf, Digits, Id, OneOf, PlainDate, Shaped, Switch } from '../edge/fields.ts';
import { PARTS, principalOf, type EdgeRequest, type Parts } from '../edge/parts.ts';
import { enrollmentStatuses, type EnrollmentStatus } from '../events/catalog/enrollment.ts';
import { enrollmentStream } from '../facts/enrollment.ts';
import { intakes, levels, studyForms } from '../kernel/codes.ts';
import { isRefusal, refuse, type Refusal } from '../kernel/refusal.ts';
import { enrollmentAsOf } from '../read-models/as-of.ts';
import { enrollmentRegister } from '../read-models/enrollment-register.ts';
import {
  identityOf,
  listEnrollments,
  type RegisterQuery,
  type RegisterRow,
  type RegisterSort,
} from '../read-models/register-lists.ts';
import { Asked, asOfOf, given, PagedThen, pagingOf } from './asking.ts';
import { named, readThen } from './past.ts';
import { coded, enrollmentShown, Names } from './shown.ts';

export class RegisterAsked extends PagedThen {
  @AnyOf(enrollmentStatuses, { optional: true, example: 'registered,suspended' })
  status?: string;

  @Id({ optional: true })
  programId?: string;

  @Id({ optional: true })
  classId?: string;

  @Digits(1900, 2200, { optional: true, example: '2026', description: 'Year of entry' })
  cohort?: string;

  @PlainDate({ optional: true })
  entryFrom?: string;

  @PlainDate({ optional: true })
  entryTo?: string;

  @Shaped(/^[0-9A-Za-z-]{1,32}$/, { zh: '须为学号。', en: 'must be a student number.' }, { optional: true })
  studentNumber?: string;

  @OneOf(intakes, { optional: true })
  intake?: string;

  @Switch({ optional: true, description: 'Students of before the ledger' })
  imported?: string;

  @Id({ optional: true })
  importRun?: string;

  @Switch({ optional: true, description: 'Re-check not passed though it was due before today' })
  recheckOverdue?: string;

  @OneOf({ studentNumber: 1, entryDate: 1, updated: 1, status: 1 }, { optional: true })
  sort?: RegisterSort;

  @OneOf({ asc: 1, desc: 1 }, { optional: true })
  order?: 'asc' | 'desc';
}

@Controller('v1/enrollments')
export class EnrollmentRecordsController {
  private readonly parts: Parts;

  constructor(@Inject(PARTS) parts: Parts) {
    this.parts = parts;
  }

  @Get()
  async listEnrollments(@Req() request: EdgeRequest, @Query() asked: RegisterAsked): Promise<Told | Refusal> {
    const { institution: institutionId } = principalOf(request);
    const { programId, classId, entryFrom, entryTo, studentNumber, intake, importRun, sort, order } = asked;
    const query: RegisterQuery = {
      institutionId,
      ...given({ programId, classId, entryFrom, entryTo, studentNumber, intake, importRun, sort, order }),
      ...given({
        status: asked.status?.split(',') as EnrollmentStatus[] | undefined,
        cohortYear: asked.cohort === undefined ? undefined : Number(asked.cohort),
        imported: asked.imported === undefined ? undefined : asked.imported === 'true',
      }),
      ...pagingOf(asked),
    };
    return readThen(this.parts, request, asked, [enrollmentRegister], async (db, then) => {
      const { asOf, position, today } = then;
      const overdue = asked.recheckOverdue === 'true' ? { recheckOverdueOn: today } : {};
      const page = await listEnrollments(db, { ...query, ...overdue });
      if (isRefusal(page)) return page;
      const names = new Names(this.parts);
      const rows = await named(this.parts, request, then, page.rows, ({ learnerId }) => learnerId);
      const items = await Promise.all(rows.map((row) => rowShown(row, names, (token) => this.parts.codec.reveal(token))));
      return new Told({ items, next: page.next, total: page.total, asOf }, { position, subjects: items.length });
    });
  }

  @Get(':id')
  async readEnrollment(
    @Req() request: EdgeRequest,
    @Param('id') enrollmentId: string,
    @Query() asked: Asked,
  ): Promise<Told | Refusal> {
    const { institution: institutionId } = principalOf(request);
    const when = asOfOf(this.parts, request, asked);
    const log = { store: this.parts.store, decoder: this.parts.codec };
    const position = await this.parts.store.head();
    const enrollment = await enrollmentAsOf(log, { institutionId, enrollmentId }, when);
    if (!enrollment) return refuse('NOT_FOUND');
    const [last] = await this.parts.store.readStream(enrollmentStream(enrollmentId), { backwards: true, limit: 1 });
    const revision = last!.revision;
    const body = {
      ...(await enrollmentShown(enrollmentId, enrollment, new Names(this.parts))),
      revision: revision.toString(),
      asOf: when,
    };
    return new Told(body, { revision, position });
  }
}

async function rowShown(row: RegisterRow, names: Names, reveal: (token: string) => unknown): Promise<object> {
  const identity = identityOf(row.identity, reveal);
  return {
    enrollmentId: row.enrollmentId,
    learnerId: row.learnerId,
    name: typeof identity === 'object' && identity !== null ? identity.name : identity,
    status: coded(row.status, enrollmentStatuses),
    statusSince: row.statusSince,
    studentNumber: row.studentNumber,
    program: await names.program(row.programId),
    class: await names.class(row.classId),
    entryDate: row.entryDate,
    cohort: row.cohortYear,
    intake: coded(row.intake, intakes),
    level: coded(row.level, levels),
    studyForm: coded(row.studyForm, studyForms),
    branch: row.branch,
    department: row.department,
    suspendedUntil: row.suspensionUntil,
    retainedUntil: row.retainedUntil,
    registeredAt: row.registeredAt,
    recheck: row.recheckPassed === null ? null : { dueBy: row.recheckDueBy, passed: row.recheckPassed },
    lastAnnualRegistration: row.lastAnnualRegistration,
    expectedGraduation: row.expectedGraduation,
    convertibleUntil: row.convertibleUntil,
    endedAt: row.endedAt,
    locked: row.locked,
    imported: row.imported,
    updatedAt: row.updatedAt,
    revision: row.revision.toString(),
  };
}
