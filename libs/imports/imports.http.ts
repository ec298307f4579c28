import { Body, Controller, Get, Headers, Inject, Param, Post, Req, UseInterceptors } from '@nestjs/common';
import { principalOf, PARTS, type EdgeRequest, type Parts } from '../edge/parts.ts';
import { actorOf } from '../edge/auth.ts';
import { Told } from '../edge/command.ts';
import { Cells, Flag, Nested, NestedList, OneOf, Shaped, Text, Whole } from '../edge/fields.ts';
import { languageOf, Problem } from '../edge/problem.ts';
import { UnreadableFile } from '../intake/unreadable-file.ts';
import { batchSheets } from '../intake/batch-sheets.ts';
import { isRefusal, refuse, type Refusal } from '../kernel/refusal.ts';
import type { BatchKind, Importer, ImportKind, ImportOptions, Reading, RowAnswer, RowsOf } from './importing.ts';
import type { Imports } from './imports.ts';
import type { Reader } from './row-reason.ts';
import { rowsShown, rowsRead } from './rows-told.http.ts';
import {
  ContractRowsBody,
  CourseRowsBody,
  MentorRowsBody,
  OrganizationRowsBody,
  ProgramRowsBody,
  ResultRowsBody,
  RosterRowsBody,
} from './rows.http.ts';
import { runSource } from './run.ts';
import { IMPORTS, SentFileInterceptor, takeSentFile, UPLOADS, type SentFile } from './sent-file.http.ts';
import { uploadShown } from './uploads.http.ts';
import type { Uploads } from './uploads.ts';
import { undoOf } from './undo.http.ts';

/** Events that all views fold within a moment. */
const soonFolded = 2_000n;
const patienceMs = 2_000;

/** What files list. */
const kinds: Readonly<Record<ImportKind, unknown>> = {
  roster: 1,
  programs: 1,
  courses: 1,
  organizations: 1,
  mentors: 1,
  contracts: 1,
  results: 1,
  registrations: 1,
  'annual-registrations': 1,
  'status-changes': 1,
  'class-changes': 1,
  rechecks: 1,
};

class ColumnBody {
  @Text(200, { description: 'A header of the sheet', example: '新学号' })
  header!: string;

  @Shaped(
    /^[a-zA-Z]{0,40}$/,
    { zh: '须为栏目名，或为空（不读该列）。', en: 'must be the name of a field, or empty for a column that is not read.' },
    { description: 'The field that it is read as; empty for none', example: 'studentNumber' },
  )
  field!: string;
}

class ReadingBody {
  @Text(100, { optional: true, description: 'The sheet of a workbook, where it was chosen' })
  sheet?: string;

  @Flag({ optional: true, description: 'Merged cells were filled downward' })
  fillDown?: boolean;

  @NestedList(ColumnBody, 200, {
    optional: true,
    description: 'Columns that were read as something that their headers do not say',
  })
  columns?: ColumnBody[];
}

class StartImportBody {
  @OneOf(kinds, { description: 'What the file lists' })
  kind!: ImportKind;

  @Shaped(
    /^[0-9a-f]{64}$/,
    { zh: '须为文件的 SHA-256（64 位十六进制）。', en: 'must be the SHA-256 of the file in hex.' },
    { example: 'a'.repeat(64) },
  )
  fileDigest!: string;

  @Flag({ optional: true, description: 'Form administrative classes on first sight' })
  formClasses?: boolean;

  @Flag({ optional: true, description: 'Tell what would happen; write nothing' })
  dryRun?: boolean;

  @Nested(ReadingBody, { optional: true, description: 'How the client reads the file, where that is not as usual' })
  reading?: ReadingBody;
}

class SheetRow {
  @Whole(1, 10_000_000, { description: 'Row in the sheet; its answer carries it', example: 2 })
  row!: number;

  @Cells({
    description: 'Its cells as they stand, by their headers',
    example: {
      学号: '2026010101',
      姓名: '王芳',
      异动类型: '休学',
      异动日期: '2026-11-02',
      异动原因: '因病',
      期满日期: '2027-09-01',
    },
  })
  cells!: Record<string, string | number | null>;
}

export class SheetRowsBody {
  @OneOf(batchSheets, { description: 'What the sheet lists' })
  kind!: BatchKind;

  @NestedList(SheetRow, 1000, { description: 'At most 1,000 rows' })
  rows!: SheetRow[];

  @Flag({ optional: true })
  dryRun?: boolean;
}

class FinishImportBody {
  @Whole(0, 100_000_000)
  rows!: number;
  @Whole(0, 100_000_000)
  taken!: number;
  @Whole(0, 100_000_000)
  unchanged!: number;
  @Whole(0, 100_000_000)
  refused!: number;
}

/** Import runs: rows that a client read and mapped (`ledger import`), each answered for itself. */
@Controller('v1/imports')
export class ImportsController {
  private readonly parts: Parts;
  private readonly imports: Imports;
  private readonly uploads: Uploads | null;

  constructor(@Inject(PARTS) parts: Parts, @Inject(IMPORTS) imports: Imports, @Inject(UPLOADS) uploads: Uploads | null) {
    this.parts = parts;
    this.imports = imports;
    this.uploads = uploads;
  }

  /**
   * A run whose rows the client sends; or, with a form (multipart/form-data: file, kind, dryRun, formClasses, sheet, fillDown, map, language),
   * one of a file that the ledger reads.
   */
  @Post()
  @UseInterceptors(SentFileInterceptor)
  async startImport(@Req() request: EdgeRequest, @Body() body: StartImportBody): Promise<Told | Refusal> {
    const { kind, fileDigest, formClasses = false, dryRun = false, reading } = body;
    const options = { formClasses, ...(reading && { reading: plainReading(reading) }) };
    const file = takeSentFile(request);
    if (file) return this.startUpload(request, file, { kind, options, dryRun });
    const started = await this.imports.start(this.importer(request), kind, fileDigest, options, dryRun);
    if (isRefusal(started)) return started;
    const answer = { ...started, by: principalOf(request).sub };
    return new Told(answer, started.continued ? {} : { created: `/v1/imports/${started.runId}` });
  }

  private async startUpload(
    request: EdgeRequest,
    { received, fileName, language }: SentFile,
    asked: { readonly kind: ImportKind; readonly options: ImportOptions; readonly dryRun: boolean },
  ): Promise<Told | Refusal> {
    const uploads = this.uploads!;
    try {
      const accepted = await uploads.accept(this.importer(request), received, { ...asked, fileName, language });
      if (isRefusal(accepted)) {
        await uploads.discard(received);
        return accepted;
      }
      const { run, continued } = accepted;
      const shown = uploadShown(run, uploads, languageOf(request.headers['accept-language']));
      return new Told({ ...shown, continued, by: run.state.by.actor.personId }, { accepted: `/v1/imports/${run.state.runId}` });
    } catch (error) {
      await uploads.discard(received);
      throw error instanceof UnreadableFile ? new Problem(error.code, error.facts) : error;
    }
  }

  @Post(':id/roster-rows')
  importRosterRows(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() body: RosterRowsBody,
    @Headers('accept-language') languages?: string,
  ): Promise<Told | Refusal> {
    return this.rows('roster', request, id, body, languages);
  }

  @Post(':id/program-rows')
  importProgramRows(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() body: ProgramRowsBody,
    @Headers('accept-language') languages?: string,
  ): Promise<Told | Refusal> {
    return this.rows('programs', request, id, body, languages);
  }

  @Post(':id/course-rows')
  importCourseRows(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() body: CourseRowsBody,
    @Headers('accept-language') languages?: string,
  ): Promise<Told | Refusal> {
    return this.rows('courses', request, id, body, languages);
  }

  @Post(':id/organization-rows')
  importOrganizationRows(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() body: OrganizationRowsBody,
    @Headers('accept-language') languages?: string,
  ): Promise<Told | Refusal> {
    return this.rows('organizations', request, id, body, languages);
  }

  @Post(':id/mentor-rows')
  importMentorRows(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() body: MentorRowsBody,
    @Headers('accept-language') languages?: string,
  ): Promise<Told | Refusal> {
    return this.rows('mentors', request, id, body, languages);
  }

  @Post(':id/contract-rows')
  importContractRows(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() body: ContractRowsBody,
    @Headers('accept-language') languages?: string,
  ): Promise<Told | Refusal> {
    return this.rows('contracts', request, id, body, languages);
  }

  @Post(':id/result-rows')
  importResultRows(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() body: ResultRowsBody,
    @Headers('accept-language') languages?: string,
  ): Promise<Told | Refusal> {
    return this.rows('results', request, id, body, languages);
  }

  /** Rows of a registrar's list as its sheet has them: read here, so that a header or a word that nobody knows is answered by its row. */
  @Post(':id/sheet-rows')
  async importSheetRows(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() { kind, rows, dryRun = false }: SheetRowsBody,
    @Headers('accept-language') languages?: string,
  ): Promise<Told | Refusal> {
    const read = rowsRead(kind, rows);
    const importer = this.importer(request);
    const answers = await this.imports.rows(kind, importer, id, read.rows, dryRun);
    if (isRefusal(answers)) return answers;
    return new Told(
      { answers: rowsShown(kind, answers, { language: languageOf(languages), zone: importer.zone }, read) },
      written(answers),
    );
  }

  @Post(':id/finish')
  async finishImport(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() counts: FinishImportBody,
  ): Promise<Told | Refusal> {
    const { rows, taken, unchanged, refused } = counts;
    const answer = await this.imports.finish(this.importer(request), id, { rows, taken, unchanged, refused });
    if (isRefusal(answer)) return answer;
    const lag = await this.lag();
    return new Told({ runId: id, position: answer.position.toString(), lag: lag.toString() }, { position: answer.position });
  }

  /** Events that the hindmost view is behind. A short way is waited for: whoever imports one sheet finds it in the lists when her command ends. */
  private async lag(): Promise<bigint> {
    const { store, views } = this.parts;
    const head = await store.head();
    const left = (): bigint =>
      views.status().reduce((most, { position }) => (head - position > most ? head - position : most), 0n);
    if (left() > soonFolded) return left();
    const live = views.status().filter(({ state }) => state === 'live');
    await Promise.all(live.map(({ name }) => views.waitFor(name, head, patienceMs)));
    return left();
  }

  @Get('columns')
  async readImportColumns(@Req() request: EdgeRequest): Promise<Told> {
    return new Told({ columns: await this.imports.columns(principalOf(request).institution) });
  }

  @Get(':id')
  async readImport(@Req() request: EdgeRequest, @Param('id') id: string): Promise<Told | Refusal> {
    const { state, revision, institutionId } = await this.parts.transactor.load(runSource(id));
    const upload = this.uploads?.find(principalOf(request).institution, id);
    if (upload) {
      const shown = uploadShown(upload, this.uploads!, languageOf(request.headers['accept-language']));
      return new Told({ ...shown, undo: state.started ? undoOf(state) : null }, { revision });
    }
    if (!state.started || institutionId !== principalOf(request).institution) return refuse('NOT_FOUND');
    return new Told({ runId: id, ...state.started, finished: state.finished, upload: null, undo: undoOf(state) }, { revision });
  }

  /** What the fields checked is what the mapping of its kind says. */
  private async rows(
    kind: ImportKind,
    request: EdgeRequest,
    id: string,
    { rows, dryRun = false }: { readonly rows: readonly object[]; readonly dryRun?: boolean },
    languages: string | undefined,
  ): Promise<Told | Refusal> {
    const importer = this.importer(request);
    const answers = await this.imports.rows(kind, importer, id, rows as readonly RowsOf[ImportKind][], dryRun);
    return told(kind, answers, { language: languageOf(languages), zone: importer.zone });
  }

  private importer(request: EdgeRequest): Importer {
    return importerOf(this.parts, request);
  }
}

/** Always in one order: a run goes on where it is asked for in the same words. */
const plainReading = ({ sheet, fillDown, columns }: ReadingBody): Reading => ({
  ...(sheet !== undefined && { sheet }),
  ...(fillDown && { fillDown }),
  ...(columns && { columns: columns.map(({ header, field }) => ({ header, field })) }),
});

/** For whom rows are imported. */
export function importerOf(parts: Parts, request: EdgeRequest): Importer {
  const principal = principalOf(request);
  const { institution } = principal;
  return {
    actor: actorOf(principal),
    institutionId: institution,
    zone: parts.institutions.get(institution)!,
    correlationId: request.id,
  };
}

function told(kind: ImportKind, answers: readonly RowAnswer[] | Refusal, reader: Reader): Told | Refusal {
  return isRefusal(answers) ? answers : new Told({ answers: rowsShown(kind, answers, reader) }, written(answers));
}

/** The highest position that any of the rows wrote. */
export function written(answers: readonly RowAnswer[]): { readonly position?: bigint } {
  const position = answers.reduce((highest, answer) => (answer.position > highest ? answer.position : highest), 0n);
  return position > 0n ? { position } : {};
}
