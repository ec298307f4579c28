import { claimsOf, enrollmentSource, learnerSource } from '../contexts/enrollment/gates.ts';
import type { Enrollment } from '../facts/enrollment.ts';
import { claim } from '../kernel/claim.ts';
import { identityNow, isOpen, type Identity } from '../kernel/personal.ts';
import { source } from '../kernel/plan.ts';
import { refuse, type Refusal } from '../kernel/refusal.ts';
import type { ImportDeps, Run } from './importing.ts';

/** Whom a student number means. */
export interface Student {
  readonly learnerId: string;
  readonly enrollmentId: string;
  readonly enrollment: Enrollment;
  /** Plain date; null where it is not on record. */
  readonly birthDate: string | null;
}

/**
 * Students by number, for the rows of one batch: through the claim on the number, which says at once whose it is. A sheet names each student
 * many times, and what a batch has looked up answers for all its rows.
 */
export class Students {
  private readonly deps: ImportDeps;
  private readonly run: Run;
  private readonly found = new Map<string, Promise<(Student & { readonly identity: Identity }) | Refusal>>();

  constructor(deps: ImportDeps, run: Run) {
    this.deps = deps;
    this.run = run;
  }

  /** The student of a number if she bears the name. A refusal does not say the name on record: a sheet of guesses would read it out. */
  async find(studentNumber: string, name: string): Promise<Student | Refusal> {
    let looking = this.found.get(studentNumber);
    if (!looking) {
      looking = this.look(studentNumber);
      this.found.set(studentNumber, looking);
    }
    const student = await looking;
    if ('refused' in student) return student;
    return plain(student.identity.name) === plain(name) ? student : refuse('NAME_DIFFERS', { studentNumber, name });
  }

  private async look(studentNumber: string): Promise<(Student & { readonly identity: Identity }) | Refusal> {
    const { transactor, vault, codec } = this.deps;
    const unknown = refuse('STUDENT_NUMBER_UNKNOWN', { studentNumber });
    const claims = claimsOf(this.run.institutionId, (domain, text) => vault.hmac(domain, text));
    const { owner } = (await transactor.load(source(claims.streamOf('student-number', studentNumber), claim))).state;
    if (owner === null) return unknown;
    const enrollmentId = owner.slice('enrollment-'.length);
    const { state: enrollment } = await transactor.load(enrollmentSource(enrollmentId));
    // A writer that was refused or crashed may hold the number for a moment.
    if (enrollment.studentNumber !== studentNumber || !enrollment.admission) return unknown;
    const { learnerId } = enrollment.admission;
    const { state: learner } = await transactor.load(learnerSource(learnerId));
    const identity = identityNow(codec.reveal(learner.identity));
    if (!isOpen<Identity>(identity)) return refuse('LEARNER_ERASED');
    return { learnerId, enrollmentId, enrollment, birthDate: identity.birthDate ?? null, identity };
  }
}

/** Sheets of another office may pad a name, write another middle dot or full-width letters. */
const plain = (name: string): string =>
  name
    .normalize('NFKC')
    .replaceAll(/[\s·•・‧･∙⋅]/g, '')
    .toLowerCase();
