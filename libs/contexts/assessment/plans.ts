import { attemptFact, attemptStream, learnerOf, type Attempt } from '../../facts/attempt.ts';
import { teachingClassFact } from '../../facts/class.ts';
import { contractFact } from '../../facts/contract.ts';
import { courseFact, schemeFact } from '../../facts/curriculum.ts';
import { enrollmentFact } from '../../facts/enrollment.ts';
import { assessmentPolicyFact, calendarFact } from '../../facts/reference.ts';
import { teacherFact, teacherStream } from '../../facts/teacher.ts';
import { leg, type Plan, type Source } from '../../kernel/plan.ts';
import { attempts, type AttemptCommand } from './attempt.ts';

/** Which streams each command rests on. An attempt's own stream is its uniqueness, so nothing is taken elsewhere. */
export interface PlanContext {
  readonly institutionId: string;
  /** The enterprise mentor of the attempt's contract, as it was looked up: the decision checks that she still is. */
  readonly mentorId?: string | null;
}

type Sources = Readonly<Record<string, Source>>;

const named = (name: string, id: string | null | undefined, of: (id: string) => unknown): Sources =>
  id === null || id === undefined ? {} : { [name]: of(id) as Source };

export function planAttempt(attemptId: string, command: AttemptCommand, context: PlanContext): Plan<Attempt> {
  const { institutionId, mentorId } = context;

  const facts = (own: Attempt): Sources => {
    const scheme = named('scheme', own.opened?.schemeId, schemeFact);
    switch (command.type) {
      case 'OpenAttempt':
        return {
          ...named('enrollment', command.enrollmentId, enrollmentFact),
          ...named('course', command.courseId, courseFact),
          ...named('scheme', command.schemeId, schemeFact),
          ...named('calendar', institutionId, calendarFact),
          ...named('follows', command.follows, attemptFact),
          ...named('class', command.classId, teachingClassFact),
          ...named('contract', command.contractId, contractFact),
          ...(command.kind === 'make-up' ? named('policy', institutionId, assessmentPolicyFact) : {}),
        };
      case 'ScoreComponent':
        return {
          ...scheme,
          ...named('class', own.opened?.classId, teachingClassFact),
          ...named('contract', own.opened?.contractId, contractFact),
          ...(mentorId ? named(teacherStream(mentorId), mentorId, teacherFact) : {}),
        };
      case 'SubmitResult':
      case 'ModerateResult':
      case 'UpholdAppeal':
      case 'RequestGradeCorrection':
        return scheme;
      case 'PublishResult':
        return { ...named('calendar', institutionId, calendarFact), ...named('policy', institutionId, assessmentPolicyFact) };
      // A term's sheet has tens of thousands of rows, and its importer has looked everything up.
      case 'ImportResult':
      case 'FinalizeResult':
      case 'VoidAttempt':
      case 'FileAppeal':
      case 'DismissAppeal':
      case 'GrantApproval':
      case 'RefuseApproval':
        return {};
      default:
        return command satisfies never;
    }
  };

  return {
    own: leg(attemptStream(attemptId), attempts, command),
    subjectId: (own) =>
      learnerOf(own) ??
      (command.type === 'OpenAttempt' ? command.learnerId : command.type === 'ImportResult' ? command.content.learnerId : null),
    facts,
  };
}
