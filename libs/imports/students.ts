import { claimsOf, enrollmentSource, idNumberValue, learnerSource } from '../contexts/enrollment/gates.ts';
import type { Whom } from '../intake/whom.ts';
import { claim } from '../kernel/claim.ts';
import { identityNow, isOpen, type Identity } from '../kernel/personal.ts';
import { source } from '../kernel/plan.ts';
import { isRefusal, refuse, type Refusal } from '../kernel/refusal.ts';
import type { ImportDeps } from './importing.ts';

/** Whom a student number means. */
export interface Student {
  readonly learnerId: string;
  readonly enrollmentId: string;
  /** Plain date; null where it is not on record. */
  readonly birthDate: string | null;
}

/** What is remembered of a number: who she is stays sealed, so that nothing opened outlives an erasure. */
interface Known {
  readonly learnerId: string;
  readonly enrollmentId: string;
  readonly identity: unknown;
}

/** What can change whom a number means or how she is called. Rare: everybody is looked up again. */
const moving = ['IdentityCorrected', 'PersonalDataErased', 'EnrollmentCorrected', 'AdmissionAnnulled', 'StatusChangeAnnulled'];
const limit = 20_000;

/**
 * Students by number: through the claim on the number, which says whose it is, and then remembered, because a term's sheet names each student
 * in batch after batch. Read from the log itself: an import must not depend on how far a view has come.
 */
export class Students {
  private readonly deps: ImportDeps;
  private readonly known = new Map<string, Promise<Known | Refusal>>();
  private scannedTo: bigint | null = null;
  private refreshing: Promise<void> | null = null;

  constructor(deps: ImportDeps) {
    this.deps = deps;
  }

  /** Forgets what may have changed since the last time. */
  refresh(): Promise<void> {
    this.refreshing ??= this.scan().finally(() => (this.refreshing = null));
    return this.refreshing;
  }

  private async scan(): Promise<void> {
    const { store } = this.deps;
    // Nothing is remembered yet, so nothing that was said before matters.
    this.scannedTo ??= await store.head();
    for (;;) {
      const page = await store.readAll(this.scannedTo, { types: moving, limit: 5000 });
      if (page.events.length > 0) this.known.clear();
      this.scannedTo = page.scannedTo;
      if (page.end) return;
    }
  }

  /** The student of a number if she bears the name. A refusal says no name: a sheet of guesses would read the one on record out. */
  async find(institutionId: string, studentNumber: string, name: string): Promise<Student | Refusal> {
    const key = `${institutionId}\n${studentNumber}`;
    let looking = this.known.get(key);
    if (!looking) {
      looking = this.look(institutionId, studentNumber);
      this.known.set(key, looking);
      if (this.known.size > limit) this.known.delete(this.known.keys().next().value!);
    }
    const found = await looking;
    if (isRefusal(found)) {
      // She may be registered by the next batch.
      this.known.delete(key);
      return found;
    }
    const { learnerId, enrollmentId } = found;
    const identity = identityNow(this.deps.codec.reveal(found.identity));
    if (!isOpen<Identity>(identity)) return refuse('LEARNER_ERASED');
    if (plain(identity.name) !== plain(name)) return refuse('NAME_DIFFERS', { studentNumber });
    return { learnerId, enrollmentId, birthDate: identity.birthDate ?? null };
  }

  /** Whom a row is about, however it names her. */
  async whom(institutionId: string, whom: Whom): Promise<Student | Refusal> {
    if ('studentNumber' in whom) return this.find(institutionId, whom.studentNumber, whom.name);
    if ('enrollmentId' in whom) return this.listed(institutionId, whom.enrollmentId);
    const { transactor, vault, codec } = this.deps;
    const claims = claimsOf(institutionId, (domain, text) => vault.hmac(domain, text));
    const { owner } = (await transactor.load(source(claims.streamOf('id-number', idNumberValue(whom)), claim))).state;
    if (owner === null) return refuse('ID_NUMBER_UNKNOWN');
    const learnerId = owner.slice('learner-'.length);
    const { state: learner } = await transactor.load(learnerSource(learnerId));
    if (!learner.known) return refuse('ID_NUMBER_UNKNOWN');
    const identity = identityNow(codec.reveal(learner.identity));
    if (!isOpen<Identity>(identity)) return refuse('LEARNER_ERASED');
    if (plain(identity.name) !== plain(whom.name)) return refuse('ID_NAME_DIFFERS');
    // The gate lets one be open at a time. One that ended is meant where there is no other: the row may say what ended it.
    const slots = Object.entries(learner.enrollments);
    const [enrollmentId] = slots.find(([, { to }]) => to === null) ?? (slots.length === 1 ? slots[0]! : []);
    if (enrollmentId === undefined) return refuse('NO_OPEN_ENROLLMENT');
    return { learnerId, enrollmentId, birthDate: identity.birthDate ?? null };
  }

  private async listed(institutionId: string, enrollmentId: string): Promise<Student | Refusal> {
    const { state, institutionId: of } = await this.deps.transactor.load(enrollmentSource(enrollmentId));
    if (!state.admission || of !== institutionId) return refuse('NOT_FOUND');
    return { learnerId: state.admission.learnerId, enrollmentId, birthDate: null };
  }

  private async look(institutionId: string, studentNumber: string): Promise<Known | Refusal> {
    const { transactor, vault } = this.deps;
    const unknown = refuse('STUDENT_NUMBER_UNKNOWN', { studentNumber });
    const claims = claimsOf(institutionId, (domain, text) => vault.hmac(domain, text));
    const { owner } = (await transactor.load(source(claims.streamOf('student-number', studentNumber), claim))).state;
    if (owner === null) return unknown;
    const enrollmentId = owner.slice('enrollment-'.length);
    const { state: enrollment } = await transactor.load(enrollmentSource(enrollmentId));
    // A writer that was refused or crashed may hold the number for a moment.
    if (enrollment.studentNumber !== studentNumber || !enrollment.admission) return unknown;
    const { learnerId } = enrollment.admission;
    const { state: learner } = await transactor.load(learnerSource(learnerId));
    return { learnerId, enrollmentId, identity: learner.identity };
  }
}

const dots = /[\s·•・‧･∙⋅]/g;

/** Sheets of another office may pad a name, write another middle dot or full-width letters. */
const plain = (name: string): string => name.normalize('NFKC').replaceAll(dots, '').toLowerCase();
