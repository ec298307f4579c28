import { Controller, Get, Inject, Param, Query, Req } from '@nestjs/common';
import { Told } from '../edge/command.ts';
import { AnyOf, Id, OneOf, Text } from '../edge/fields.ts';
import { PARTS, principalOf, type EdgeRequest, type Parts } from '../edge/parts.ts';
import { attemptKinds, type AttemptEvent } from '../events/catalog/assessment.ts';
import { attemptStream, foldAttempt } from '../facts/attempt.ts';
import { isRefusal, refuse, type Refusal } from '../kernel/refusal.ts';
import { enrollmentAsOf, historyAsOf } from '../read-models/as-of.ts';
import { identityOf } from '../read-models/register-lists.ts';
import { attemptViews, entryOf, listAttempts, type AttemptRow, type AttemptSort } from '../read-models/transcript.ts';
import { entryStatuses, type Entry, type EntryStatus } from '../read-models/transcript-record.ts';
import { ApprenticeNames } from './apprentice-shown.ts';
import { Asked, asOfOf, given, PagedThen, pagingOf } from './asking.ts';
import { named, readThen } from './past.ts';
import { reachOf } from './reaching.ts';
import { approvalsShown, coded } from './shown.ts';
import { lineShown, resultShown } from './transcript-shown.ts';
import { studiesOf, Transcripts } from './transcripts.ts';

export class AttemptsAsked extends PagedThen {
  @Id({ optional: true, description: 'A guardian must name her ward' })
  learnerId?: string;

  @Id({ optional: true })
  enrollmentId?: string;

  @Id({ optional: true })
  classId?: string;

  @Id({ optional: true })
  contractId?: string;

  @Id({ optional: true })
  courseId?: string;

  @Text(40, { optional: true, example: '2026-2027' })
  academicYear?: string;

  @Text(40, { optional: true, example: '2026-2027-1' })
  term?: string;

  @AnyOf(entryStatuses, { optional: true, example: 'published,final' })
  status?: string;

  @OneOf({ term: 1, course: 1, status: 1, updated: 1 }, { optional: true })
  sort?: AttemptSort;

  @OneOf({ asc: 1, desc: 1 }, { optional: true })
  order?: 'asc' | 'desc';
}

/** That it is open is what she may know of her attempt before the publication: neither what came of it, nor how far its scoring is. */
const untold = (entry: Entry): Entry => ({
  ...entry,
  status: entry.status === 'voided' ? 'voided' : 'open',
  result: null,
  components: [],
  marks: [],
});

/** Attempts and their results: what is not published is for the registry, for the teachers of the class and for who mentors the contract. */
@Controller('v1/attempts')
export class AttemptRecords {
  private readonly parts: Parts;

  constructor(@Inject(PARTS) parts: Parts) {
    this.parts = parts;
  }

  @Get()
  async listAttempts(@Req() request: EdgeRequest, @Query() asked: AttemptsAsked): Promise<Told | Refusal> {
    const { institution: institutionId } = principalOf(request);
    const { learnerId, enrollmentId, classId, contractId, courseId, academicYear, term, status, sort, order } = asked;
    const reach = await reachOf(this.parts, request, learnerId);
    const query = {
      institutionId,
      reach,
      ...given({ learnerId, enrollmentId, classId, contractId, courseId, academicYear, term, sort, order }),
      ...given({ status: status?.split(',') as EntryStatus[] | undefined }),
      ...pagingOf(asked),
    };
    return readThen(this.parts, request, asked, attemptViews, async (db, then) => {
      const { asOf, position } = then;
      const page = await listAttempts(db, query);
      if (isRefusal(page)) return page;
      const names = new ApprenticeNames(this.parts);
      const rows = await named(this.parts, request, then, page.rows, ({ entry }) => entry.learnerId);
      const items = await Promise.all(rows.map((row) => this.rowShown(row, names)));
      return new Told({ items, next: page.next, total: page.total, asOf }, { position, subjects: items.length });
    });
  }

  /** With every score and who gave it, for the registry and for those who score. */
  @Get(':id')
  async readAttempt(@Req() request: EdgeRequest, @Param('id') attemptId: string, @Query() asked: Asked): Promise<Told | Refusal> {
    const { institution: institutionId } = principalOf(request);
    const when = asOfOf(this.parts, request, asked);
    const position = await this.parts.store.head();
    const log = { store: this.parts.store, decoder: this.parts.codec };
    const history = await historyAsOf<AttemptEvent>(log, institutionId, attemptStream(attemptId), when);
    const whole = entryOf(attemptId, history);
    if (!whole) return refuse('NOT_FOUND');
    const reach = await reachOf(this.parts, request, whole.learnerId);
    const scores = reach.to === 'institution' || reach.to === 'teacher' || reach.to === 'mentor';
    if (reach.to === 'enterprise' && !whole.told) return refuse('NOT_FOUND');
    const entry = scores || whole.told ? whole : untold(whole);
    const enrollment = await enrollmentAsOf(log, { institutionId, enrollmentId: entry.enrollmentId }, when);
    const studies = enrollment
      ? studiesOf(entry.enrollmentId, enrollment)
      : { enrollmentId: entry.enrollmentId, programId: '', entryDate: '' };
    const { lines } = await new Transcripts(this.parts, institutionId, when).of(studies, [entry]);
    const { earned: _earned, weighed: _weighed, ...line } = lineShown(lines[0]!) as Record<string, unknown>;
    const attempt = foldAttempt(history);
    const isTold = scores || entry.told;
    const [last] = await this.parts.store.readStream(attemptStream(attemptId), { backwards: true, limit: 1 });
    const revision = last!.revision;
    const body = {
      ...line,
      learnerId: entry.learnerId,
      enrollmentId: entry.enrollmentId,
      classId: entry.classId,
      contractId: entry.contractId,
      statusSince: isTold ? attempt.statusSince : null,
      scores: scores ? attempt.scores : [],
      resultRevision: isTold ? (attempt.resultRevision?.toString() ?? null) : null,
      submittedBy: scores ? attempt.submittedBy : null,
      moderatedBy: scores ? attempt.moderatedBy : null,
      appeal: attempt.appeal,
      voided: attempt.voided,
      approvals: reach.to === 'institution' ? approvalsShown(attempt.approvals) : [],
      revision: isTold ? revision.toString() : null,
      asOf: when,
    };
    return new Told(body, { ...(isTold ? { revision } : {}), position });
  }

  private async rowShown(
    { entry, identity: sealed, statusSince, updatedAt, revision }: AttemptRow,
    names: ApprenticeNames,
  ): Promise<object> {
    const identity = identityOf(sealed, (token) => this.parts.codec.reveal(token));
    const { courseId, said } = entry;
    return {
      attemptId: entry.attemptId,
      learnerId: entry.learnerId,
      enrollmentId: entry.enrollmentId,
      name: typeof identity === 'object' && identity !== null ? identity.name : identity,
      course: courseId === null ? { id: null, code: said?.code ?? null, ...said?.name } : await names.course(courseId),
      credits: entry.credits,
      kind: coded(entry.kind, attemptKinds),
      number: entry.number,
      follows: entry.follows,
      academicYear: entry.academicYear,
      term: entry.term,
      classId: entry.classId,
      contractId: entry.contractId,
      status: coded(entry.status, entryStatuses),
      statusSince,
      result: resultShown(entry.result),
      corrected: entry.corrected,
      appealUntil: entry.appealUntil,
      source: entry.source,
      updatedAt,
      revision: revision.toString(),
    };
  }
}
