import type { Bilingual } from './bilingual.ts';

/**
 * `conflict`: the record stands against it · `invalid`: the words are wrong · `not-found`: nothing there for this caller ·
 * `forbidden`: not this person · `precondition`: somebody was first · `unavailable`: try again later.
 */
export type RefusalKind = 'conflict' | 'invalid' | 'not-found' | 'forbidden' | 'precondition' | 'unavailable';

interface RefusalText extends Bilingual {
  readonly kind: RefusalKind;
}

const is = (kind: RefusalKind, zh: string, en: string): RefusalText => ({ kind, zh, en });

/** Every refusal of every decision, with its sentence; `{facts}` are filled in. Codes are stable: clients match on them. */
export const refusals = {
  NOT_FOUND: is('not-found', '没有这条记录，或您无权查看。', 'There is no such record for you.'),
  REVISION_CHANGED: is(
    'precondition',
    '记录已被他人更新：现为第 {actual} 版，您依据的是第 {expected} 版。',
    'The record has moved on: it is at revision {actual}, you expected {expected}.',
  ),
  IDEMPOTENCY_KEY_REUSED: is(
    'conflict',
    '此 Idempotency-Key 已用于另一个内容不同的命令。',
    'This Idempotency-Key was used for a different command.',
  ),
  TOO_BUSY: is('unavailable', '同一记录正被多人同时修改，请重试。', 'Too many writers on the same record; try again.'),
  TEXT_RESERVED: is(
    'invalid',
    '文本不得以“sealed.1.”开头：该写法保留给密文。',
    'Text must not contain “sealed.1.”: that is reserved for sealed values.',
  ),
  CURSOR_INVALID: is(
    'invalid',
    '游标不属于这次查询；请从第一页重新开始。',
    'The cursor does not belong to this query; start again from the first page.',
  ),
  EFFECTIVE_IN_FUTURE: is(
    'invalid',
    '生效时间 {effectiveAt} 晚于当前时间 {now}。',
    'It cannot become effective at {effectiveAt}, after now ({now}).',
  ),
  EFFECTIVE_BEFORE_LAST_CHANGE: is(
    'conflict',
    '生效时间 {effectiveAt} 早于上次变动 {lastChangeAt}；更正请走更正流程。',
    'Effective {effectiveAt} is before the last change at {lastChangeAt}; use a correction.',
  ),

  ID_NUMBER_TAKEN: is('conflict', '该证件号码已登记在另一名学生名下。', 'This id number belongs to another learner.'),
  STUDENT_NUMBER_TAKEN: is('conflict', '学号 {value} 已被使用。', 'Student number {value} is taken.'),
  LEARNER_ANNULLED: is('conflict', '该学生登记已作废。', 'This learner was annulled.'),
  LEARNER_ERASED: is('conflict', '该学生的身份信息已删除。', 'The identity of this learner was erased.'),
  LEARNER_HAS_ENROLLMENTS: is(
    'conflict',
    '该学生已有学籍记录，不能作废。',
    'This learner has enrollments and cannot be annulled.',
  ),
  GUARDIAN_NOT_LINKED: is('conflict', '未登记该监护人。', 'This guardian is not linked.'),
  HOLD_NOT_PLACED: is('conflict', '没有这项限制。', 'There is no such hold.'),
  HOLD_PLACED: is('conflict', '该学生有未解除的限制：{holds}。', 'A hold stands against this learner: {holds}.'),
  RETENTION_APPLIES: is(
    'conflict',
    '依法须保存 {purposes}，不能删除：{because}。',
    'The law makes the college keep {purposes}: {because}.',
  ),
  NOTHING_TO_ERASE: is('conflict', '这些用途的信息已经删除。', 'What these purposes cover was erased already.'),
  ENROLLMENT_ACTIVE: is(
    'conflict',
    '该学生已有在籍学籍 {enrollmentId}。',
    'This learner already has an active enrollment: {enrollmentId}.',
  ),
  PERIODS_OVERLAP: is('conflict', '与 {with}（{from} 至 {to}）重叠。', 'It overlaps {with} ({from} to {to}).'),

  PROGRAM_UNKNOWN: is('conflict', '没有这个专业：{program}。', 'There is no such program: {program}.'),
  PROGRAM_AMBIGUOUS: is(
    'conflict',
    '专业名称“{program}”对应多个专业：{candidates}。',
    'The name “{program}” fits several programs: {candidates}.',
  ),
  PROGRAM_CODE_DISAGREES: is(
    'conflict',
    '专业代码 {code} 的名称是“{expected}”，不是“{given}”。',
    'Program code {code} is named “{expected}”, not “{given}”.',
  ),
  CLASS_UNKNOWN: is('conflict', '没有这个班级：{class}。', 'There is no such class: {class}.'),
  CLASS_NOT_OPEN: is('conflict', '班级 {class} 已结班。', 'Class {class} is closed.'),
  CLASS_EXISTS: is('conflict', '班级“{name}”已存在且内容不同。', 'A class “{name}” exists with other content.'),
  CLASS_NOT_TEACHING: is(
    'conflict',
    '行政班的学生由学籍决定，不能编辑名单。',
    'Who is in an administrative class is said by the enrollments alone.',
  ),
  CLASS_NOT_ADMINISTRATIVE: is('conflict', '{class} 不是行政班。', '{class} is not an administrative class.'),
  CALENDAR_UNKNOWN: is('conflict', '尚未发布涵盖 {date} 的校历。', 'No published calendar covers {date}.'),
  ACADEMIC_YEAR_UNKNOWN: is('conflict', '校历中没有学年 {academicYear}。', 'The calendar has no academic year {academicYear}.'),
  CALENDAR_OVERLAPS: is(
    'invalid',
    '学年或学期的日期重叠或次序有误：{entries}。',
    'Years or terms overlap or are out of order: {entries}.',
  ),
  REFERENCE_EXISTS: is('conflict', '{what} 已存在且内容不同。', '{what} exists already with other content.'),

  COURSE_UNKNOWN: is('conflict', '没有这些课程：{courses}。', 'There are no such courses: {courses}.'),
  PLAN_BEFORE_LAST: is(
    'conflict',
    '适用的入学日期 {entriesFrom} 早于上一版的 {last}：已适用于学生的方案不变。',
    'For entries from {entriesFrom}, before the last version’s {last}: what students entered under stays.',
  ),
  PLAN_NAMES_TWICE: is('invalid', '方案中重复出现：{entries}。', 'The plan names these twice: {entries}.'),
  PLAN_WITHOUT_PLATFORM: is('invalid', '方案须有共享平台模块。', 'A plan needs a shared platform among its modules.'),
  PLAN_CREDITS_EXCEEDED: is(
    'invalid',
    '各模块学分之和 {modules} 超过方案要求的 {required}（百分之一学分）。',
    'The modules need {modules} together, more than the plan’s {required} (hundredths of a credit).',
  ),
  PLAN_MODULE_UNKNOWN: is('invalid', '方案没有这些模块：{modules}。', 'The plan has no such modules: {modules}.'),
  SCHEME_COMPONENT_TWICE: is('invalid', '分项重复：{components}。', 'Components are named twice: {components}.'),
  SCHEME_WEIGHTS_WRONG: is(
    'invalid',
    '各分项权重须为正整数且合计 10000 基点，现为 {sum}。',
    'Weights must be whole, positive and sum to exactly 10000 basis points; they sum to {sum}.',
  ),
  SCHEME_GRADES_WRONG: is(
    'invalid',
    '五级制须给出依次递减的等级下限，其中及格等于合格线 {passMark}；其他计分制不得给出。',
    'A five-grade scale needs strictly descending bounds, that of a pass at the pass mark {passMark}; other scales have none.',
  ),
  SCHEME_SIDE_WITHOUT_COMPONENT: is(
    'invalid',
    '双方评价须各有可评的分项：{side} 没有。',
    'Two assessors need a component open to each side: there is none for the {side}.',
  ),
  SCHEME_ROUNDING_WRONG: is('invalid', '舍入单位 {unit} 须能整除 10000。', 'The rounding unit {unit} must divide 10000.'),
  SCHEME_CAP_BELOW_PASS_MARK: is(
    'invalid',
    '补考成绩上限 {makeUpCap} 低于合格线 {passMark}，补考将无法合格。',
    'With a cap of {makeUpCap} below the pass mark {passMark} no make-up could pass.',
  ),
  FRAMEWORK_LEVELS_WRONG: is(
    'invalid',
    '资历框架须恰有 1 至 7 级，现为：{levels}。',
    'A framework has exactly the levels 1 to 7; given: {levels}.',
  ),
  FRAMEWORK_DESCRIPTORS_MISSING: is('invalid', '缺少等级描述：{missing}。', 'Descriptors are missing: {missing}.'),
  POLICY_CONTRADICTS_ITSELF: is('invalid', '政策自相矛盾：{fields}。', 'The policy contradicts itself in {fields}.'),

  ENROLLMENT_NOT_ADMITTED: is(
    'conflict',
    '只适用于已录取、尚未注册的学籍（保留入学资格者只能注册或作废）；现为“{status}”。',
    'This is for an admission that is not registered yet (a retained place can be registered or annulled); the enrollment is {status}.',
  ),
  ENROLLMENT_NOT_ACTIVE: is(
    'conflict',
    '须为在籍（已注册），现为“{status}”。',
    'The enrollment must be registered; it is {status}.',
  ),
  ENROLLMENT_NOT_SUSPENDED: is(
    'conflict',
    '须为休学或保留学籍，现为“{status}”。',
    'The enrollment must be suspended; it is {status}.',
  ),
  ENROLLMENT_NOT_OPEN: is('conflict', '学籍已终止：“{status}”。', 'The enrollment has ended: {status}.'),
  ENROLLMENT_NOT_WITHDRAWN: is(
    'conflict',
    '只有退学可以撤销，现为“{status}”。',
    'Only a withdrawal can be reverted; the enrollment is {status}.',
  ),
  ENROLLMENT_NOT_ENDED: is('conflict', '学籍尚未终止，现为“{status}”。', 'The enrollment has not ended; it is {status}.'),
  ENROLLMENT_NEVER_REGISTERED: is(
    'conflict',
    '该学籍从未注册，现为“{status}”。',
    'The enrollment was never registered; it is {status}.',
  ),
  RECORD_LOCKED: is('conflict', '记录已锁定，只能更正。', 'The record is locked: only corrections are possible.'),
  INTAKE_FORBIDS_MAJOR_CHANGE: is(
    'conflict',
    '招生类型“{intake}”不得转专业。',
    'An admission of the kind “{intake}” cannot change its major.',
  ),
  SAME_PROGRAM: is('conflict', '已在该专业。', 'The student is in this program already.'),
  PROGRAM_LEVEL_DIFFERS: is(
    'conflict',
    '转专业须在同一层次：现为 {from}，拟转 {to}。',
    'A major change stays on one level: now {from}, asked for {to}.',
  ),
  TRANSFER_IN_FIRST_SEMESTER: is('conflict', '入学第一学期不得转学。', 'No school transfer in the first semester.'),
  TRANSFER_IN_FINAL_YEAR: is(
    'conflict',
    '毕业年级不得转学（预计毕业 {expectedGraduation}）。',
    'No school transfer in the final year (expected graduation {expectedGraduation}).',
  ),
  TRANSFER_SCORE_TOO_LOW: is(
    'conflict',
    '入学成绩 {score} 低于转入专业录取分数 {required}。',
    'The entrance score {score} is below the receiving program’s {required}.',
  ),
  TRANSFER_TO_HIGHER_LEVEL: is(
    'conflict',
    '不得转入更高层次（{from} → {to}）。',
    'No transfer to a higher level ({from} to {to}).',
  ),
  TRANSFER_DIRECTED_INTAKE: is('conflict', '定向招生不得转学。', 'A directed intake cannot transfer.'),
  TRANSFER_WITHOUT_REASON: is('conflict', '须有正当理由：{accepted}。', 'A proper reason is needed: {accepted}.'),
  TRANSFER_DATES_UNKNOWN: is(
    'conflict',
    '无法判断是否毕业年级：缺少预计毕业日期。',
    'Whether this is the final year cannot be told: the expected graduation is unknown.',
  ),
  SUSPENSION_OVER: is('conflict', '休学应在未来结束：{until}。', 'The suspension must end after it begins: {until}.'),
  RESUMPTION_NOT_REVIEWED: is('conflict', '复学须经复查合格。', 'A resumption needs a passed review.'),
  RESUMPTION_APPLIED_LATE: is(
    'conflict',
    '复学申请 {appliedOn} 晚于休学期满 {until}。',
    'The application of {appliedOn} came after the suspension ended on {until}.',
  ),
  CONVERSION_TOO_LATE: is(
    'conflict',
    '结业换发毕业证书的期限已过：{deadline}。',
    'The time to convert a completion into a diploma ended on {deadline}.',
  ),
  NO_SUCH_FIELD: is('invalid', '{event} 没有可更正的字段“{field}”。', '{event} has no correctable field “{field}”.'),
  VALUE_NOT_ACCEPTED: is(
    'invalid',
    '“{field}”的新值不符合要求：应为{expected}。',
    'The new value of “{field}” is not acceptable: it must be {expected}.',
  ),
  NOTHING_TO_CORRECT: is('conflict', '新值与现值相同。', 'The new value is the present one.'),
  TARGET_UNKNOWN: is(
    'conflict',
    '第 {revision} 号事件不存在或不可更正。',
    'There is no correctable event at revision {revision}.',
  ),
  ENROLLMENT_UNKNOWN: is('not-found', '没有这条学籍。', 'There is no such enrollment.'),

  SAME_PERSON: is(
    'forbidden',
    '双人复核：前后两步须由不同的人完成，前一步是您做的。',
    'Four eyes: two steps take two people, and you took the first.',
  ),
  REQUEST_UNKNOWN: is('conflict', '没有这项待复核的申请。', 'There is no such pending request.'),
  REQUEST_DIGEST_DIFFERS: is(
    'conflict',
    '您复核的内容与申请不符（申请摘要 {digest}）。',
    'What you read is not what was requested (digest {digest}).',
  ),
  REQUEST_SETTLED: is('conflict', '该申请已处理：{outcome}。', 'The request is settled: {outcome}.'),
  REQUEST_PENDING: is(
    'conflict',
    '已有一项相同事项待复核：{requestId}。',
    'The same act is already awaiting approval: {requestId}.',
  ),

  TEACHER_UNKNOWN: is('conflict', '没有这位教师或导师。', 'There is no such teacher or mentor.'),
  TEACHER_OF_OTHER_SIDE: is(
    'conflict',
    '须为 {wanted} 一侧，该教师属于 {side}。',
    'It must be somebody of the {wanted}; this is one of the {side}.',
  ),
  TEACHER_OF_OTHER_ORGANIZATION: is(
    'conflict',
    '该教师或导师属于其他单位。',
    'This teacher or mentor belongs to another organization.',
  ),
  TEACHER_NOT_SERVING: is(
    'conflict',
    '该教师或导师自 {since} 起“{status}”。',
    'This teacher or mentor is {status} since {since}.',
  ),
  TEACHER_EXISTS: is(
    'conflict',
    '该单位已登记工号 {staffNumber}，且内容不同。',
    'Staff number {staffNumber} is registered there already, with other content.',
  ),
  TEACHER_ORGANIZATION_WRONG: is(
    'invalid',
    '企业导师须属于某企业，校内教师不属于任何企业。',
    'A mentor of the enterprise belongs to one; the college’s own staff belongs to none.',
  ),
  TEACHER_STATUS_FORBIDS: is(
    'conflict',
    '须为 {needed}，现为“{status}”。',
    'This is for somebody who is {needed}; this one is {status}.',
  ),
  ACCOUNT_TAKEN: is('conflict', '该账号已关联另一位教师或导师。', 'This account is linked to another teacher or mentor.'),
  PRACTICE_DATES_WRONG: is(
    'invalid',
    '企业实践须已结束，且天数不超过起止：{from} 至 {to}，{days} 天。',
    'An enterprise practice is over, and has no more days than its span: {from} to {to}, {days} days.',
  ),
  IMPROVEMENT_OVER: is('conflict', '整改期限须在未来：{until}。', 'The improvement must end after it begins: {until}.'),
  TEACHER_NOT_DUAL_QUALIFIED: is('conflict', '须为双师型教师。', 'A double-qualified teacher is needed.'),

  ATTEMPT_UNKNOWN: is(
    'conflict',
    '没有该学生这门课程的这次考核：{attempt}。',
    'This learner has no such attempt at this course: {attempt}.',
  ),
  ATTEMPT_EXISTS: is(
    'conflict',
    '该学生这门课程的第 {number} 次考核已存在且内容不同。',
    'Attempt {number} of this learner at this course exists with other content.',
  ),
  ATTEMPT_FOLLOWS_NONE: is(
    'conflict',
    '“{attemptKind}”须注明承接的是哪一次考核。',
    'Of this kind ({attemptKind}) an attempt must name the one that it follows.',
  ),
  ATTEMPT_UNDECIDED: is(
    'conflict',
    '上一次考核尚无成绩，现为“{status}”。',
    'The attempt before has no published result; it is {status}.',
  ),
  ATTEMPT_PASSED: is('conflict', '该课程已及格。', 'This course was passed already.'),
  ATTEMPT_KIND_NOT_ALLOWED: is(
    'conflict',
    '上一次考核为“{attemptOutcome}”，之后不能是“{attemptKind}”。',
    'The attempt before was {attemptOutcome}; what follows cannot be of this kind: {attemptKind}.',
  ),
  MAKE_UP_AFTER_CHEATING: is(
    'conflict',
    '作弊或违纪作废后不得补考，只能重修。',
    'After cheating or misconduct the policy allows no make-up, only a retake.',
  ),
  SCHEME_UNKNOWN: is('conflict', '没有这个评价方案或版本：{scheme}。', 'There is no such scheme or version: {scheme}.'),
  TERM_UNKNOWN: is(
    'conflict',
    '校历的学年 {academicYear} 中没有学期 {term}。',
    'The calendar has no term {term} in an academic year {academicYear}.',
  ),
  CLASS_IS_ADMINISTRATIVE: is(
    'conflict',
    '{class} 是行政班；考核须对应教学班。',
    '{class} is an administrative class; an attempt belongs to a teaching class.',
  ),
  CLASS_OF_OTHER_COURSE: is(
    'conflict',
    '教学班 {class} 讲授 {course}，不是 {wanted}。',
    'Class {class} teaches {course}, not {wanted}.',
  ),
  NOT_ON_ROSTER: is('conflict', '该学生不在教学班 {class} 的名单上。', 'The student is not on the roster of {class}.'),
  CONTRACT_UNKNOWN: is('conflict', '没有这份协议。', 'There is no such contract.'),
  CONTRACT_NOT_TRAINING: is(
    'conflict',
    '协议须在履行中或已履行，现为“{status}”。',
    'The contract must be live or fulfilled; it is {status}.',
  ),
  FINAL_WITHOUT_CONTRACT: is('conflict', '学徒制终结性考核须注明协议。', 'A final apprenticeship assessment needs its contract.'),
  GATEWAY_NOT_SIGNED: is(
    'conflict',
    '终结性考核前双方须签署考核准入，尚缺：{sides}。',
    'Both sides sign the gateway before a final assessment; missing: {sides}.',
  ),
  ATTEMPT_NOT_OPEN: is('conflict', '评分已结束，现为“{status}”。', 'Scoring is over: the attempt is {status}.'),
  ATTEMPT_VOIDED: is('conflict', '该次考核已作废。', 'This attempt was voided.'),
  COMPONENT_UNKNOWN: is(
    'invalid',
    '评价方案没有分项“{component}”，应为：{known}。',
    'The scheme has no component “{component}”; it has: {known}.',
  ),
  PART_NOT_SCORED: is(
    'invalid',
    '分项“{component}”按 {parts} 评分，不是 {part}。',
    'Component “{component}” is scored by {parts}, not by {part}.',
  ),
  SCORE_OUT_OF_RANGE: is(
    'invalid',
    '分数须为 0 至 10000 的整数（百分之一分），不是 {score}。',
    'A score is a whole number of hundredths from 0 to 10000, not {score}.',
  ),
  ASSESSOR_NOT_NAMED: is('invalid', '代录纸质成绩须注明评分人。', 'Whoever enters a paper score names the assessor whose it is.'),
  ASSESSOR_NOT_ALLOWED: is(
    'forbidden',
    '{assessor} 不是该教学班的教师，也不是培养方案含此课程的协议的现任企业导师。',
    '{assessor} neither teaches the class nor is the present enterprise mentor of a contract whose plan names the course.',
  ),
  COMPONENT_OF_OTHER_SIDE: is(
    'conflict',
    '分项“{component}”只由{side}一方评分。',
    'Component “{component}” is scored by the {side} alone.',
  ),
  COMPONENTS_NOT_SCORED: is('conflict', '尚未评分的分项：{components}。', 'These are not scored yet: {components}.'),
  BOTH_SIDES_NEEDED: is(
    'conflict',
    '须校企双方各有一人评分：{components}。',
    'An assessor of the school and one of the enterprise must score: {components}.',
  ),
  THIRD_MARKER_NEEDED: is(
    'conflict',
    '分项“{component}”双方评分相差超过 {divergence}（百分之一分），须第三人评分。',
    'Both sides differ by more than {divergence} hundredths on “{component}”: a third marker is needed.',
  ),
  THIRD_MARKER_NOT_NEEDED: is(
    'conflict',
    '分项“{component}”双方评分未超过允许的差距。',
    'Both sides do not differ too much on “{component}”.',
  ),
  THIRD_MARKER_NOT_INDEPENDENT: is(
    'conflict',
    '第三评分人不能是已评过该分项的 {assessor}。',
    'The third marker cannot be somebody who marks it otherwise: {assessor}.',
  ),
  THIRD_MARKER_GIVEN: is('conflict', '已有第三评分人 {assessor}。', 'There is a third marker already: {assessor}.'),
  RESULT_NOT_SUBMITTED: is(
    'conflict',
    '没有待复核的成绩，现为“{status}”。',
    'No result awaits moderation; the attempt is {status}.',
  ),
  RESULT_NOT_MODERATED: is(
    'conflict',
    '公布前须复核，现为“{status}”。',
    'A result is moderated before it is published; it is {status}.',
  ),
  RESULT_NOT_PUBLISHED: is('conflict', '须为已公布的成绩，现为“{status}”。', 'The result must be published; it is {status}.'),
  RESULT_FINAL: is('conflict', '成绩已确定，只能更正。', 'The result is final: only corrections are possible.'),
  REASON_NEEDED: is('invalid', '改动成绩须说明理由。', 'A change of the result needs its reason.'),
  APPEAL_TOO_LATE: is('conflict', '申诉期限已于 {until} 届满。', 'Appeals could be filed until {until}.'),
  APPEAL_OPEN: is('conflict', '申诉 {appealId} 尚未处理。', 'Appeal {appealId} is not settled.'),
  APPEAL_WINDOW_OPEN: is('conflict', '申诉期限至 {until}。', 'Appeals can be filed until {until}.'),
  APPEAL_UNKNOWN: is('conflict', '没有这项申诉：{appealId}。', 'There is no such appeal: {appealId}.'),
  APPEAL_SETTLED: is('conflict', '申诉已处理，每次考核只能申诉一次。', 'The appeal was settled; there is one for each attempt.'),

  ORGANIZATION_NOT_ENTERPRISE: is('conflict', '须为企业，该单位属于“{kind}”。', 'It must be an enterprise; this is a {kind}.'),
  DATES_OUT_OF_ORDER: is('invalid', '开始 {from} 晚于结束 {to}。', 'It would begin on {from}, after its end on {to}.'),
  DATES_OUTSIDE: is('conflict', '日期须在 {from} 至 {to} 之内。', 'The dates must lie within {from} to {to}.'),
  EXPIRY_PASSED: is('invalid', '期限 {expiresAt} 已过。', 'It would expire at {expiresAt}, which has passed.'),
  EVIDENCE_MISSING: is('invalid', '纸质签署须附凭证。', 'A signature on paper needs its evidence.'),

  OPENING_UNKNOWN: is('conflict', '没有这个学徒岗位。', 'There is no such opening.'),
  OPENING_CLOSED: is(
    'conflict',
    '该学徒岗位已停止申请（截止 {closesOn}）。',
    'This opening takes no more applications (closed on {closesOn}).',
  ),
  OPENING_OF_OTHER_PROGRAMS: is(
    'conflict',
    '该岗位不面向专业 {program}。',
    'This opening is not for students of program {program}.',
  ),
  APPLICATION_NOT_SUBMITTED: is(
    'conflict',
    '只能初审已提交的申请，现为“{status}”。',
    'Only a submitted application can be screened; it is {status}.',
  ),
  APPLICATION_NOT_SCREENED: is('conflict', '须初审通过，现为“{status}”。', 'The application must be screened; it is {status}.'),
  APPLICATION_OVER: is('conflict', '该申请已结束：“{status}”。', 'The application is over: {status}.'),
  ASSESSMENT_MISSING: is(
    'conflict',
    '须双方考核后才能录用，尚缺：{sides}。',
    'Both sides assess before an offer; missing: {sides}.',
  ),
  OFFER_NOT_OPEN: is('conflict', '没有待答复的录用，现为“{status}”。', 'No offer awaits an answer; the application is {status}.'),
  OFFER_EXPIRED: is('conflict', '录用已于 {expiresAt} 过期。', 'The offer expired at {expiresAt}.'),
  OFFER_NOT_EXPIRED: is('conflict', '录用至 {expiresAt} 有效。', 'The offer stands until {expiresAt}.'),
  OFFER_NOT_ACCEPTED: is(
    'conflict',
    '须有已接受的录用，现为“{status}”。',
    'An accepted offer is needed; the application is {status}.',
  ),
  OFFER_USED: is('conflict', '该录用已有协议，或已被撤回。', 'A contract rests on this offer already, or it was taken back.'),

  CONTRACT_NOT_DRAFT: is('conflict', '协议须为草拟，现为“{status}”。', 'The contract must be a draft; it is {status}.'),
  CONTRACT_NOT_CONCLUDED: is(
    'conflict',
    '协议须已成立、尚未开始，现为“{status}”。',
    'The contract must be concluded and not begun; it is {status}.',
  ),
  CONTRACT_BEGUN: is(
    'conflict',
    '只有尚未开始的协议可以取消，现为“{status}”。',
    'Only a contract that has not begun can be cancelled; it is {status}.',
  ),
  CONTRACT_NOT_LIVE: is('conflict', '协议须在履行中，现为“{status}”。', 'The contract must be live; it is {status}.'),
  CONTRACT_NOT_RUNNING: is(
    'conflict',
    '协议须在履行或中止中，现为“{status}”。',
    'The contract must be live or suspended; it is {status}.',
  ),
  CONTRACT_NOT_SUSPENDED: is('conflict', '协议须为中止，现为“{status}”。', 'The contract must be suspended; it is {status}.'),
  CONTRACT_NOT_TERMINATED: is('conflict', '协议须已解除，现为“{status}”。', 'The contract must be terminated; it is {status}.'),
  CONTRACT_OVER: is('conflict', '协议已结束：“{status}”。', 'The contract is over: {status}.'),
  CONTRACT_NOT_DUE: is(
    'conflict',
    '协议至 {to} 届满；此前须双方签署考核准入。',
    'The contract runs until {to}; before that both sides must have signed the gateway.',
  ),
  CONTINUES_ANOTHER_LEARNER: is('conflict', '只能接续本人的协议。', 'Only a contract of the same learner can be continued.'),
  CONTINUES_SAME_ENTERPRISE: is('conflict', '接续须在另一家企业。', 'A contract is continued at another enterprise.'),
  CONTINUES_BEFORE_STOP: is(
    'conflict',
    '开始 {from} 早于原协议解除日 {endedOn}。',
    'It would begin on {from}, before the other one stopped on {endedOn}.',
  ),
  PLAN_UNKNOWN: is(
    'conflict',
    '专业 {program} 没有第 {version} 版人才培养方案。',
    'Program {program} has no version {version} of its training program.',
  ),
  SECTIONS_MISSING: is('invalid', '缺少或重复的条款：{sections}。', 'Sections are missing or given twice: {sections}.'),
  SECTION_UNKNOWN: is('conflict', '协议没有这一条款：{section}。', 'The contract has no such section: {section}.'),
  SECTION_CHANGED: is('conflict', '该条款已修订（现摘要 {current}）。', 'The section was revised (its digest is now {current}).'),
  SECTIONS_UNCONFIRMED: is('conflict', '{parties}尚未确认条款：{sections}。', 'Not confirmed yet by the {parties}: {sections}.'),
  TERMS_CHANGED: is('conflict', '协议条款已变动（现摘要 {current}）。', 'The terms are not those (their digest is {current}).'),
  PARTY_NOT_NEEDED: is('conflict', '不需要 {party} 一方。', 'The {party} is no party to this.'),
  PARTY_NOT_YOURS: is('forbidden', '您不能代表 {party}。', 'You cannot speak for the {party}.'),
  TOO_YOUNG: is(
    'conflict',
    '须年满 {minimumAge} 周岁；出生日期不明者视为未满。',
    'The apprentice must be {minimumAge} years old; an unknown birth date counts as younger.',
  ),
  INSURANCE_MISSING: is('conflict', '没有涵盖 {on} 的实习保险。', 'No internship insurance covers {on}.'),
  START_NOT_REACHED: is('conflict', '协议自 {from} 起。', 'The contract begins on {from}.'),
  MENTOR_MISSING: is('conflict', '尚未指定 {side} 一方的导师。', 'There is no mentor of the {side}.'),
  MENTOR_ASSIGNED: is('conflict', '{side} 一方已有导师，请更换。', 'The {side} has a mentor already: replace her.'),
  MENTOR_OF_ANOTHER: is('forbidden', '您不是这份协议的现任导师。', 'You are not a mentor of this contract now.'),
  NOTHING_TO_AMEND: is('conflict', '条款没有变动。', 'These terms are the present ones.'),
  AMENDMENT_MOVES_START: is(
    'conflict',
    '协议已于 {from} 开始，不能变更。',
    'The contract began on {from}: that cannot be amended.',
  ),
  AMENDMENT_PENDING: is('conflict', '已有一项变更待各方同意：{amendmentId}。', 'An amendment is pending already: {amendmentId}.'),
  AMENDMENT_UNKNOWN: is('conflict', '没有这项变更。', 'There is no such amendment.'),
  AMENDMENT_SETTLED: is('conflict', '该变更已处理：{outcome}。', 'The amendment is settled: {outcome}.'),
  AMENDMENT_EXPIRED: is('conflict', '该变更已于 {expiresAt} 过期。', 'The amendment expired at {expiresAt}.'),
  AMENDMENT_NOT_EXPIRED: is('conflict', '该变更至 {expiresAt} 有效。', 'The amendment stands until {expiresAt}.'),
  NOTICE_AFTER_END: is(
    'invalid',
    '书面通知 {noticeGivenOn} 须不晚于解除日 {endedOn}。',
    'The written notice of {noticeGivenOn} must be given by the day of the end, {endedOn}.',
  ),
  IMPORTED_STATE_WRONG: is(
    'invalid',
    '履行中的协议没有解除日期和原因；已结束的须有结束日期，已解除的还须有原因。',
    'A live contract has no end; one that is over has its date, and a terminated one its ground.',
  ),
  WEEK_NOT_MONDAY: is(
    'invalid',
    '周以星期一的日期表示：{week} 不是星期一。',
    'A week is named by its Monday, which {week} is not.',
  ),
  WEEK_OUTSIDE_CONTRACT: is(
    'conflict',
    '{week} 这一周不在 {from} 至 {to} 之内。',
    'The week of {week} is not within {from} to {to}.',
  ),
  LOG_UNKNOWN: is('conflict', '{week} 这一周没有实习日志。', 'There is no training log of the week of {week}.'),
  LOG_CONFIRMED: is('conflict', '{week} 这一周的实习日志已经导师确认。', 'The training log of {week} was confirmed by a mentor.'),

  PLACEMENT_UNKNOWN: is('conflict', '没有这个实习批次。', 'There is no such batch.'),
  BATCH_OF_OTHER_PROJECT: is(
    'conflict',
    '只能接续同一企业同一项目的批次。',
    'A batch follows one of the same enterprise and project.',
  ),
  BATCH_ENDS_BEFORE: is(
    'invalid',
    '批次的结束日期 {until} 须在其开始之后。',
    'The batch must end after it begins, not on {until}.',
  ),
  BATCH_DOES_NOT_FOLLOW: is('conflict', '该批次不接续本批次。', 'That batch does not follow this one.'),
  HANDOVER_NOT_GIVEN: is('conflict', '两批次之间尚未交接。', 'Nothing was handed over between these batches.'),

  ROW_DIFFERS: is(
    'conflict',
    '与已有记录不同：{differences}。更正请走更正流程。',
    'It differs from what is recorded: {differences}. Use a correction.',
  ),
  STUDENT_NUMBER_MISSING: is(
    'invalid',
    '在籍、休学或保留学籍的学生须有学号。',
    'A student on the register needs a student number.',
  ),
  STUDENT_NUMBER_UNKNOWN: is('conflict', '没有学号 {studentNumber}。', 'There is no student number {studentNumber}.'),
  NAME_DIFFERS: is(
    'conflict',
    '学号 {studentNumber} 登记的是另一个姓名，请核对学号和姓名。',
    'Student number {studentNumber} is on record under another name: check number and name.',
  ),
  ORGANIZATION_UNKNOWN: is('conflict', '没有登记这个单位：{organization}。', 'There is no such organization: {organization}.'),
  ORGANIZATION_AMBIGUOUS: is(
    'conflict',
    '单位名称“{organization}”对应多个单位：{candidates}。',
    'The name “{organization}” fits several organizations: {candidates}.',
  ),
  MENTOR_UNKNOWN: is(
    'conflict',
    '没有登记工号为 {staffNumber} 的导师（{side}）。',
    'No mentor with the staff number {staffNumber} is registered ({side}).',
  ),
  GUARDIAN_SIGNATURE_MISSING: is(
    'conflict',
    '学生在开始日期 {from} 未成年或出生日期不详，须有监护人姓名和签字日期。',
    'The student is a minor on {from}, or her birth date is unknown: a guardian’s name and signing date are needed.',
  ),
  COURSE_CREDITS_DIFFER: is(
    'conflict',
    '课程 {course} 登记的学分是 {recorded}，表中是 {given}。',
    'Course {course} has {recorded} credits on record; the sheet says {given}.',
  ),
  ID_NUMBER_UNKNOWN: is('conflict', '没有登记这个证件号码的学生。', 'Nobody is on record under this id number.'),
  ID_NAME_DIFFERS: is(
    'conflict',
    '该证件号码登记的是另一个姓名，请核对证件号码和姓名。',
    'The id number is on record under another name: check number and name.',
  ),
  NO_OPEN_ENROLLMENT: is(
    'conflict',
    '该证件号码的学生没有未终止的学籍；已有学号的请填学号。',
    'Whoever bears this id number has no open enrollment; name her by her student number if she has one.',
  ),
  CLASS_DIFFERS: is(
    'conflict',
    '原班级不符：登记为“{recorded}”，表中为“{given}”。',
    'The former class differs: on record is “{recorded}”, the sheet says “{given}”.',
  ),
  SECOND_PERSON_NEEDED: is(
    'conflict',
    '“{change}”须双人复核，不能按名单办理：由一人提交申请（{how}），另一人复核。',
    '{change}: two people are needed, so no list does it. One requests it ({how}), another grants it.',
  ),
  TRANSFER_IN_NOT_LISTED: is(
    'conflict',
    '转入会新开学籍，须逐人登记转出学校和录取信息：{how}。',
    'A transfer in opens an enrollment and needs its own particulars: {how}.',
  ),
  CREDITS_NOT_ATTESTED: is(
    'conflict',
    '毕业审核不合格，不能毕业；可登记为结业或肄业。',
    'The credits were not attested: she cannot graduate; completion or incomplete study can be recorded.',
  ),
  BATCH_INCOMPLETE: is('invalid', '还须填写：{missing}。', 'This is needed too: {missing}.'),
  BATCH_TOO_LARGE: is(
    'invalid',
    '符合条件的有 {count} 人，一次最多 {limit} 人：请按班级办理。',
    '{count} people fit; at most {limit} are possible at once: go class by class.',
  ),
  RUN_UNKNOWN: is('not-found', '没有这个导入批次。', 'There is no such import run.'),
  RUN_UNDONE: is('conflict', '该导入批次已撤销。', 'The import run was undone.'),
  RUN_NOT_UNDOABLE: is(
    'conflict',
    '“{kind}”的导入不能整批撤销：课程、专业等以新版本更正，成绩和协议各有更正流程。',
    'A run of {kind} is not taken back as a whole: reference data is corrected by a new version, results and contracts by corrections of their own.',
  ),
  UNDO_NOT_GRANTED: is('conflict', '撤销该批次尚未经复核同意。', 'Nobody granted that this run be undone.'),
  CHANGED_SINCE: is('conflict', '此后又有：{since}。未撤销。', 'Since then: {since}. It was not taken back.'),
  RUN_FINISHED: is('conflict', '该导入批次已结束。', 'The import run is finished.'),

  REBUILD_RUNNING: is(
    'conflict',
    '该视图正在进行另一种重建（{mode}），请等它结束或先取消。',
    'Another kind of rebuild of this view is on its way ({mode}); wait for its end, or cancel it first.',
  ),
  REBUILD_NOT_RUNNING: is('conflict', '该视图没有正在进行的重建。', 'No rebuild of this view is on its way.'),
  REBUILD_NOT_FAILED: is(
    'conflict',
    '上次重建没有失败，无需重试。',
    'The last rebuild did not fail: there is nothing to try again.',
  ),
  REBUILD_NEEDED: is(
    'conflict',
    '视图的折叠规则已改为第 {version} 版，重建不能取消，只能暂停。',
    'The view is folded in version {version} now: its rebuild can be paused, not cancelled.',
  ),
} as const satisfies Record<string, RefusalText>;

export type RefusalCode = keyof typeof refusals;

/** What any command may be answered, whatever it asks for. */
export const commonRefusals = [
  'NOT_FOUND',
  'REVISION_CHANGED',
  'IDEMPOTENCY_KEY_REUSED',
  'TOO_BUSY',
  'EFFECTIVE_IN_FUTURE',
  'TEXT_RESERVED',
] as const satisfies readonly RefusalCode[];
