import type { Parts } from '../edge/parts.ts';
import { contractParties, terminationGrounds, type ContractTerms } from '../events/catalog/apprenticeship.ts';
import { catalog } from '../events/events.ts';
import { contractStatuses, initialContract, partiesNeeded, unconfirmed, unsigned, type Amendment } from '../facts/contract.ts';
import { courseFact, latestOf } from '../facts/curriculum.ts';
import { organizationFact } from '../facts/organization.ts';
import { selectionStatuses } from '../facts/selection.ts';
import { teacherFact, type Teacher } from '../facts/teacher.ts';
import { isOpen } from '../kernel/personal.ts';
import type { Gap } from '../read-models/apprentice-seams.ts';
import type { ContractStory, SelectionStory, Step } from '../read-models/apprentice-story.ts';
import type { Reach } from '../read-models/reach.ts';
import { coded, Names } from './shown.ts';
import { sides } from './transcript-shown.ts';

/** How the apprentice record reads in responses, to whom: what is another enterprise's, or tells how to reach somebody, stays away from enterprises. */

export const gapReasons = {
  'nobody-assigned': { zh: '未指定', en: 'nobody assigned' },
  suspended: { zh: '导师暂停资格', en: 'the mentor is suspended' },
  withdrawn: { zh: '导师退出', en: 'the mentor has withdrawn' },
} as const;

/** Whether somebody speaks for an enterprise or trains at one. */
export const isOutside = ({ to }: Reach): boolean => to === 'enterprise' || to === 'mentor';

/** Names of organizations, courses and teachers, each looked up once in a response. */
export class ApprenticeNames extends Names {
  private readonly of: Parts;
  private readonly known = new Map<string, Promise<object>>();

  constructor(parts: Parts) {
    super(parts);
    this.of = parts;
  }

  organization(id: string): Promise<object> {
    return this.find(`organization ${id}`, async () => {
      const { state } = await this.of.transactor.load(organizationFact(id));
      return { id, zh: state?.name.zh ?? id, en: state?.name.en ?? id };
    });
  }

  course(id: string): Promise<object> {
    return this.find(`course ${id}`, async () => {
      const { state } = await this.of.transactor.load(courseFact(id));
      const course = latestOf(state);
      return { id, code: course?.code ?? null, zh: course?.name.zh ?? id, en: course?.name.en ?? id };
    });
  }

  teacher(id: string): Promise<object> {
    return this.find(`teacher ${id}`, async () => {
      const { state } = await this.of.transactor.load(teacherFact(id));
      return { teacherId: id, name: this.nameOf(state) };
    });
  }

  nameOf({ profile }: Pick<Teacher, 'profile'>): string | null {
    const opened = this.of.codec.reveal(profile);
    return isOpen(opened) ? opened.name : opened === null ? null : 'erased';
  }

  private find(key: string, find: () => Promise<object>): Promise<object> {
    const known = this.known.get(key);
    if (known) return known;
    const finding = find();
    this.known.set(key, finding);
    return finding;
  }
}

export const stepShown = (step: Step, reach: Reach): object => ({
  type: step.type,
  title: catalog[step.type].title,
  effectiveAt: step.effectiveAt,
  recordedAt: step.recordedAt,
  by: isOutside(reach) ? { role: step.by.role } : step.by,
  about: isOutside(reach) ? { ...step.about, continuationOf: undefined } : step.about,
  annulled: step.annulled,
});

export async function selectionShown(
  selectionId: string,
  { state, steps }: SelectionStory,
  names: ApprenticeNames,
  { reach, reveal }: { readonly reach: Reach; readonly reveal: <T>(value: T) => T },
): Promise<object> {
  return {
    selectionId,
    learnerId: state.learnerId,
    enrollmentId: state.enrollmentId,
    openingId: state.openingId,
    organization: await names.organization(state.organizationId),
    status: coded(state.status, selectionStatuses),
    statusSince: state.statusSince,
    statement: reveal(state.statement),
    assessed: Object.entries(state.assessed).map(([by, said]) => ({ by: coded(by, sides), ...said })),
    offer: state.offer,
    rejectedBy: coded(state.rejectedBy, sides),
    steps: steps.map((step) => stepShown(step, reach)),
  };
}

const amendmentShown = ({
  amendmentId,
  by,
  terms,
  changed,
  proposedAt,
  expiresAt,
  settledAt,
  consents,
  outcome,
}: Amendment): object => ({
  amendmentId,
  by: coded(by, contractParties),
  from: terms.from,
  to: terms.to,
  post: terms.post,
  termsDigest: terms.termsDigest,
  changed,
  proposedAt,
  expiresAt,
  settledAt,
  consents,
  outcome,
});

const gapShown = ({ side, from, to, teacherId, why }: Gap): object => ({
  side: coded(side, sides),
  from,
  to,
  teacherId,
  why: coded(why, gapReasons),
});

/** With the salt, so that whoever reads them can check the digests that were signed. */
export const textsShown = (texts: ContractTerms['texts'] | null): unknown =>
  isOpen(texts) ? { salt: texts.salt, sections: Object.entries(texts.sections).map(([code, text]) => ({ code, text })) } : texts;

/** What lies beside a contract's own story. */
export interface ContractBeside {
  readonly gaps: readonly Gap[];
  /** Hundredths. */
  readonly hours: { readonly recorded: number; readonly confirmed: number };
  readonly reach: Reach;
}

export async function contractShown(
  contractId: string,
  { state, steps }: ContractStory,
  names: ApprenticeNames,
  { gaps, hours, reach }: ContractBeside,
): Promise<object> {
  const { of, terms, termination, imported, continues } = state;
  const whole = { ...initialContract, ...state };
  const isDraft = state.status === 'draft';
  return {
    contractId,
    learnerId: of?.learnerId ?? null,
    enrollmentId: of?.enrollmentId ?? null,
    selectionId: state.selectionId,
    organization: of && (await names.organization(of.organizationId)),
    status: coded(state.status, contractStatuses),
    statusSince: state.statusSince,
    post: terms?.post ?? null,
    from: terms?.from ?? null,
    to: terms?.to ?? null,
    startedOn: state.startedOn,
    endedOn: state.endedOn,
    plan: terms?.plan && {
      program: await names.program(terms.plan.programId),
      version: terms.plan.version,
      courses: await Promise.all(terms.plan.courseIds.map((courseId) => names.course(courseId))),
    },
    termsDigest: terms?.termsDigest ?? null,
    sections: terms?.sections.map(({ code, digest }) => ({ code, digest })) ?? [],
    parties: partiesNeeded(whole).map((party) => ({
      party: coded(party, contractParties),
      confirmed: Object.keys(state.confirmed[party] ?? {}),
      signature: state.signatures[party] ?? null,
    })),
    unconfirmed: isDraft ? unconfirmed(whole) : [],
    unsigned: isDraft ? unsigned(whole) : [],
    insurances: state.insurances,
    mentors: await Promise.all(
      state.mentors.map(async ({ side, teacherId, from, to }) => ({
        side: coded(side, sides),
        ...(await names.teacher(teacherId)),
        from,
        to,
      })),
    ),
    gaps: gaps.map(gapShown),
    suspensions: state.suspensions,
    amendments: Object.values(state.amendments).map(amendmentShown),
    gateway: state.gateway,
    hours,
    termination: termination && {
      ground: coded(termination.ground, terminationGrounds),
      noticeGivenOn: termination.noticeGivenOn,
      notice: termination.notice,
    },
    // The contract before may be another enterprise's.
    continues: continues && {
      contractId: isOutside(reach) ? null : continues.contractId,
      originalStart: continues.originalStart,
    },
    importedFrom: imported && {
      agreementNumber: imported.agreementNumber,
      signedOn: imported.signedOn,
      insurancePolicy: imported.insurancePolicy,
      endGround: imported.endGround,
      run: imported.source.run,
      row: imported.source.row,
      fileDigest: imported.source.fileDigest,
    },
    steps: steps.map((step) => stepShown(step, reach)),
  };
}
