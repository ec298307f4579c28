import type { ContractEvent, ContractTerms, Party, Span } from '../../events/catalog/apprenticeship.ts';
import { sectionsUnconfirmedBy, unconfirmed, unsigned, type Contract, type StandingTerms } from '../../facts/contract.ts';
import { versionOf } from '../../facts/curriculum.ts';
import { refuse, type Refusal } from '../../kernel/refusal.ts';
import { needsDraft, orderRefusal, partyRefusal, speaksAs, withinRefusal, type ContractDecision, type K } from './guards.ts';

/** From the draft to the conclusion: terms are revised, every party confirms every section, and then signs exactly these terms. */
export type SigningCommand =
  | { readonly type: 'ReviseTerms'; readonly terms: ContractTerms; readonly guardianNeeded: boolean }
  | { readonly type: 'ConfirmSection'; readonly party: Party; readonly section: string; readonly digest: string }
  | {
      readonly type: 'SignContract';
      readonly party: Party;
      readonly termsDigest: string;
      readonly medium: 'electronic' | 'paper';
      /** Where the signed paper is kept; needed for paper. */
      readonly evidence: string | null;
    };

// ── terms ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Codes of sections that are there in one and not, or not with these words, in the other. */
export function changedSections(before: StandingTerms | null, after: ContractTerms): readonly string[] {
  const digests = (terms: StandingTerms | ContractTerms | null): ReadonlyMap<string, string> =>
    new Map((terms?.sections ?? []).map(({ code, digest }) => [code, digest]));
  const [old, now] = [digests(before), digests(after)];
  return [...new Set([...old.keys(), ...now.keys()])].filter((code) => old.get(code) !== now.get(code));
}

/** Every section that the policy asks for, each once; a plan that exists; dates in order, and within the offer's where there is one. */
export function termsRefusal(terms: ContractTerms, offer: Span | null, k: K): Refusal | null {
  const codes = terms.sections.map(({ code }) => code);
  const wrong = [
    ...k.facts.policy!.sections.filter((code) => !codes.includes(code)),
    ...codes.filter((code, at) => codes.indexOf(code) !== at),
  ];
  if (wrong.length > 0) return refuse('SECTIONS_MISSING', { sections: wrong });
  const { programId, version, courseIds } = terms.plan;
  if (!k.facts.program) return refuse('PROGRAM_UNKNOWN', { program: programId });
  if (version !== null && !versionOf(k.facts.plans!, version)) return refuse('PLAN_UNKNOWN', { program: programId, version });
  const unknown = courseIds.filter((id) => (k.facts[`course-${id}`] ?? []).length === 0);
  if (unknown.length > 0) return refuse('COURSE_UNKNOWN', { courses: unknown });
  return offer ? withinRefusal(terms, offer) : orderRefusal(terms);
}

// ── decisions ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

function revise(s: Contract, c: Extract<SigningCommand, { type: 'ReviseTerms' }>, k: K): ContractDecision {
  if (s.terms?.termsDigest === c.terms.termsDigest && s.guardianNeeded === c.guardianNeeded) return [];
  const refused = needsDraft(s, k) ?? termsRefusal(c.terms, k.facts.selection!.offer, k);
  if (refused) return refused;
  const { terms, guardianNeeded } = c;
  return [{ type: 'ContractTermsRevised', data: { ...terms, changed: changedSections(s.terms, terms), guardianNeeded } }];
}

function confirm(s: Contract, c: Extract<SigningCommand, { type: 'ConfirmSection' }>, k: K): ContractDecision {
  const { party, section, digest } = c;
  const current = s.terms?.sections.find(({ code }) => code === section)?.digest;
  const confirmed = current === digest && !sectionsUnconfirmedBy(s, party).includes(section);
  const refused = partyRefusal(s, party, k);
  if (refused) return refused;
  if (confirmed) return [];
  if (current === undefined) return refuse('SECTION_UNKNOWN', { section });
  const late = needsDraft(s, k);
  if (late) return late;
  if (current !== digest) return refuse('SECTION_CHANGED', { current });
  return [{ type: 'ContractSectionConfirmed', data: { party, section, digest } }];
}

/** Each party signs once, on exactly these terms. A repeat, the last one included, is no event. */
function sign(s: Contract, c: Extract<SigningCommand, { type: 'SignContract' }>, k: K): ContractDecision {
  const { party, termsDigest, medium, evidence } = c;
  const refused = partyRefusal(s, party, k) ?? mediumRefusal(c, k);
  if (refused) return refused;
  if (s.signatures[party]?.termsDigest === termsDigest) return [];
  const late = needsDraft(s, k);
  if (late) return late;
  if (s.terms?.termsDigest !== termsDigest) return refuse('TERMS_CHANGED', { current: s.terms?.termsDigest });
  const open = unconfirmed(s);
  if (open.length > 0) {
    const parties = open.map((one) => one.party);
    return refuse('SECTIONS_UNCONFIRMED', { parties, sections: [...new Set(open.flatMap(({ sections }) => sections))] });
  }
  const signed: ContractEvent = { type: 'ContractSigned', data: { party, termsDigest, medium, evidence } };
  const isLast = unsigned(s).every((one) => one === party);
  return isLast ? [signed, { type: 'ContractConcluded', data: {} }] : [signed];
}

/** With her own token, or on a paper that the registrar has before her. */
function mediumRefusal(c: Extract<SigningCommand, { type: 'SignContract' }>, k: K): Refusal | null {
  if (c.medium === 'electronic') return speaksAs(k.actor.role, c.party) ? null : refuse('PARTY_NOT_YOURS', { party: c.party });
  if (k.actor.role !== 'registrar') return refuse('PARTY_NOT_YOURS', { party: c.party });
  return c.evidence === null ? refuse('EVIDENCE_MISSING') : null;
}

export function decideSigning(s: Contract, c: SigningCommand, k: K): ContractDecision {
  switch (c.type) {
    case 'ReviseTerms':
      return revise(s, c, k);
    case 'ConfirmSection':
      return confirm(s, c, k);
    case 'SignContract':
      return sign(s, c, k);
    default:
      return c satisfies never;
  }
}
