import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { Controller, Get, Inject, Param, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { AccessLog } from '../edge/access.ts';
import { Told } from '../edge/command.ts';
import { OneOf } from '../edge/fields.ts';
import { tellIncomplete } from '../edge/incomplete.ts';
import { PARTS, principalOf, type EdgeRequest, type Parts } from '../edge/parts.ts';
import { enrollmentStatuses } from '../events/catalog/enrollment.ts';
import type { Enrollment } from '../facts/enrollment.ts';
import { classFact, programFact } from '../facts/reference.ts';
import { writeCsv } from '../intake/write-csv.ts';
import type { AsOf } from '../kernel/as-of.ts';
import type { Bilingual, Language } from '../kernel/bilingual.ts';
import { canonical } from '../kernel/canonical.ts';
import { levels } from '../kernel/codes.ts';
import { refuse, type Refusal } from '../kernel/refusal.ts';
import { dateIn, instant, timeIn } from '../kernel/time.ts';
import { Printer } from '../print/printer.ts';
import type { Section } from '../print/transcript-page.ts';
import { personAsOf } from '../read-models/as-of.ts';
import { entriesOf, transcript } from '../read-models/transcript.ts';
import type { Transcript } from '../read-models/transcript-record.ts';
import { Asked, asOfOf, zoneOf } from './asking.ts';
import { coded, enrollmentShown, identityIn, Names } from './shown.ts';
import { transcriptCells, transcriptHeader, transcriptShown } from './transcript-shown.ts';
import { shownTo, studiesOf, Transcripts } from './transcripts.ts';

const formats = { json: 1, csv: 1, pdf: 1 } as const;
type Format = keyof typeof formats;

export class TranscriptAsked extends Asked {
  @OneOf(formats, { optional: true, description: 'Also by `Accept`: application/json, text/csv or application/pdf' })
  format?: Format;

  @OneOf({ zh: 1, en: 1 }, { optional: true, description: 'Language of a sheet and of a printed transcript' })
  language?: Language;
}

/** One enrollment with its transcript. */
interface Part {
  readonly enrollmentId: string;
  readonly enrollment: Enrollment;
  readonly transcript: Transcript;
}

/** Transcripts (成绩单): as JSON, as a sheet and on paper, each as of any moment. */
@Controller('v1/learners')
export class TranscriptRecords {
  private readonly parts: Parts;
  private readonly access: AccessLog;
  private readonly printer = new Printer();

  constructor(@Inject(PARTS) parts: Parts, @Inject(AccessLog) access: AccessLog) {
    this.parts = parts;
    this.access = access;
  }

  /** What is not published is the registry's alone, and stands on no sheet and no paper. */
  @Get(':id/transcript')
  async readTranscript(
    @Req() request: EdgeRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Param('id') learnerId: string,
    @Query() asked: TranscriptAsked,
  ): Promise<Told | Refusal | Readable> {
    const { institution: institutionId, role } = principalOf(request);
    const when = asOfOf(this.parts, request, asked);
    const format = asked.format ?? formatOf(request.headers.accept);
    const seesAll = (role === 'registrar' || role === 'auditor') && format === 'json';
    const log = { store: this.parts.store, decoder: this.parts.codec };
    const { learner, enrollments } = await personAsOf(log, { institutionId, learnerId }, when);
    if (!learner) return refuse('NOT_FOUND');

    const transcripts = new Transcripts(this.parts, institutionId, when);
    const known = await this.parts.views.read(transcript, async (db, position) => {
      const entries = (await entriesOf(db, institutionId, [learnerId])).get(learnerId) ?? [];
      return { entries, position };
    });
    const then = transcripts.isNow ? known.entries : await transcripts.entriesThen(known.entries.map((one) => one.attemptId));
    const entries = shownTo(seesAll ? 'all' : 'told', then);
    const parts: Part[] = [];
    for (const { enrollmentId, enrollment } of enrollments) {
      const told = await transcripts.of(studiesOf(enrollmentId, enrollment), entries);
      parts.push({ enrollmentId, enrollment, transcript: told });
    }
    const identity = identityIn(this.parts.codec.reveal(learner.identity));
    const name = typeof identity === 'object' && identity !== null ? identity.name : null;
    const body = await this.bodyOf(learnerId, name, parts, when);
    if (format === 'json') return new Told(body, { position: known.position });

    // Before the first byte leaves, as every sheet; her own reads are nobody's to look up.
    if (request.subjectId !== null) await this.access.record(request, null);
    const language = asked.language ?? (String(request.headers['accept-language']).startsWith('en') ? 'en' : 'zh');
    const today = dateIn(instant(this.parts.clock.now()), zoneOf(this.parts, request));
    reply
      .header('content-disposition', `attachment; filename="transcript-${today}.${format}"`)
      .header('ledger-position', known.position.toString())
      .header('x-correlation-id', request.id);
    tellIncomplete(request, reply, this.parts);
    if (format === 'csv') {
      reply.header('content-type', 'text/csv; charset=utf-8; header=present');
      return this.sheet(name, parts, language);
    }
    return this.paper(request, reply, { name, parts, when, language, fingerprint: fingerprintOf(body) });
  }

  // ── helpers ──

  private async bodyOf(learnerId: string, name: string | null, parts: readonly Part[], when: AsOf): Promise<object> {
    const names = new Names(this.parts);
    const enrollments = [];
    for (const { enrollmentId, enrollment, transcript: told } of parts) {
      const {
        status,
        program,
        class: of,
        studentNumber,
        entryDate,
        level,
        lengthOfStudyMonths,
        endedAt,
      } = (await enrollmentShown(enrollmentId, enrollment, names)) as Record<string, unknown>;
      const studies = { enrollmentId, status, program, class: of, studentNumber, entryDate, level, lengthOfStudyMonths, endedAt };
      enrollments.push({ ...studies, ...transcriptShown(told) });
    }
    return { learnerId, name: name ?? 'erased', enrollments, asOf: when };
  }

  private async sheet(name: string | null, parts: readonly Part[], language: Language): Promise<Readable> {
    const rows: (readonly string[])[] = [transcriptHeader(language)];
    for (const { enrollment, transcript: told } of parts) {
      const { program, className } = await this.wordsOf(enrollment);
      const student = {
        studentNumber: enrollment.studentNumber,
        name: name ?? { zh: '（已删除）', en: '(erased)' }[language],
        programCode: program?.code ?? null,
        program: program?.name ?? null,
        className,
      };
      rows.push(...transcriptCells(student, told, language));
    }
    return writeCsv(rows);
  }

  private async paper(
    request: EdgeRequest,
    reply: FastifyReply,
    told: {
      readonly name: string | null;
      readonly parts: readonly Part[];
      readonly when: AsOf;
      readonly language: Language;
      readonly fingerprint: string;
    },
  ): Promise<Readable> {
    const { name, when, language, fingerprint } = told;
    const zone = zoneOf(this.parts, request);
    const { institution, sub } = principalOf(request);
    const now = instant(this.parts.clock.now());
    const readAt = when.recordedAsOf !== undefined && when.recordedAsOf < now ? when.recordedAsOf : now;
    const sections: Section[] = [];
    // Who never registered has nothing to show for it, unless it is all there is.
    const studied = told.parts.filter(({ enrollment, transcript: of }) => enrollment.everRegistered || of.lines.length > 0);
    for (const part of studied.length > 0 ? studied : told.parts) sections.push(await this.sectionOf(part));
    const { bytes, missing } = await this.printer.print({
      language,
      institution: this.parts.institutionNames?.get(institution) ?? { zh: institution, en: institution },
      name,
      sections,
      readAt,
      asOf: {
        recorded: `${timeIn(readAt, zone)} (${zone})`,
        effective: when.effectiveAsOf === undefined ? null : timeIn(when.effectiveAsOf, zone),
      },
      printed: { by: sub, at: timeIn(now, zone) },
      fingerprint,
    });
    reply
      .header('content-type', 'application/pdf')
      .header('content-length', String(bytes.length))
      .header('ledger-fingerprint', fingerprint);
    // Drawn as their code points: whoever prints can tell before she looks.
    if (missing.length > 0)
      reply.header('ledger-missing-glyphs', missing.map((char) => char.codePointAt(0)!.toString(16)).join(' '));
    return Readable.from([bytes]);
  }

  private async sectionOf({ enrollment, transcript: told }: Part): Promise<Section> {
    const { program, className } = await this.wordsOf(enrollment);
    const { admission, status, studentNumber } = enrollment;
    return {
      studentNumber,
      program: program?.name ?? null,
      level: coded(admission?.level ?? null, levels) as Bilingual | null,
      className,
      entryDate: admission?.entryDate ?? null,
      lengthOfStudyMonths: admission?.lengthOfStudyMonths ?? null,
      status: status === 'none' ? { zh: '–', en: '–' } : enrollmentStatuses[status],
      transcript: told,
    };
  }

  private async wordsOf({ admission, classId }: Enrollment): Promise<{
    readonly program: { readonly code: string; readonly name: Bilingual } | null;
    readonly className: string | null;
  }> {
    const program = admission ? (await this.parts.transactor.load(programFact(admission.programId))).state : null;
    const of = classId === null ? null : (await this.parts.transactor.load(classFact(classId))).state;
    return { program, className: of?.name ?? null };
  }
}

/** The first of the three that somebody accepts; JSON where nothing is said. */
const formatOf = (accept: string | undefined): Format => {
  for (const part of (accept ?? '').split(',')) {
    const type = part.split(';')[0]!.trim();
    if (type === 'text/csv') return 'csv';
    if (type === 'application/pdf') return 'pdf';
    if (type === 'application/json' || type === '*/*') return 'json';
  }
  return 'json';
};

const fingerprintOf = (body: object): string => createHash('sha256').update(canonical(body)).digest('hex');
