import type { CodeList } from '../kernel/codes.ts';

/** Kinds of status change (异动类型) and what sheets say for them. */
export const statusChangeKinds = [
  { code: 'suspended', zh: '休学', en: 'suspension', accepts: ['申请休学', 'suspended'] },
  { code: 'status-retained', zh: '保留学籍', en: 'retained status', accepts: ['参军保留学籍', '入伍保留学籍'] },
  { code: 'resumed', zh: '复学', en: 'resumption', accepts: ['休学复学', '恢复入学', 'resumed'] },
  { code: 'major-changed', zh: '转专业', en: 'major change', accepts: ['转系', '调整专业', '专业变更'] },
  { code: 'class-changed', zh: '调班', en: 'class change', accepts: ['转班', '换班', '调整班级'] },
  { code: 'transferred-out', zh: '转学（转出）', en: 'transfer out', accepts: ['转学', '转出', '转学转出', '转学(转出)'] },
  { code: 'withdrawn', zh: '退学', en: 'withdrawal', accepts: ['自动退学', '申请退学', '办理退学', 'withdrawn'] },
  { code: 'expelled', zh: '开除学籍', en: 'expulsion', accepts: ['开除', 'expelled'] },
  { code: 'deceased', zh: '死亡', en: 'death', accepts: ['去世', '病故', 'deceased'] },
  { code: 'graduated', zh: '毕业', en: 'graduation', accepts: ['准予毕业', '结业换毕业', '结业转毕业', 'graduated'] },
  { code: 'completed', zh: '结业', en: 'completion', accepts: ['准予结业', 'completed'] },
  { code: 'incomplete', zh: '肄业', en: 'incomplete study', accepts: ['准予肄业', 'incomplete'] },
  { code: 'place-retained', zh: '保留入学资格', en: 'retained place', accepts: ['保留资格', '新生保留入学资格'] },
  { code: 'place-declined', zh: '放弃入学资格', en: 'declined place', accepts: ['未报到', '放弃入学', '取消入学（未报到）'] },
  { code: 'transferred-in', zh: '转学（转入）', en: 'transfer in', accepts: ['转入', '转学转入', '转学(转入)'] },
  { code: 'revoked', zh: '取消学籍', en: 'revocation', accepts: ['取消入学资格', '注销学籍', 'revoked'] },
  { code: 'annulled', zh: '录取作废', en: 'annulment of the admission', accepts: ['作废录取', '撤销录取', 'annulled'] },
  { code: 'withdrawal-reverted', zh: '撤销退学', en: 'reversal of a withdrawal', accepts: ['取消退学', '恢复学籍'] },
] as const satisfies CodeList;
export type StatusChangeKind = (typeof statusChangeKinds)[number]['code'];

/** Grounds of a suspension (休学原因). */
export const suspensionGroundWords = [
  {
    code: 'illness',
    zh: '因病',
    en: 'illness',
    accepts: ['病', '生病', '患病', '伤病', '因伤病', '因病休学', '疾病', '健康原因'],
  },
  {
    code: 'pregnancy',
    zh: '生育',
    en: 'pregnancy or childbirth',
    accepts: ['怀孕', '妊娠', '因生育', '怀孕生育', 'pregnancy', 'childbirth'],
  },
  { code: 'entrepreneurship', zh: '创业', en: 'founding a business', accepts: ['自主创业', '休学创业', '创业休学'] },
  { code: 'family', zh: '家庭原因', en: 'family', accepts: ['家庭', '家庭困难', '家庭变故', '家庭经济困难'] },
  { code: 'other', zh: '其他', en: 'other', accepts: ['其它', '其他原因'] },
] as const satisfies CodeList;

/** Grounds of retained status (保留学籍原因). */
export const retentionGroundWords = [
  {
    code: 'military-service',
    zh: '应征入伍',
    en: 'military service',
    accepts: ['入伍', '参军', '服兵役', '服役', '参军入伍', '应征参军', '义务兵役'],
  },
  {
    code: 'joint-program',
    zh: '跨校联合培养',
    en: 'joint program at another school',
    accepts: ['联合培养', '交流学习', '跨校交流', 'joint program'],
  },
  { code: 'other', zh: '其他', en: 'other', accepts: ['其它', '其他原因'] },
] as const satisfies CodeList;

/** Grounds of a withdrawal (退学原因): her own application, or one of six of the regulation. */
export const withdrawalGroundWords = [
  {
    code: 'own-application',
    zh: '本人申请',
    en: 'own application',
    accepts: ['个人申请', '自愿退学', '本人自愿', '个人原因', '主动退学', '学生本人申请'],
  },
  {
    code: 'academic-failure',
    zh: '学业成绩未达要求或超过最长学习年限',
    en: 'academic failure or over-time',
    accepts: ['学业成绩未达要求', '成绩不合格', '学业不合格', '学业未达要求', '超过最长学习年限', '超过学习年限', '超学习年限'],
  },
  {
    code: 'did-not-resume',
    zh: '休学或保留学籍期满未申请复学，或复学复查不合格',
    en: 'did not resume in time, or the review failed',
    accepts: ['期满未复学', '休学期满未复学', '保留学籍期满未复学', '逾期未复学', '未按期复学', '复学复查不合格', '复学不合格'],
  },
  {
    code: 'medically-unable',
    zh: '因病或意外伤残不能继续学习',
    en: 'medically unable',
    accepts: ['因病', '因伤病', '因病退学', '意外伤残', '伤残', '疾病', '因病不能继续学习'],
  },
  {
    code: 'absent-without-leave',
    zh: '未经批准连续两周未参加教学活动',
    en: 'two weeks absent without leave',
    accepts: ['连续两周未参加教学活动', '连续两周旷课', '旷课', '擅自离校'],
  },
  {
    code: 'not-registered-in-time',
    zh: '逾期未注册',
    en: 'did not register in time',
    accepts: ['未注册', '超期未注册', '未按期注册', '逾期不注册'],
  },
  {
    code: 'other-rule',
    zh: '学校规定的其他情形',
    en: 'other rule of the school',
    accepts: ['其他', '其它', '其他情形', '其他原因'],
  },
] as const satisfies CodeList;

/** Grounds of a transfer (转学理由) that the regulation names. A college's policy may accept others, by their codes. */
export const transferGroundWords = [
  { code: 'illness', zh: '患病', en: 'illness', accepts: ['因病', '疾病', '生病', '健康原因'] },
  {
    code: 'hardship',
    zh: '特殊困难',
    en: 'hardship',
    accepts: ['确有特殊困难', '困难', '家庭困难', '特别需要', '特殊困难或特别需要'],
  },
  { code: 'specialty', zh: '专长', en: 'specialty', accepts: ['特长', '特殊专长', '学业专长'] },
] as const satisfies CodeList;
