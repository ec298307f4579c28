import { Controller, Get, Inject, Param, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { AccessLog } from '../edge/access.ts';
import { AnyOf, Digits, Id, OneOf, Switch } from '../edge/fields.ts';
import { caughtUp } from '../edge/guard.ts';
import { PARTS, principalOf, type EdgeRequest, type Parts } from '../edge/parts.ts';
import { enrollmentStatuses, type EnrollmentStatus } from '../events/catalog/enrollment.ts';
import { contractStatuses, type ContractStatus } from '../facts/contract.ts';
import type { AsOf } from '../kernel/as-of.ts';
import { isRefusal, type Refusal } from '../kernel/refusal.ts';
import { dateIn, instant } from '../kernel/time.ts';
import type { ReadQueries } from '../ports/read-store.ts';
import type { View } from '../ports/view.ts';
import { apprenticeViews, listContracts, type ContractRow } from '../read-models/apprentice-lists.ts';
import { personAsOf } from '../read-models/as-of.ts';
import {
  auditTimeline,
  personTimeline,
  timelineKinds,
  type TimelineKind,
  type TimelineQuery,
} from '../read-models/audit-timeline.ts';
import { enrollmentRegister } from '../read-models/enrollment-register.ts';
import { identityOf, listEnrollments, type RegisterQuery, type RegisterRow } from '../read-models/register-lists.ts';
import { taskKinds, type TaskKind } from '../read-models/task-kinds.ts';
import { listTasks, taskViews, type TaskQuery } from '../read-models/tasks.ts';
import { entriesOf, transcript } from '../read-models/transcript.ts';
import { asOfOf, given, zoneOf, type Asked } from '../records/asking.ts';
import { isPast, named, readThen, type Then } from '../records/past.ts';
import { reachOf } from '../records/reaching.ts';
import { Transcripts } from '../records/transcripts.ts';
import { classTables } from './class-lists.ts';
import { contractsTable } from './contracts.ts';
import { registerForms, registerTable, toldNow, toldThen, type RegisterForm } from './register.ts';
import { SheetAsked, sendSheet } from './sheet.http.ts';
import { tasksTable, type TaskOf } from './tasks.ts';
import { ofHistory, ofRow, timelineTable, type TimelineEvent } from './timeline.ts';
import { transcriptsTable, type Batch } from './transcripts.ts';

class StudentsAsked extends SheetAsked {
  @AnyOf(enrollmentStatuses, { optional: true, example: 'registered,suspended' })
  status?: string;

  @Id({ optional: true })
  programId?: string;

  @Id({ optional: true })
  classId?: string;

  @Digits(1900, 2200, { optional: true, example: '2026', description: 'Year of entry' })
  cohort?: string;
}

export class RegisterExportAsked extends StudentsAsked {
  @OneOf(registerForms, {
    optional: true,
    description: 'full: every column of a roster; coded: the national register’s 18 fields',
  })
  form?: RegisterForm;
}

export class TranscriptsExportAsked extends StudentsAsked {}

export class ClassListsExportAsked extends StudentsAsked {}

export class TasksExportAsked extends SheetAsked {
  @AnyOf(Object.fromEntries(taskKinds.map((kind) => [kind, 1])), { optional: true, example: 'recheck,approval' })
  kinds?: string;

  @Digits(0, 3650, { optional: true, example: '30', description: 'Days ahead that count as due; 30 where absent' })
  horizonDays?: string;

  @Switch({ optional: true })
  overdueOnly?: string;
}

export class ContractsExportAsked extends SheetAsked {
  @AnyOf(contractStatuses, { optional: true, example: 'live,suspended' })
  status?: string;

  @Id({ optional: true })
  organizationId?: string;
}

export class TimelineExportAsked extends SheetAsked {
  @AnyOf(Object.fromEntries(timelineKinds.map((kind) => [kind, 1])), {
    optional: true,
    example: 'fact,approval',
    description: 'Facts and approvals where absent',
  })
  kinds?: string;
}

/** A sheet takes its time; who turns to a page waits less. */
const patienceMs = 30_000;

/** Sheets for other programs. Each is on record before its first line leaves. */
@Controller('v1/exports')
export class ExportsController {
  private readonly parts: Parts;
  private readonly access: AccessLog;

  constructor(@Inject(PARTS) parts: Parts, @Inject(AccessLog) access: AccessLog) {
    this.parts = parts;
    this.access = access;
  }

  @Get('register')
  async exportRegister(
    @Req() request: EdgeRequest,
    @Res() reply: FastifyReply,
    @Query() asked: RegisterExportAsked,
  ): Promise<void> {
    const { institution: institutionId } = principalOf(request);
    const { form = 'full', lang = 'zh' } = asked;
    const query = studentsQuery(institutionId, asked);
    const then = await this.moment(request, asked, [enrollmentRegister]);
    await this.access.record(request, null);
    const { store, codec, transactor } = this.parts;
    const { build, ...when } = then.asOf;
    const told = build === undefined ? toldNow(transactor) : toldThen({ store, decoder: codec }, institutionId, when);
    const zone = zoneOf(this.parts, request);
    await sendSheet(this.parts, { request, reply }, then, asked, {
      title: { zh: '学籍名册', en: 'Register of students' },
      file: `register-${form}`,
      tables: [registerTable({ told, codec }, this.enrollmentIds(request, then, query), { form, language: lang, zone })],
      filters: { Form: form, ...studentFilters(asked) },
    });
  }

  /** What was told of every attempt, as a sheet: what is not published stands in none. */
  @Get('transcripts')
  async exportTranscripts(
    @Req() request: EdgeRequest,
    @Res() reply: FastifyReply,
    @Query() asked: TranscriptsExportAsked,
  ): Promise<void> {
    const { institution: institutionId } = principalOf(request);
    const { transactor, codec } = this.parts;
    const then = await this.moment(request, asked, exported);
    await this.access.record(request, null);
    const { build: _build, ...when } = then.asOf;
    const deps = { transactor, codec, transcripts: new Transcripts(this.parts, institutionId, when) };
    const batches = this.batches(request, then, studentsQuery(institutionId, asked));
    await sendSheet(this.parts, { request, reply }, then, asked, {
      title: { zh: '成绩', en: 'Transcripts' },
      file: 'transcripts',
      tables: [transcriptsTable(deps, batches, asked.lang ?? 'zh')],
      filters: studentFilters(asked),
    });
  }

  /** Registered and suspended students of administrative classes, unless other statuses are asked for; a sheet each in a workbook. */
  @Get('class-lists')
  async exportClassLists(
    @Req() request: EdgeRequest,
    @Res() reply: FastifyReply,
    @Query() asked: ClassListsExportAsked,
  ): Promise<void> {
    const { institution: institutionId } = principalOf(request);
    const query = studentsQuery(institutionId, asked, 'registered,suspended');
    const then = await this.moment(request, asked, [enrollmentRegister]);
    await this.access.record(request, null);
    await sendSheet(this.parts, { request, reply }, then, asked, {
      title: { zh: '班级名单', en: 'Class lists' },
      file: 'class-lists',
      tables: await classTables(this.parts, this.students(request, then, query), asked.lang ?? 'zh'),
      filters: studentFilters(asked),
    });
  }

  @Get('tasks')
  async exportTasks(@Req() request: EdgeRequest, @Res() reply: FastifyReply, @Query() asked: TasksExportAsked): Promise<void> {
    const { institution: institutionId, role, org } = principalOf(request);
    const zone = zoneOf(this.parts, request);
    const then = await this.moment(request, asked, taskViews);
    await this.access.record(request, null);
    const query: TaskQuery = {
      institutionId,
      today: then.today,
      zone,
      ...(role === 'enterprise' ? { organizationId: org ?? '' } : {}),
      ...given({
        kinds: asked.kinds?.split(',') as TaskKind[] | undefined,
        horizonDays: asked.horizonDays === undefined ? undefined : Number(asked.horizonDays),
        overdueOnly: asked.overdueOnly === undefined ? undefined : asked.overdueOnly === 'true',
      }),
    };
    await sendSheet(this.parts, { request, reply }, then, asked, {
      title: { zh: '待办', en: 'What is due' },
      file: 'tasks',
      tables: [tasksTable(this.tasks(request, then, query), asked.lang ?? 'zh', zone)],
      filters: { Kinds: asked.kinds, 'Days ahead': asked.horizonDays, 'Overdue only': asked.overdueOnly },
    });
  }

  /** An enterprise's are those of its own apprentices. */
  @Get('contracts')
  async exportContracts(
    @Req() request: EdgeRequest,
    @Res() reply: FastifyReply,
    @Query() asked: ContractsExportAsked,
  ): Promise<void> {
    const { institution: institutionId } = principalOf(request);
    const reach = await reachOf(this.parts, request);
    const then = await this.moment(request, asked, apprenticeViews);
    await this.access.record(request, null);
    const query = {
      institutionId,
      reach,
      ...given({ organizationId: asked.organizationId, status: asked.status?.split(',') as ContractStatus[] | undefined }),
    };
    await sendSheet(this.parts, { request, reply }, then, asked, {
      title: { zh: '三方协议', en: 'Contracts of apprentices' },
      file: 'contracts',
      tables: [contractsTable(this.parts, this.contracts(request, then, query), asked.lang ?? 'zh')],
      filters: { Status: asked.status, Organization: asked.organizationId },
    });
  }

  /** Everything that was ever said of one learner: who said it, when, effective when, why, old and new. */
  @Get('learners/:id/timeline')
  async exportTimeline(
    @Req() request: EdgeRequest,
    @Res() reply: FastifyReply,
    @Param('id') learnerId: string,
    @Query() asked: TimelineExportAsked,
  ): Promise<void> {
    const { institution: institutionId } = principalOf(request);
    const zone = zoneOf(this.parts, request);
    const asOf = asOfOf(this.parts, request, asked);
    const now = instant(this.parts.clock.now());
    const position = await (isPast(asked) ? this.parts.store.head() : caughtUp(this.parts, [auditTimeline], patienceMs));
    await this.access.record(request, null);
    const kinds = asked.kinds?.split(',') as TimelineKind[] | undefined;
    const events = isPast(asked)
      ? this.historyThen({ institutionId, learnerId }, asOf, kinds)
      : this.history({ institutionId, subjectId: learnerId, ...given({ kinds }) });
    const then: Then = { asOf, position, today: dateIn(asOf.effectiveAsOf ?? asOf.recordedAsOf ?? now, zone) };
    await sendSheet(this.parts, { request, reply }, then, asked, {
      title: { zh: '历史记录', en: 'Audit timeline of a learner' },
      file: `timeline-${learnerId}`,
      tables: [timelineTable(events, asked.lang ?? 'zh', zone)],
      filters: { Learner: learnerId, Kinds: asked.kinds },
    });
  }

  /** What the sheet is of. */
  private async moment(request: EdgeRequest, asked: Asked, views: readonly View[]): Promise<Then> {
    // Whoever imports, then exports, finds what she imported.
    if (!isPast(asked)) await caughtUp(this.parts, views, patienceMs);
    return readThen(this.parts, request, asked, views, async (_, at) => at);
  }

  // ── rows, page after page: a long export holds no snapshot of the views ──

  private async *batches(request: EdgeRequest, then: Then, query: RegisterQuery): AsyncGenerator<Batch, void, undefined> {
    yield* this.pages(request, then, exported, async (db, cursor) => {
      const found = await listEnrollments(db, { ...query, ...cursor });
      if (isRefusal(found)) return found;
      const learnerIds = found.rows.map(({ learnerId }) => learnerId);
      const rows = await named(this.parts, request, then, found.rows, ({ learnerId }) => learnerId);
      return { ...found, rows, entries: await entriesOf(db, query.institutionId, learnerIds) };
    });
  }

  private async *students(
    request: EdgeRequest,
    then: Then,
    query: RegisterQuery,
  ): AsyncGenerator<readonly RegisterRow[], void, undefined> {
    const pages = this.pages(request, then, [enrollmentRegister], (db, cursor) => listEnrollments(db, { ...query, ...cursor }));
    for await (const { rows } of pages) yield await named(this.parts, request, then, rows, ({ learnerId }) => learnerId);
  }

  private async *enrollmentIds(request: EdgeRequest, then: Then, query: RegisterQuery): AsyncGenerator<string, void, undefined> {
    const pages = this.pages(request, then, [enrollmentRegister], (db, cursor) => listEnrollments(db, { ...query, ...cursor }));
    for await (const { rows } of pages) for (const { enrollmentId } of rows) yield enrollmentId;
  }

  private async *tasks(request: EdgeRequest, then: Then, query: TaskQuery): AsyncGenerator<TaskOf, void, undefined> {
    const pages = this.pages(request, then, taskViews, async (db, cursor) => {
      const found = await listTasks(db, { ...query, ...cursor });
      if (isRefusal(found)) return found;
      const enrollmentIds = [...new Set(found.rows.flatMap(({ enrollmentId }) => enrollmentId ?? []))];
      const students = await listEnrollments(db, { institutionId: query.institutionId, enrollmentIds, limit: 500 });
      return isRefusal(students) ? students : { ...found, students: students.rows };
    });
    for await (const { rows, students } of pages) {
      const byId = new Map(students.map((student) => [student.enrollmentId, student]));
      for (const task of rows) {
        const student = task.enrollmentId === null ? undefined : byId.get(task.enrollmentId);
        const identity = identityOf(student?.identity ?? null, (token) => this.parts.codec.reveal(token));
        const name = typeof identity === 'object' && identity !== null ? identity.name : null;
        yield { task, studentNumber: student?.studentNumber ?? null, name };
      }
    }
  }

  private async *contracts(
    request: EdgeRequest,
    then: Then,
    query: Parameters<typeof listContracts>[1],
  ): AsyncGenerator<ContractRow, void, undefined> {
    const pages = this.pages(request, then, apprenticeViews, (db, cursor) => listContracts(db, { ...query, ...cursor }));
    for await (const { rows } of pages)
      yield* await named(this.parts, request, then, rows, ({ state }) => state.state.of?.learnerId);
  }

  private async *history(query: TimelineQuery): AsyncGenerator<TimelineEvent, void, undefined> {
    for (let cursor: string | null | undefined; cursor !== null;) {
      const at = after(cursor);
      const page = await this.parts.views.read(auditTimeline, (db) => personTimeline(db, { ...query, ...at }));
      if (isRefusal(page)) throw new Error(`the timeline refused its own cursor: ${page.refused}`);
      for (const row of page.rows) yield ofRow(row, this.parts.codec);
      cursor = page.next;
    }
  }

  private async *historyThen(
    person: { readonly institutionId: string; readonly learnerId: string },
    when: AsOf,
    kinds: readonly TimelineKind[] = ['fact', 'approval'],
  ): AsyncGenerator<TimelineEvent, void, undefined> {
    const { timeline } = await personAsOf({ store: this.parts.store, decoder: this.parts.codec }, person, when);
    for (const event of timeline)
      if (kinds.includes(event.type.startsWith('Approval') ? 'approval' : 'fact')) yield ofHistory(event, this.parts.codec);
  }

  private async *pages<P extends { readonly next: string | null }>(
    request: EdgeRequest,
    { asOf }: Then,
    views: readonly View[],
    list: (db: ReadQueries, cursor: { readonly limit: number; readonly cursor?: string }) => Promise<P | Refusal>,
  ): AsyncGenerator<P, void, undefined> {
    for (let cursor: string | null | undefined; cursor !== null;) {
      const at = after(cursor);
      const page: P | Refusal = await readThen(this.parts, request, asOf, views, (db) => list(db, at));
      if (isRefusal(page)) throw new Error(`an export's list refused its own cursor: ${page.refused}`);
      yield page;
      cursor = page.next;
    }
  }
}

/** The page that comes next: the first one where there was none. */
const after = (cursor: string | undefined): { readonly limit: number; readonly cursor?: string } => ({
  limit: 500,
  ...(cursor === undefined ? {} : { cursor }),
});

const exported = [enrollmentRegister, transcript];

const studentsQuery = (
  institutionId: string,
  { status, programId, classId, cohort }: StudentsAsked,
  unlessAsked = '',
): RegisterQuery => {
  const statuses = status ?? unlessAsked;
  return {
    institutionId,
    ...(statuses ? { status: statuses.split(',') as EnrollmentStatus[] } : {}),
    ...(programId ? { programId } : {}),
    ...(classId ? { classId } : {}),
    ...(cohort ? { cohortYear: Number(cohort) } : {}),
  };
};

const studentFilters = ({ status, programId, classId, cohort }: StudentsAsked): Record<string, string | undefined> => ({
  Status: status,
  Program: programId,
  Class: classId,
  Cohort: cohort,
});
