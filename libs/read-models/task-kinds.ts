import { contractParties, contractStatuses } from '../events/catalog/apprenticeship.ts';
import { enrollmentStatuses } from '../events/catalog/enrollment.ts';
import { fill, type Bilingual } from '../kernel/bilingual.ts';
import { entry } from '../kernel/same.ts';
import { endOfDay, startOfDay } from '../kernel/time.ts';
import type { Value } from '../ports/read-store.ts';
import { handedOverIn } from './apprentice-lists.ts';

/** What can be due, why, and where it stands: one SELECT for each kind, over the rows of several views. */

export const taskKinds = [
  'recheck',
  'suspension',
  'retained-place',
  'conversion',
  'approval',
  'hold-after-clearance',
  'offer-expiring',
  'contract-unsigned',
  'contract-start',
  'contract-status-lost',
  'contract-status-suspended',
  'mentor-missing',
  'insurance-ending',
  'handover',
  'third-marker',
  'result-to-finalize',
  'appeal',
] as const;
export type TaskKind = (typeof taskKinds)[number];

/** Those in which an enterprise has a part: of its own openings, contracts and batches. */
export const employerKinds: readonly TaskKind[] = [
  'offer-expiring',
  'contract-unsigned',
  'contract-start',
  'contract-status-lost',
  'contract-status-suspended',
  'mentor-missing',
  'insurance-ending',
  'handover',
];

/** What a kind is called in lists. */
export const taskTitles: Readonly<Record<TaskKind, Bilingual>> = {
  recheck: { zh: '入学资格复查', en: 're-check of the admission' },
  suspension: { zh: '休学期满', en: 'suspension ends' },
  'retained-place': { zh: '保留入学资格期满', en: 'retained place ends' },
  conversion: { zh: '结业换毕业', en: 'completion to diploma' },
  approval: { zh: '双人复核', en: 'second person' },
  'hold-after-clearance': { zh: '毕业后限制', en: 'hold after clearance' },
  'offer-expiring': { zh: '录用意向到期', en: 'offer expires' },
  'contract-unsigned': { zh: '协议待签', en: 'contract unsigned' },
  'contract-start': { zh: '协议待开始', en: 'contract to start' },
  'contract-status-lost': { zh: '学籍终止待解除', en: 'status lost, contract open' },
  'contract-status-suspended': { zh: '休学待暂停', en: 'status suspended, contract live' },
  'mentor-missing': { zh: '缺导师', en: 'mentor missing' },
  'insurance-ending': { zh: '保险到期', en: 'insurance ends' },
  handover: { zh: '批次交接', en: 'handover' },
  'third-marker': { zh: '第三评分人', en: 'third marker' },
  'result-to-finalize': { zh: '成绩待定稿', en: 'result to finalize' },
  appeal: { zh: '成绩申诉', en: 'appeal' },
};

const why: Readonly<Record<TaskKind, Bilingual>> = {
  recheck: { zh: '入学资格复查应于 {dueOn} 前完成。', en: 'The re-check of the admission is due by {dueOn}.' },
  suspension: {
    zh: '休学（保留学籍）于 {dueOn} 期满，尚未复学。',
    en: 'The suspension ends on {dueOn}, and study has not resumed.',
  },
  'retained-place': {
    zh: '保留入学资格于 {dueOn} 期满，尚未报到。',
    en: 'The place is retained until {dueOn}, and nobody has registered.',
  },
  conversion: { zh: '结业证书换发毕业证书的期限为 {dueOn}。', en: 'The completion can become a diploma until {dueOn}.' },
  approval: {
    zh: '{requestedBy} 申请的“{act}”等待另一人复核。',
    en: '{act}, requested by {requestedBy}, waits for a second person.',
  },
  'hold-after-clearance': {
    zh: '毕业审核通过之后又设置了限制（{holdKind}）。',
    en: 'A hold ({holdKind}) was placed after the graduation had been cleared.',
  },
  'offer-expiring': {
    zh: '录用将于 {expiresAt} 过期，申请人尚未答复。',
    en: 'The offer expires at {expiresAt} and is not answered.',
  },
  'contract-unsigned': {
    zh: '协议应自 {dueOn} 起履行，尚待签署：{unsigned}。',
    en: 'The contract is to start on {dueOn} and waits for signatures: {unsigned}.',
  },
  'contract-start': {
    zh: '协议已成立，起始日 {dueOn} 已到或将到，尚未开始。',
    en: 'The contract is concluded; its start on {dueOn} has come or is coming, and it has not started.',
  },
  'contract-status-lost': {
    zh: '学生学籍已变为“{enrollmentStatus}”，协议（{contractStatus}）须解除或了结。',
    en: 'The student is {enrollmentStatus}: the contract ({contractStatus}) must be terminated or settled.',
  },
  'contract-status-suspended': {
    zh: '学生休学或保留学籍，协议仍在履行，须中止。',
    en: 'The student is suspended while the contract is live: it must be suspended.',
  },
  'mentor-missing': { zh: '协议缺少{side}导师。', en: 'The contract has no mentor of the {side} who serves.' },
  'insurance-ending': {
    zh: '实习保险仅覆盖至 {insuredUntil}，协议至 {endsOn}。',
    en: 'Internship insurance covers up to {insuredUntil}, the contract runs to {endsOn}.',
  },
  handover: { zh: '相继批次之间的交接尚未由双方确认。', en: 'The handover between two batches is not acknowledged by both.' },
  'third-marker': {
    zh: '双方评分相差 {apart}，超过 {divergence}，需第三人评分（百分之一分）。',
    en: 'The sides differ by {apart}, more than {divergence}: a third marker is needed (hundredths).',
  },
  'result-to-finalize': {
    zh: '申诉期于 {dueOn} 结束，成绩待确定。',
    en: 'The appeal window ends on {dueOn}; the result is then to be finalized.',
  },
  appeal: { zh: '申诉待处理。', en: 'An appeal waits for a decision.' },
};

/** What codes among the facts of a task are called. */
const words: Readonly<Record<string, Readonly<Record<string, Bilingual>>>> = {
  enrollmentStatus: enrollmentStatuses,
  contractStatus: contractStatuses,
  side: contractParties,
  holdKind: { clawback: { zh: '学分追回', en: 'clawback' }, discipline: { zh: '纪律处分', en: 'discipline' } },
  act: {
    CorrectIdentity: { zh: '更正身份信息', en: 'A correction of the identity' },
    ErasePersonalData: { zh: '删除个人信息', en: 'An erasure of personal data' },
    AnnulAdmission: { zh: '作废录取', en: 'An annulment of the admission' },
    RevokeRegistration: { zh: '取消学籍', en: 'A revocation of the registration' },
    RevertWithdrawal: { zh: '撤销退学', en: 'A reversal of the withdrawal' },
    CorrectEnrollment: { zh: '更正学籍', en: 'A correction of the enrollment' },
    ReverseTermination: { zh: '撤销解除协议', en: 'A reversal of the termination' },
    CorrectGrade: { zh: '更正成绩', en: 'A correction of the grade' },
  },
};

/** Why something is due, in both languages, codes as their words. */
export function whyOf(kind: TaskKind, facts: Readonly<Record<string, unknown>>): Bilingual {
  const told = (language: 'zh' | 'en'): string => {
    const named = Object.entries(facts).map(([name, value]) => {
      const word = typeof value === 'string' ? entry(words[name] ?? {}, value) : undefined;
      return [name, word?.[language] ?? value] as const;
    });
    return fill(why[kind][language], Object.fromEntries(named));
  };
  return { zh: told('zh'), en: told('en') };
}

/** `horizon` and `today` are plain dates. */
interface Asked {
  readonly institutionId: string;
  readonly today: string;
  readonly horizon: string;
  readonly zone: string;
}

export const taskColumns = `kind, task_key, institution_id, learner_id, enrollment_id, organization_id, due_on, since, detail`;

const none = 'CAST(NULL AS TEXT)';

/** A JSON object of columns that hold no quotation mark: ids, codes, dates and numbers. */
const json = (fields: Readonly<Record<string, string>>): string =>
  `'{' || ${Object.entries(fields)
    .map(([name, column]) => `'"${name}":"' || COALESCE(${column}, '') || '"'`)
    .join(` || ',' || `)} || '}'`;

const ofEnrollment = (kind: TaskKind, day: string, since: string, condition: string): string =>
  `SELECT '${kind}' AS kind, enrollment_id AS task_key, institution_id, learner_id, enrollment_id, ${none} AS organization_id,
     ${day} AS due_on, COALESCE(${since}, '') AS since, '{}' AS detail
   FROM register_enrollment_$g WHERE institution_id = ? AND ${condition} AND ${day} <= ?`;

interface OfContract {
  readonly kind: TaskKind;
  readonly due?: string;
  readonly since?: string;
  readonly key?: string;
  readonly detail?: Readonly<Record<string, string>>;
  /** Beside `apprentice_contract_$g c`. */
  readonly joined?: string;
  readonly condition: string;
}

const ofContract = ({ kind, due, since, key, detail, joined, condition }: OfContract): string =>
  `SELECT '${kind}' AS kind, ${key ?? 'c.contract_id'} AS task_key, c.institution_id, c.learner_id, c.enrollment_id, c.organization_id,
     ${due ?? none} AS due_on, ${since ?? 'c.status_since'} AS since, ${json({ contractId: 'c.contract_id', ...detail })} AS detail
   FROM apprentice_contract_$g c ${joined ?? ''} WHERE c.institution_id = ? AND ${condition}`;

const ofAttempt = (kind: TaskKind, due: string, since: string, condition: string, more = ''): string =>
  `SELECT '${kind}' AS kind, a.attempt_id AS task_key, a.institution_id, a.learner_id, a.enrollment_id, ${none} AS organization_id,
     ${due} AS due_on, ${since} AS since, ${more === '' ? json({ attemptId: 'a.attempt_id' }) : more} AS detail
   FROM transcript_attempt_$g a`.concat(condition);

/** Who mentors a side now and serves; nobody where this finds no row. */
const servingMentor = (side: string): string =>
  `SELECT 1 FROM apprentice_mentor_$g m JOIN apprentice_teacher_$g t ON t.teacher_id = m.teacher_id
   WHERE m.contract_id = c.contract_id AND m.side = '${side}' AND m.until IS NULL AND t.serving = 1`;

/** Since when: the mentor's loss of standing, or the last change of the contract where nobody was ever assigned. */
const lostSince = (side: string): string =>
  `COALESCE((SELECT max(t.status_since) FROM apprentice_mentor_$g m JOIN apprentice_teacher_$g t ON t.teacher_id = m.teacher_id
     WHERE m.contract_id = c.contract_id AND m.side = '${side}' AND m.until IS NULL AND t.serving = 0), c.status_since)`;

const missingMentor = (side: 'school' | 'enterprise'): string =>
  ofContract({
    kind: 'mentor-missing',
    key: `c.contract_id || '/${side}'`,
    // Before the start it is due by then; afterwards at once.
    due: `CASE c.status WHEN 'concluded' THEN c.starts_on ELSE ${none} END`,
    since: lostSince(side),
    detail: { side: `'${side}'` },
    condition: `(c.status IN ('live', 'suspended') OR (c.status = 'concluded' AND c.starts_on <= ?)) AND NOT EXISTS (${servingMentor(side)})`,
  });

export const taskSelects: Readonly<Record<TaskKind, (asked: Asked) => [string, Value[]]>> = {
  recheck: ({ institutionId, horizon }) => [
    ofEnrollment('recheck', 'recheck_due_by', 'registered_at', `recheck_passed = 0 AND status IN ('registered', 'suspended')`),
    [institutionId, horizon],
  ],
  suspension: ({ institutionId, horizon }) => [
    ofEnrollment('suspension', 'suspension_until', 'status_since', 'suspension_until IS NOT NULL'),
    [institutionId, horizon],
  ],
  'retained-place': ({ institutionId, horizon }) => [
    ofEnrollment('retained-place', 'retained_until', 'status_since', 'retained_until IS NOT NULL'),
    [institutionId, horizon],
  ],
  // Once it is over there is nothing left to do.
  conversion: ({ institutionId, today, horizon }) => [
    ofEnrollment('conversion', 'convertible_until', 'status_since', 'convertible_until IS NOT NULL AND convertible_until >= ?'),
    [institutionId, today, horizon],
  ],
  approval: ({ institutionId }) => [
    `SELECT 'approval' AS kind, stream || '/' || request_id AS task_key, institution_id, learner_id, enrollment_id,
       ${none} AS organization_id, ${none} AS due_on, requested_at AS since, detail
     FROM task_approval_$g WHERE institution_id = ?`,
    [institutionId],
  ],
  'hold-after-clearance': ({ institutionId }) => [
    `SELECT 'hold-after-clearance' AS kind, h.learner_id || '/' || h.hold_id AS task_key, h.institution_id, h.learner_id, c.enrollment_id,
       ${none} AS organization_id, ${none} AS due_on, h.placed_at AS since, h.detail
     FROM task_hold_$g h JOIN task_clearance_$g c ON c.learner_id = h.learner_id AND c.position < h.position
     WHERE h.institution_id = ?`,
    [institutionId],
  ],
  // SQL knows no time zone: the day of the instant is told by whoever shows it. What expired is past doing.
  'offer-expiring': ({ institutionId, today, horizon, zone }) => [
    `SELECT 'offer-expiring' AS kind, s.selection_id AS task_key, s.institution_id, s.learner_id, s.enrollment_id, s.organization_id,
       substr(s.expires_at, 1, 10) AS due_on, s.status_since AS since,
       ${json({ selectionId: 's.selection_id', openingId: 's.opening_id', expiresAt: 's.expires_at' })} AS detail
     FROM apprentice_selection_$g s
     WHERE s.institution_id = ? AND s.expires_at BETWEEN ? AND ?`,
    [institutionId, startOfDay(today, zone), endOfDay(horizon, zone)],
  ],
  'contract-unsigned': ({ institutionId }) => [
    ofContract({
      kind: 'contract-unsigned',
      due: 'c.starts_on',
      detail: { unsigned: 'c.unsigned' },
      condition: `c.status = 'draft'`,
    }),
    [institutionId],
  ],
  'contract-start': ({ institutionId, horizon }) => [
    ofContract({ kind: 'contract-start', due: 'c.starts_on', condition: `c.status = 'concluded' AND c.starts_on <= ?` }),
    [institutionId, horizon],
  ],
  // Neither registered nor suspended: whoever trains must be a student. A draft or a concluded contract is cancelled, others terminated or completed.
  'contract-status-lost': ({ institutionId }) => [
    ofContract({
      kind: 'contract-status-lost',
      since: 'r.status_since',
      detail: { contractStatus: 'c.status', enrollmentStatus: 'r.status' },
      joined: 'JOIN register_enrollment_$g r ON r.enrollment_id = c.enrollment_id',
      condition: `c.status IN ('draft', 'concluded', 'live', 'suspended') AND r.status NOT IN ('registered', 'suspended')`,
    }),
    [institutionId],
  ],
  'contract-status-suspended': ({ institutionId }) => [
    ofContract({
      kind: 'contract-status-suspended',
      since: 'r.status_since',
      joined: 'JOIN register_enrollment_$g r ON r.enrollment_id = c.enrollment_id',
      condition: `c.status = 'live' AND r.status = 'suspended'`,
    }),
    [institutionId],
  ],
  'mentor-missing': ({ institutionId, horizon }) => [
    `${missingMentor('school')} UNION ALL ${missingMentor('enterprise')}`,
    [institutionId, horizon, institutionId, horizon],
  ],
  // A contract of before the ledger tells of its insurance in one word, without days.
  'insurance-ending': ({ institutionId, horizon }) => [
    ofContract({
      kind: 'insurance-ending',
      due: 'COALESCE(c.insured_until, c.starts_on)',
      detail: { insuredUntil: 'c.insured_until', endsOn: 'c.ends_on' },
      condition: `c.status IN ('concluded', 'live', 'suspended') AND c.imported = 0
        AND (c.insured_until IS NULL OR c.insured_until < c.ends_on) AND COALESCE(c.insured_until, c.starts_on) <= ?`,
    }),
    [institutionId, horizon],
  ],
  handover: ({ institutionId }) => [
    `SELECT 'handover' AS kind, x.placement_id || '/' || y.placement_id AS task_key, x.institution_id, ${none} AS learner_id,
       ${none} AS enrollment_id, x.organization_id, ${none} AS due_on, y.started_at AS since,
       ${json({ before: 'x.placement_id', after: 'y.placement_id', handedTo: 'x.handed_to' })} AS detail
     FROM apprentice_placement_$g x JOIN apprentice_placement_$g y ON y.follows = x.placement_id
     WHERE x.institution_id = ? AND NOT ${handedOverIn('x', 'y')}`,
    [institutionId],
  ],
  'third-marker': ({ institutionId }) => [
    ofAttempt(
      'third-marker',
      none,
      'a.updated_at',
      ` JOIN transcript_divergence_$g d ON d.scheme_id = a.scheme_id AND d.version = a.scheme_version
        WHERE a.institution_id = ? AND a.apart IS NOT NULL AND a.apart > d.divergence`,
      json({ attemptId: 'a.attempt_id', apart: 'a.apart', divergence: 'd.divergence' }),
    ),
    [institutionId],
  ],
  'result-to-finalize': ({ institutionId, today }) => [
    ofAttempt(
      'result-to-finalize',
      'a.appeal_until',
      'a.status_since',
      ` WHERE a.institution_id = ? AND a.status = 'published' AND a.appeal_until < ?`,
    ),
    [institutionId, today],
  ],
  appeal: ({ institutionId }) => [
    ofAttempt('appeal', none, 'a.appealed_at', ` WHERE a.institution_id = ? AND a.status = 'appealed'`),
    [institutionId],
  ],
};
