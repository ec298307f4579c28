import { enrollmentStatuses, retentionGrounds, suspensionGrounds } from '../events/catalog/enrollment.ts';
import type { Enrollment } from '../facts/enrollment.ts';
import type { Learner } from '../facts/learner.ts';
import { programFact, classFact } from '../facts/reference.ts';
import type { Bilingual } from '../kernel/bilingual.ts';
import { intakes, levels, studyForms, type CodeList } from '../kernel/codes.ts';
import type { Approvals } from '../kernel/four-eyes.ts';
import type { Identity } from '../kernel/personal.ts';
import type { Parts } from '../edge/parts.ts';

/** How records read in responses: codes with their words in both languages, personal parts opened for this one response. */

export interface Coded extends Bilingual {
  readonly code: string;
}

export const coded = (code: string | null, list: CodeList | Readonly<Record<string, Bilingual>>): Coded | null => {
  if (code === null) return null;
  const entry = Array.isArray(list)
    ? (list as CodeList).find((one) => one.code === code)
    : (list as Readonly<Record<string, Bilingual>>)[code];
  return { code, zh: entry?.zh ?? code, en: entry?.en ?? code };
};

/** Names of programs and classes, looked up once in a response. */
export class Names {
  private readonly parts: Parts;
  private readonly found = new Map<string, Promise<object | null>>();

  constructor(parts: Parts) {
    this.parts = parts;
  }

  program(id: string | null): Promise<object | null> {
    return this.once(id, 'program', async (programId) => {
      const { state } = await this.parts.transactor.load(programFact(programId));
      return state && { id: programId, code: state.code, ...state.name };
    });
  }

  class(id: string | null): Promise<object | null> {
    return this.once(id, 'class', async (classId) => {
      const { state } = await this.parts.transactor.load(classFact(classId));
      return state && { id: classId, name: state.name };
    });
  }

  private once(id: string | null, kind: string, find: (id: string) => Promise<object | null>): Promise<object | null> {
    if (id === null) return Promise.resolve(null);
    const key = `${kind} ${id}`;
    const known = this.found.get(key);
    if (known) return known;
    const finding = find(id);
    this.found.set(key, finding);
    return finding;
  }
}

/** After a correction the last word about an identity is sealed together with the one before. */
export const identityIn = (opened: unknown): Identity | 'erased' | null => {
  if (opened === null || opened === undefined) return null;
  if (typeof opened !== 'object') return 'erased';
  return 'new' in opened ? (opened.new as Identity) : (opened as Identity);
};

const suspensionKinds = {
  suspension: { zh: '休学', en: 'suspension' },
  'retained-status': { zh: '保留学籍', en: 'status retained' },
} as const;

const holdKinds = {
  clawback: { zh: '学分追回', en: 'clawback' },
  discipline: { zh: '纪律处分', en: 'discipline' },
} as const;

export const approvalsShown = (approvals: Approvals): readonly object[] =>
  Object.values(approvals).map(({ requestId, act, target, proposal, evidence, requestedBy, requestedAt, digest, outcome }) => ({
    requestId,
    act,
    target,
    proposal,
    evidence,
    requestedBy,
    requestedAt,
    digest,
    outcome,
  }));

export async function enrollmentShown(enrollmentId: string, s: Enrollment, names: Names): Promise<object> {
  const { admission } = s;
  const suspension = s.suspension && {
    kind: coded(s.suspension.kind, suspensionKinds),
    ground: coded(s.suspension.ground, { ...suspensionGrounds, ...retentionGrounds }),
    until: s.suspension.until,
  };
  return {
    enrollmentId,
    learnerId: admission?.learnerId ?? null,
    status: coded(s.status, enrollmentStatuses),
    statusSince: s.statusSince,
    program: await names.program(admission?.programId ?? null),
    class: await names.class(s.classId),
    studentNumber: s.studentNumber,
    entryDate: admission?.entryDate ?? null,
    intake: coded(admission?.intake ?? null, intakes),
    level: coded(admission?.level ?? null, levels),
    lengthOfStudyMonths: admission?.lengthOfStudyMonths ?? null,
    studyForm: coded(admission?.studyForm ?? null, studyForms),
    branch: admission?.branch ?? null,
    department: admission?.department ?? null,
    expectedGraduation: admission?.expectedGraduation ?? null,
    entranceScore: admission?.entranceScore ?? null,
    suspension: s.status === 'suspended' ? suspension : null,
    retainedUntil: s.status === 'place-retained' ? s.retainedUntil : null,
    registeredAt: s.registeredAt,
    recheck: s.recheck,
    academicYears: s.academicYears,
    convertibleUntil: s.convertibleUntil,
    endedAt: s.endedAt,
    locked: s.locked,
    /** A student of before the ledger: who attested it stands in the event. */
    importedFrom: s.imported && { run: s.imported.run, row: s.imported.row, fileDigest: s.imported.fileDigest },
    lastChangeAt: s.lastChangeAt,
    approvals: approvalsShown(s.approvals),
  };
}

export function learnerShown(learnerId: string, s: Learner, reveal: (value: unknown) => unknown): object {
  return {
    learnerId,
    identity: identityIn(reveal(s.identity)),
    contact: reveal(s.contact),
    guardians: Object.entries(s.guardians).map(([guardianId, sealed]) => {
      const guardian = reveal(sealed);
      return typeof guardian === 'object' ? { guardianId, ...guardian } : { guardianId, erased: true };
    }),
    holds: Object.entries(s.holds).map(([holdId, { kind, placedAt }]) => ({ holdId, kind: coded(kind, holdKinds), placedAt })),
    annulled: s.annulled,
    erased: s.erased,
    importedFrom: s.source && { run: s.source.run, row: s.source.row, fileDigest: s.source.fileDigest },
    lastChangeAt: s.lastChangeAt,
    approvals: approvalsShown(s.approvals),
  };
}
