import type { Scheme, SchemeEvent } from '../../events/catalog/curriculum.ts';
import { nextVersion, schemeVersions, type SchemeFact } from '../../facts/curriculum.ts';
import type { Decider, Decision } from '../../kernel/decider.ts';
import { refuse, type Refusal } from '../../kernel/refusal.ts';

/** An evaluation scheme (评价方案): what a result is made of. Key: code. Its versions are folded in facts, where attempts pin them. */
export { schemeIdOf, schemeStream } from '../../facts/curriculum.ts';

// ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────────────────

export type AdoptEvaluationScheme = { readonly type: 'AdoptEvaluationScheme' } & Scheme;

// ── templates ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** 4-4-2: exam, practical training, and the defense of the final comprehensive practice report. Adopted as it is, or after a change. */
export const fourFourTwo: Scheme = {
  code: '4-4-2',
  name: { zh: '“4-4-2”综合评价', en: '4-4-2 comprehensive evaluation' },
  components: [
    { code: 'exam', name: { zh: '理论考试', en: 'Examination' }, weight: 4000, kind: 'score', side: 'school' },
    { code: 'practical-training', name: { zh: '实训考核', en: 'Practical training' }, weight: 4000, kind: 'score', side: null },
    {
      code: 'defense',
      name: { zh: '综合实践报告答辩', en: 'Defense of the comprehensive practice report' },
      weight: 2000,
      kind: 'score',
      side: null,
    },
  ],
  rounding: { mode: 'half-up', unit: 100 },
  scale: 'points',
  gradesFrom: null,
  passMark: 6000,
  makeUpCap: 6000,
  dualAssessors: { divergence: 1500 },
};

export const schemeTemplates: readonly Scheme[] = [fourFourTwo];

// ── decisions ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Highest score there is, and all of the weights: hundredths of a point and basis points alike. */
const whole = 10_000;

function weighed({ components }: Scheme): Refusal | null {
  const codes = components.map(({ code }) => code);
  const twice = codes.filter((code, index) => codes.indexOf(code) !== index);
  if (twice.length > 0) return refuse('SCHEME_COMPONENT_TWICE', { components: [...new Set(twice)] });
  const sum = components.reduce((total, { weight }) => total + weight, 0);
  const odd = components.filter(({ weight }) => !Number.isSafeInteger(weight) || weight < 1);
  return sum === whole && odd.length === 0 ? null : refuse('SCHEME_WEIGHTS_WRONG', { sum });
}

/** A score that passes is never shown as failed, and the other way round. */
function graded({ scale, gradesFrom, passMark }: Scheme): Refusal | null {
  if (scale !== 'five-grade') return gradesFrom === null ? null : refuse('SCHEME_GRADES_WRONG', { gradesFrom, passMark });
  const steps = gradesFrom && [whole + 1, gradesFrom.excellent, gradesFrom.good, gradesFrom.medium, gradesFrom.pass];
  const descends = steps?.every((step, index) => index === 0 || step < steps[index - 1]!) ?? false;
  return descends && gradesFrom?.pass === passMark ? null : refuse('SCHEME_GRADES_WRONG', { gradesFrom, passMark });
}

/** Both sides can only assess what is open to both sides. */
function assessed({ components, dualAssessors }: Scheme): Refusal | null {
  if (dualAssessors === null) return null;
  for (const side of ['school', 'enterprise'] as const) {
    if (!components.some((component) => component.side === null || component.side === side)) {
      return refuse('SCHEME_SIDE_WITHOUT_COMPONENT', { side });
    }
  }
  return null;
}

function decide(versions: SchemeFact, { type: _type, ...scheme }: AdoptEvaluationScheme): Decision<SchemeEvent> {
  const version = nextVersion(versions, scheme);
  if (version === null) return [];
  const { passMark, makeUpCap, rounding } = scheme;
  const refused = weighed(scheme) ?? graded(scheme) ?? assessed(scheme);
  if (refused) return refused;
  if (whole % rounding.unit !== 0) return refuse('SCHEME_ROUNDING_WRONG', { unit: rounding.unit });
  if (makeUpCap !== null && makeUpCap < passMark) return refuse('SCHEME_CAP_BELOW_PASS_MARK', { makeUpCap, passMark });
  return [{ type: 'EvaluationSchemeAdopted', data: { version, ...scheme } }];
}

export const scheme: Decider<SchemeFact, AdoptEvaluationScheme, SchemeEvent> = { ...schemeVersions, decide };
