import type { RecordFacts, Records } from '../../edge/parts.ts';
import type { RecordKind } from '../../edge/policy.ts';
import type { Identity } from '../../kernel/personal.ts';
import { source } from '../../kernel/plan.ts';
import { addMonths } from '../../kernel/time.ts';
import type { Codec } from '../../runtime/codec.ts';
import type { Loaded, Transactor } from '../../runtime/transact.ts';
import { classes, classStream } from './class.ts';
import { enrollmentSource, learnerSource } from './gates.ts';
import type { Learner } from './learner.ts';

const adultAtMonths = 18 * 12;
const nobody = (): boolean => false;

/** Whose the records of this context are, folded from the log at the moment of asking. */
export class EnrollmentRecords implements Records {
  private readonly transactor: Transactor;
  private readonly codec: Codec;

  constructor(transactor: Transactor, codec: Codec) {
    this.transactor = transactor;
    this.codec = codec;
  }

  async find(kind: RecordKind, id: string): Promise<RecordFacts | null> {
    switch (kind) {
      case 'learner':
        return this.learner(id);
      case 'enrollment': {
        const { state, institutionId } = await this.transactor.load(enrollmentSource(id));
        const person = state.admission ? await this.learner(state.admission.learnerId) : null;
        return person && institutionId === person.institutionId ? person : null;
      }
      case 'class': {
        const { state, institutionId } = await this.transactor.load(source(classStream(id), classes));
        return institutionId === null ? null : { institutionId, learnerId: null, isWardOf: nobody, teachers: state.teachers };
      }
      default:
        return kind satisfies never;
    }
  }

  private async learner(id: string): Promise<RecordFacts | null> {
    const { state, institutionId }: Loaded<Learner> = await this.transactor.load(learnerSource(id));
    if (institutionId === null || !state.known) return null;
    const isWardOf = (personId: string, today: string): boolean =>
      Object.hasOwn(state.guardians, personId) && this.isMinor(state, today);
    return { institutionId, learnerId: id, isWardOf, teachers: [] };
  }

  /** An unknown birth date counts as adult here: to count it as minor would show something. */
  private isMinor(state: Learner, today: string): boolean {
    const opened: unknown = this.codec.reveal(state.identity);
    if (typeof opened !== 'object' || opened === null) return false;
    const { birthDate } = 'new' in opened ? (opened.new as Identity) : (opened as Identity);
    return birthDate !== undefined && today < addMonths(birthDate, adultAtMonths);
  }
}
