import { Body, Controller, Headers, Inject, Post, Req } from '@nestjs/common';
import { commandContext, Told } from '../edge/command.ts';
import { CellsList, Flag, Id, Nested, OneOf, PlainDate, Shaped, Text, Whole } from '../edge/fields.ts';
import { caughtUp } from '../edge/guard.ts';
import { PARTS, principalOf, type EdgeRequest, type Parts } from '../edge/parts.ts';
import { languageOf } from '../edge/problem.ts';
import type { EnrollmentStatus } from '../events/catalog/enrollment.ts';
import { batchSheets } from '../intake/batch-sheets.ts';
import { isRefusal, refuse, type Refusal } from '../kernel/refusal.ts';
import { enrollmentRegister } from '../read-models/enrollment-register.ts';
import { listEnrollments, type RegisterQuery } from '../read-models/register-lists.ts';
import type { Asked, Batch, Batches, Cohort } from './batches.ts';
import { importerOf, written } from './imports.http.ts';
import type { BatchKind } from './importing.ts';
import type { Reader } from './row-reason.ts';
import { rowsRead, rowsShown, type ReadRows } from './rows-told.http.ts';

export const BATCHES = Symbol('batches');

/** Rows of one request, and people of one cohort. */
const limit = 1000;
const patienceMs = 5_000;

export class BatchBody {
  @OneOf(batchSheets, { example: 'status-changes' })
  kind!: BatchKind;

  @CellsList(limit, {
    description: 'Rows as a sheet has them: cells by their headers, in Chinese, in English or by our names of the fields',
    example: [
      { 学号: '2026010101', 姓名: '王芳', 异动类型: '休学', 异动日期: '2026-11-02', 异动原因: '因病', 期满日期: '2027-09-01' },
    ],
  })
  rows!: Record<string, string | number | null>[];

  @Flag({ optional: true, example: false, description: 'Tell what would happen; write nothing' })
  dryRun?: boolean;
}

class Numbers {
  @Shaped(
    /^[0-9A-Za-z-]{0,24}$/,
    { zh: '须为至多 24 位字母、数字或连字符。', en: 'must have at most 24 letters, digits or hyphens.' },
    { example: '20260101' },
  )
  prefix!: string;

  @Whole(0, 9_999_999, { example: 1 })
  from!: number;

  @Whole(1, 7, { example: 2, description: 'Digits behind the prefix, zeros in front' })
  digits!: number;
}

const cohortKinds = { registrations: 1, 'annual-registrations': 1, rechecks: 1 } as const;

export class CohortBatchBody {
  @OneOf(cohortKinds, {
    description: 'Registers who is admitted; for who is registered the academic year, or the passed re-check',
  })
  kind!: keyof typeof cohortKinds;

  @Id({ optional: true })
  classId?: string;

  @Text(100, { optional: true, example: '2026级电商1班', description: 'Instead of its id' })
  className?: string;

  @Id({ optional: true })
  programId?: string;

  @Text(200, { optional: true, example: '530701', description: 'Its code or name, instead of its id' })
  program?: string;

  @Whole(1900, 2200, { optional: true, example: 2026, description: 'Year of entry' })
  cohort?: number;

  @PlainDate({ optional: true, description: 'When it became true; now where absent' })
  on?: string;

  @Text(50, { optional: true, example: '2026-2027', description: 'Of annual registrations' })
  academicYear?: string;

  @Nested(Numbers, { optional: true, description: 'Student numbers, one after the other in the order of admission' })
  numbers?: Numbers;

  @Flag({ optional: true, example: false, description: 'Tell what would happen; write nothing' })
  dryRun?: boolean;
}

/** A registrar's lists in one request: a run with one answer for each row. The same Idempotency-Key is the same run. */
@Controller('v1/batches')
export class BatchesController {
  private readonly parts: Parts;
  private readonly batches: Batches;

  constructor(@Inject(PARTS) parts: Parts, @Inject(BATCHES) batches: Batches) {
    this.parts = parts;
    this.batches = batches;
  }

  @Post()
  async runBatch(
    @Req() request: EdgeRequest,
    @Body() { kind, rows, dryRun = false }: BatchBody,
    @Headers('accept-language') languages?: string,
  ): Promise<Told | Refusal> {
    const read = rowsRead(
      kind,
      rows.map((cells, at) => ({ row: at + 1, cells })),
    );
    const asked = this.asked(request, dryRun);
    const batch = await this.batches.list(asked, kind, read.rows, read.unread.size);
    return isRefusal(batch) ? batch : told(kind, batch, { language: languageOf(languages), zone: asked.by.zone }, read);
  }

  @Post('cohort')
  async runCohortBatch(
    @Req() request: EdgeRequest,
    @Body() body: CohortBatchBody,
    @Headers('accept-language') languages?: string,
  ): Promise<Told | Refusal> {
    const missing = incomplete(body);
    if (missing) return missing;
    const { kind, on, academicYear, numbers, dryRun = false } = body;
    const asked = this.asked(request, dryRun);
    const batch = await this.batches.cohort(asked, kind, async () => {
      const members = await this.members(request, body);
      if (isRefusal(members)) return members;
      const cohort: Cohort = {
        members,
        on: on ?? null,
        academicYear: academicYear ?? null,
        numbers: numbers ? { prefix: numbers.prefix, from: numbers.from, digits: numbers.digits } : null,
      };
      return cohort;
    });
    return isRefusal(batch) ? batch : told(kind, batch, { language: languageOf(languages), zone: asked.by.zone });
  }

  private asked(request: EdgeRequest, dryRun: boolean): Asked {
    const { commandId, digest } = commandContext(this.parts, request, {});
    return { by: importerOf(this.parts, request), commandId, digest, dryRun };
  }

  /** Enrollments in the order in which they came, by the register as it stands at the end of the log. */
  private async members(request: EdgeRequest, body: CohortBatchBody): Promise<readonly string[] | Refusal> {
    const { kind, cohort } = body;
    const institutionId = principalOf(request).institution;
    const named = await this.batches.named(institutionId, {
      ...(body.className ? { className: body.className } : {}),
      ...(body.program ? { program: body.program } : {}),
    });
    if (isRefusal(named)) return named;
    const { classId = body.classId, programId = body.programId } = named;
    const status: EnrollmentStatus = kind === 'registrations' ? 'admitted' : 'registered';
    const query: RegisterQuery = {
      institutionId,
      status: [status],
      sort: 'entryDate',
      limit: 500,
      ...(classId ? { classId } : {}),
      ...(programId ? { programId } : {}),
      ...(cohort === undefined || cohort === null ? {} : { cohortYear: cohort }),
    };
    await caughtUp(this.parts, [enrollmentRegister], patienceMs);
    return this.parts.views.read(enrollmentRegister, async (db) => {
      const members: string[] = [];
      for (let cursor: string | null | undefined; cursor !== null;) {
        const page = await listEnrollments(db, { ...query, ...(cursor === undefined ? {} : { cursor }) });
        if (isRefusal(page)) return page;
        if (page.total > limit) return refuse('BATCH_TOO_LARGE', { count: page.total, limit });
        const open = page.rows.filter(({ recheckPassed }) => kind !== 'rechecks' || recheckPassed === false);
        members.push(...open.map(({ enrollmentId }) => enrollmentId));
        cursor = page.next;
      }
      return members;
    });
  }
}

/** What no single field can say of the others. */
function incomplete({ kind, academicYear, numbers, ...choice }: CohortBatchBody): Refusal | null {
  const { classId, className, programId, program, cohort } = choice;
  const chosen = [classId, className, programId, program, cohort].some((said) => said !== undefined && said !== null);
  if (!chosen) return refuse('BATCH_INCOMPLETE', { missing: 'classId | className | programId | program | cohort' });
  if (kind === 'registrations' && !numbers) return refuse('BATCH_INCOMPLETE', { missing: 'numbers' });
  return kind === 'annual-registrations' && !academicYear ? refuse('BATCH_INCOMPLETE', { missing: 'academicYear' }) : null;
}

function told(kind: BatchKind, { runId, answers }: Batch, reader: Reader, read?: ReadRows): Told {
  const shown = rowsShown(kind, answers, reader, read);
  const count = (outcome: string): number => answers.filter((answer) => answer.outcome === outcome).length;
  const refused = count('refused') + (read?.unread.size ?? 0);
  const unchanged = count('unchanged');
  return new Told(
    {
      runId,
      kind,
      rows: shown.length,
      taken: shown.length - refused - unchanged,
      unchanged,
      refused,
      unknownColumns: read?.unknownColumns ?? [],
      answers: shown,
    },
    written(answers),
  );
}
