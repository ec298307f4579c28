import { Body, Controller, Get, Headers, Inject, Param, Post, Req } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { principalOf, PARTS, type EdgeRequest, type Parts } from '../edge/parts.ts';
import { actorOf } from '../edge/auth.ts';
import { Told } from '../edge/command.ts';
import { Flag, Nested, NestedList, OneOf, PlainDate, Shaped, Text, Whole } from '../edge/fields.ts';
import { languageOf } from '../edge/problem.ts';
import type { ProgramRow as ProgramRowData } from '../intake/programs.ts';
import { rosterForm, type RosterRow as RosterRowData } from '../intake/roster.ts';
import { fill, type Language } from '../kernel/bilingual.ts';
import {
  ethnicGroups,
  idTypes,
  intakes,
  levels,
  politicalStatuses,
  rosterStatuses,
  sexes,
  studyForms,
  type CodeList,
} from '../kernel/codes.ts';
import { isRefusal, refuse, type Refusal } from '../kernel/refusal.ts';
import { refusals } from '../kernel/refusals.ts';
import type { Importer, RowAnswer } from './importing.ts';
import type { Imports } from './imports.ts';
import { runSource } from './run.ts';

export const IMPORTS = Symbol('imports');

const kinds = { roster: {}, programs: {} } as const;
type Kind = keyof typeof kinds;

class StartImportBody {
  @OneOf(kinds, { description: 'What the file lists' })
  kind!: Kind;

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
}

class IdentityField {
  @Text(100, { example: '王芳' })
  name!: string;
  @OneOf(sexes, { optional: true })
  sex?: string;
  @PlainDate({ optional: true, example: '2008-01-01' })
  birthDate?: string;
  @OneOf(idTypes)
  idType!: string;
  @Text(64, { example: '440305200801010019' })
  idNumber!: string;
  @Text(18, { optional: true })
  candidateNumber?: string;
  @OneOf(politicalStatuses, { optional: true })
  politicalStatus?: string;
  @OneOf(ethnicGroups, { optional: true })
  ethnicGroup?: string;
  @Text(2000, { optional: true })
  note?: string;
}

class ContactField {
  @Text(40, { optional: true, example: '13800000000' })
  phone?: string;
  @Text(100, { optional: true })
  guardianName?: string;
  @Text(40, { optional: true })
  guardianPhone?: string;
}

class ProgramField {
  @Text(32, { optional: true, example: '530701' })
  code?: string;
  @Text(200, { optional: true, example: '电子商务' })
  name?: string;
}

class RosterRow {
  @Whole(1, 10_000_000, { description: 'Row in the sheet; its answer carries it', example: 2 })
  row!: number;
  @Text(32, { optional: true, example: '2026010001', description: 'Registers the student where it is given' })
  studentNumber?: string;
  @Nested(IdentityField)
  identity!: IdentityField;
  @Nested(ContactField, { optional: true })
  contact?: ContactField;
  @Nested(ProgramField)
  program!: ProgramField;
  @OneOf(levels, { optional: true })
  level?: string;
  @Whole(1, 120, { optional: true, example: 36 })
  lengthOfStudyMonths?: number;
  @OneOf(studyForms, { optional: true })
  studyForm?: string;
  @PlainDate()
  entryDate!: string;
  @Text(100, { optional: true })
  branch?: string;
  @Text(100, { optional: true })
  department?: string;
  @Text(100, { optional: true, example: '2026级电商1班' })
  className?: string;
  @PlainDate({ optional: true, example: '2029-06-30' })
  expectedGraduation?: string;
  @OneOf(intakes, { optional: true })
  intake?: string;
  @OneOf(rosterStatuses, { optional: true, description: 'For students who were there before the ledger' })
  status?: string;
  @PlainDate({ optional: true })
  statusDate?: string;
}

class ProgramNameField {
  @Text(200, { example: '电子商务' })
  zh!: string;
  @Text(200, { optional: true, example: 'E-commerce' })
  en?: string;
}

class ProgramRow {
  @Whole(1, 10_000_000, { example: 2 })
  row!: number;
  @Text(32, { example: '530701' })
  code!: string;
  @Nested(ProgramNameField)
  name!: ProgramNameField;
  @OneOf(levels, { example: 'junior-college' })
  level!: string;
  @Whole(1, 120, { optional: true, example: 36 })
  lengthOfStudyMonths?: number;
  @Text(200, { optional: true })
  group?: string;
}

class RosterRowsBody {
  @Flag({ optional: true })
  dryRun?: boolean;
  @NestedList(RosterRow, 1000, { description: 'Rows of a roster, at most 1,000' })
  rows!: RosterRow[];
}

class ProgramRowsBody {
  @Flag({ optional: true })
  dryRun?: boolean;
  @NestedList(ProgramRow, 1000, { description: 'Rows of a programs sheet, at most 1,000' })
  rows!: ProgramRow[];
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
@ApiTags('imports')
@Controller('v1/imports')
export class ImportsController {
  private readonly parts: Parts;
  private readonly imports: Imports;

  constructor(@Inject(PARTS) parts: Parts, @Inject(IMPORTS) imports: Imports) {
    this.parts = parts;
    this.imports = imports;
  }

  @Post()
  async startImport(@Req() request: EdgeRequest, @Body() body: StartImportBody): Promise<Told | Refusal> {
    const { kind, fileDigest, formClasses = false, dryRun = false } = body;
    const started = await this.imports.start(this.importer(request), kind, fileDigest, { formClasses }, dryRun);
    return isRefusal(started) ? started : new Told(started, started.continued ? {} : { created: `/v1/imports/${started.runId}` });
  }

  @Post(':id/roster-rows')
  async importRosterRows(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() { rows, dryRun = false }: RosterRowsBody,
    @Headers('accept-language') languages?: string,
  ): Promise<Told | Refusal> {
    return told(await this.imports.roster(this.importer(request), id, rows as RosterRowData[], dryRun), languageOf(languages));
  }

  @Post(':id/program-rows')
  async importProgramRows(
    @Req() request: EdgeRequest,
    @Param('id') id: string,
    @Body() { rows, dryRun = false }: ProgramRowsBody,
    @Headers('accept-language') languages?: string,
  ): Promise<Told | Refusal> {
    return told(await this.imports.publish(this.importer(request), id, rows as ProgramRowData[], dryRun), languageOf(languages));
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
    const head = await this.parts.store.head();
    const behind = this.parts.views.status().reduce((least, view) => (view.position < least ? view.position : least), head);
    return new Told(
      { runId: id, position: answer.position.toString(), lag: (head - behind).toString() },
      { position: answer.position },
    );
  }

  @Get(':id')
  async readImport(@Req() request: EdgeRequest, @Param('id') id: string): Promise<Told | Refusal> {
    const { state, revision, institutionId } = await this.parts.transactor.load(runSource(id));
    if (!state.started || institutionId !== principalOf(request).institution) return refuse('NOT_FOUND');
    return new Told({ runId: id, ...state.started, finished: state.finished }, { revision });
  }

  private importer(request: EdgeRequest): Importer {
    const principal = principalOf(request);
    const { institution } = principal;
    return {
      actor: actorOf(principal),
      institutionId: institution,
      zone: this.parts.institutions.get(institution)!,
      correlationId: request.id,
    };
  }
}

function told(answers: readonly RowAnswer[] | Refusal, language: Language): Told | Refusal {
  if (isRefusal(answers)) return answers;
  const position = answers.reduce((highest, answer) => (answer.position > highest ? answer.position : highest), 0n);
  const body = answers.map(({ refusal, position: _written, ...answer }) => ({
    ...answer,
    ...(refusal ? { code: refusal.refused, reason: rowReason(refusal, language), facts: refusal.facts } : {}),
  }));
  return new Told({ answers: body }, position > 0n ? { position } : {});
}

interface Difference {
  readonly field: string;
  readonly old: unknown;
  readonly new: unknown;
}

const lists: Readonly<Record<string, CodeList>> = {
  sex: sexes,
  idType: idTypes,
  level: levels,
  studyForm: studyForms,
  intake: intakes,
  ethnicGroup: ethnicGroups,
  politicalStatus: politicalStatuses,
  status: rosterStatuses,
};
const headers: Readonly<Record<string, string>> = {
  programId: 'programName',
  classId: 'className',
  lengthOfStudyMonths: 'lengthOfStudy',
};

/** The refusal's sentence, with differences in the words of the sheet: header, old → new. */
function rowReason({ refused, facts }: Refusal, language: Language): string {
  const differences = facts['differences'];
  if (!Array.isArray(differences)) return fill(refusals[refused][language], facts);
  const shown = (differences as (Difference | string)[]).map((difference) => {
    if (typeof difference === 'string') return difference;
    const header = rosterForm.fields.find(({ field }) => field === (headers[difference.field] ?? difference.field));
    const word = (value: unknown): string => {
      const entry = lists[difference.field]?.find(({ code }) => code === value);
      return entry ? entry[language] : value === null ? '–' : typeof value === 'string' ? value : JSON.stringify(value);
    };
    return `${header ? header[language][0] : difference.field}: ${word(difference.old)} → ${word(difference.new)}`;
  });
  return fill(refusals[refused][language], { ...facts, differences: shown });
}
