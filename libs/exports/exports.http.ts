import { Controller, Get, Inject, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { AccessLog } from '../edge/access.ts';
import { AnyOf, Digits, Id, OneOf } from '../edge/fields.ts';
import { PARTS, principalOf, type EdgeRequest, type Parts } from '../edge/parts.ts';
import { enrollmentStatuses, type EnrollmentStatus } from '../events/catalog/enrollment.ts';
import { writeCsv } from '../intake/write-csv.ts';
import type { Language } from '../kernel/bilingual.ts';
import { isRefusal } from '../kernel/refusal.ts';
import { enrollmentRegister, listEnrollments, type RegisterQuery } from '../read-models/enrollment-register.ts';
import { entriesOf, transcript } from '../read-models/transcript.ts';
import { Asked } from '../records/asking.ts';
import { named, readThen, type Then } from '../records/past.ts';
import { Transcripts } from '../records/transcripts.ts';
import { registerForms, registerSheet, toldNow, toldThen, type RegisterForm } from './register.ts';
import { transcriptsSheet, type Batch } from './transcripts.ts';

export class RegisterExportAsked extends Asked {
  @OneOf(registerForms, {
    optional: true,
    description: 'full: every column of a roster; coded: the national register’s 18 fields',
  })
  form?: RegisterForm;

  @OneOf({ zh: 1, en: 1 }, { optional: true, description: 'Language of headers and words' })
  lang?: Language;

  @AnyOf(enrollmentStatuses, { optional: true, example: 'registered,suspended' })
  status?: string;

  @Id({ optional: true })
  programId?: string;

  @Id({ optional: true })
  classId?: string;

  @Digits(1900, 2200, { optional: true, example: '2026', description: 'Year of entry' })
  cohort?: string;
}

export class TranscriptsExportAsked extends Asked {
  @OneOf({ zh: 1, en: 1 }, { optional: true, description: 'Language of headers and words' })
  lang?: Language;

  @AnyOf(enrollmentStatuses, { optional: true, example: 'registered,suspended' })
  status?: string;

  @Id({ optional: true })
  programId?: string;

  @Id({ optional: true })
  classId?: string;

  @Digits(1900, 2200, { optional: true, example: '2026', description: 'Year of entry' })
  cohort?: string;
}

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
    const zone = this.parts.institutions.get(institutionId)!;
    const { form = 'full', lang = 'zh' } = asked;
    const query = registerQuery(institutionId, asked);
    const then = await readThen(this.parts, request, asked, [enrollmentRegister], async (_, at) => at);
    await this.access.record(request, null);
    const { store, codec, transactor } = this.parts;
    const { build, ...when } = then.asOf;
    const told = build === undefined ? toldNow(transactor) : toldThen({ store, decoder: codec }, institutionId, when);
    await reply
      .header('content-type', 'text/csv; charset=utf-8; header=present')
      .header('content-disposition', `attachment; filename="register-${form}-${then.today}.csv"`)
      .header('ledger-position', then.position.toString())
      .header('x-correlation-id', request.id)
      .send(writeCsv(registerSheet({ told, codec }, this.enrollments(request, then, query), { form, language: lang, zone })));
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
    const then = await readThen(this.parts, request, asked, exported, async (_, at) => at);
    await this.access.record(request, null);
    const { build: _build, ...when } = then.asOf;
    const deps = { transactor, codec, transcripts: new Transcripts(this.parts, institutionId, when) };
    const batches = this.batches(request, then, registerQuery(institutionId, asked));
    await reply
      .header('content-type', 'text/csv; charset=utf-8; header=present')
      .header('content-disposition', `attachment; filename="transcripts-${then.today}.csv"`)
      .header('ledger-position', then.position.toString())
      .header('x-correlation-id', request.id)
      .send(writeCsv(transcriptsSheet(deps, batches, asked.lang ?? 'zh')));
  }

  private async *batches(request: EdgeRequest, then: Then, query: RegisterQuery): AsyncGenerator<Batch, void, undefined> {
    for (let cursor: string | null | undefined; cursor !== null;) {
      const after = cursor;
      const page = await readThen(this.parts, request, then.asOf, exported, async (db) => {
        const found = await listEnrollments(db, { ...query, limit: 500, ...(after === undefined ? {} : { cursor: after }) });
        if (isRefusal(found)) return found;
        const learnerIds = found.rows.map(({ learnerId }) => learnerId);
        const rows = await named(this.parts, request, then, found.rows, ({ learnerId }) => learnerId);
        return { ...found, rows, entries: await entriesOf(db, query.institutionId, learnerIds) };
      });
      if (isRefusal(page)) throw new Error(`the register refused its own cursor: ${page.refused}`);
      yield page;
      cursor = page.next;
    }
  }

  /** Page after page, so that a long export holds no snapshot of the views. */
  private async *enrollments(
    request: EdgeRequest,
    { asOf }: Then,
    query: RegisterQuery,
  ): AsyncGenerator<string, void, undefined> {
    for (let cursor: string | null | undefined; cursor !== null;) {
      const after = cursor;
      const page = await readThen(this.parts, request, asOf, [enrollmentRegister], (db) =>
        listEnrollments(db, { ...query, limit: 500, ...(after === undefined ? {} : { cursor: after }) }),
      );
      if (isRefusal(page)) throw new Error(`the register refused its own cursor: ${page.refused}`);
      for (const { enrollmentId } of page.rows) yield enrollmentId;
      cursor = page.next;
    }
  }
}

const exported = [enrollmentRegister, transcript];

const registerQuery = (
  institutionId: string,
  { status, programId, classId, cohort }: Pick<RegisterExportAsked, 'status' | 'programId' | 'classId' | 'cohort'>,
): RegisterQuery => ({
  institutionId,
  ...(status ? { status: status.split(',') as EnrollmentStatus[] } : {}),
  ...(programId ? { programId } : {}),
  ...(classId ? { classId } : {}),
  ...(cohort ? { cohortYear: Number(cohort) } : {}),
});
