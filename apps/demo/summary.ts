import { eventTypes } from '../../libs/events/events.ts';
import { accessCatalog } from '../../libs/events/catalog/access.ts';
import { apprenticeshipCatalog } from '../../libs/events/catalog/apprenticeship.ts';
import { assessmentCatalog } from '../../libs/events/catalog/assessment.ts';
import { commonCatalog } from '../../libs/events/catalog/common.ts';
import { curriculumCatalog } from '../../libs/events/catalog/curriculum.ts';
import { enrollmentCatalog } from '../../libs/events/catalog/enrollment.ts';
import { facultyCatalog } from '../../libs/events/catalog/faculty.ts';
import { operationsCatalog } from '../../libs/events/catalog/operations.ts';
import { partnershipCatalog } from '../../libs/events/catalog/partnership.ts';
import { accountOf, enrollmentIdOf, guardianAccountOf, learnerIdOf, studentNumberOf } from './ids.ts';
import { lifeOf, type Cohort } from './lives.ts';
import { officeOf } from './partners.ts';
import { asMentor, mentorAt, teacherAt } from './staff.ts';
import { identityOf } from './student.ts';
import type { Tally } from './tally.ts';
import type { World } from './teller.ts';

/** What somebody who just filled a ledger wants to know: how much there is, how fast it went, and where to look. */

/** One line on a terminal's standard error, redrawn at most ten times a second; silent elsewhere. */
export class ProgressLine {
  private readonly started = performance.now();
  private readonly tally: Tally;
  private drawn = 0;

  constructor(tally: Tally) {
    this.tally = tally;
  }

  get seconds(): number {
    return (performance.now() - this.started) / 1000;
  }

  /** `at` is an instant of the story. */
  show(at: string): void {
    const now = performance.now();
    if (!process.stderr.isTTY || now - this.drawn < 100) return;
    this.drawn = now;
    const { events } = this.tally;
    const rate = Math.round(events / this.seconds);
    process.stderr.write(`\r\x1b[2K${at.slice(0, 10)}  ${events} 事件 events  ${rate}/s`);
  }

  clear(): void {
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[2K');
  }
}

// ── counts ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const groups: readonly (readonly [string, object])[] = [
  ['学籍 enrollment', enrollmentCatalog],
  ['课程与方案 curriculum', curriculumCatalog],
  ['师资 faculty', facultyCatalog],
  ['合作单位 partnership', partnershipCatalog],
  ['学徒培养 apprenticeship', apprenticeshipCatalog],
  ['成绩 assessment', assessmentCatalog],
  ['双人复核与占用 four-eyes and claims', commonCatalog],
];

const countsByGroup = ({ counts }: Tally): readonly string[] =>
  groups.map(([name, catalog]) => {
    const total = Object.keys(catalog).reduce((sum, type) => sum + (counts.get(type) ?? 0), 0);
    return `  ${String(total).padStart(9)}  ${name}`;
  });

// ── where to look ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Lives that are cast by hand, so that they are there in every size. */
const worthReading: readonly (readonly [Cohort, number, string])[] = [
  [2024, 0, '学徒期满，第三评分人裁定 · apprenticeship to the end, a third marker'],
  [2024, 2, '签字后修改条款，姓名含罕用字 · terms changed after two signatures; a rare character in the name'],
  [2024, 8, '解除后转至另一企业接续 · continued at another enterprise'],
  [2024, 10, '企业导师被暂停，出现空档 · mentor suspended, a gap, another mentor'],
  [2024, 14, '误退学：撤销退学与解除 · withdrawn in error: status and contract put right by two people'],
  [2024, 15, '未成年学徒，监护人变更 · a minor; custody changed'],
  [2024, 18, '身份信息更正 · identity corrected'],
  [2024, 26, '录取信息更正，学徒期满 · admission corrected'],
  [2023, 1, '导入的学生，结业后转毕业 · imported; completed, later graduated'],
];

/** What to try next, with tokens of people of the story. */
export function farewell(world: World, tally: Tally, folder: string, seconds: number): string {
  const people = worthReading.map(([cohort, index, why]) => {
    const life = lifeOf(world, cohort, index);
    return `  ${studentNumberOf(life)}  ${identityOf(world, life).name}  ${learnerIdOf(world, life)}  ${enrollmentIdOf(world, life)}  ${why}`;
  });
  const inFolder = process.env['LEDGER_DATA'] ? `LEDGER_DATA=${folder} ` : '';
  const token = (words: string): string => `  ${inFolder}npm run -s ledger -- token ${words}`;
  const first = lifeOf(world, 2024, 0);
  const minor = lifeOf(world, 2024, 15);
  const yunfan = officeOf(world, 0);
  const mentor = asMentor(world, mentorAt(0, 3));
  return [
    '',
    `  ${tally.events} 个事件，${seconds.toFixed(1)} 秒 · events in ${seconds.toFixed(1)} s: ${Math.round(tally.events / seconds)}/s`,
    ...countsByGroup(tally),
    '',
    '  学号 · 姓名 · learner id · enrollment id',
    ...people,
    '',
    `  ${inFolder}npm start`,
    '  然后在另一终端取令牌 · then, in another terminal, tokens:',
    token('--sub zhou-min --role registrar'),
    token('--sub he-jianguo --role registrar'),
    token(`--sub ${accountOf(first)} --role learner --learner ${learnerIdOf(world, first)}`),
    token(`--sub ${guardianAccountOf(minor)}b --role guardian`),
    token(`--sub ${yunfan.personId} --role enterprise --org ${yunfan.organizationId}`),
    token(`--sub ${mentor.personId} --role mentor --org ${mentor.organizationId}`),
    token(`--sub ${teacherAt(0).account} --role teacher`),
    '',
    '',
  ].join('\n');
}

/** Types that nothing in the story brings about, with the reason. */
export const untold: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.keys(accessCatalog).map((type) => [type, 'written by whoever reads over HTTP'])),
  ...Object.fromEntries(Object.keys(operationsCatalog).map((type) => [type, 'written by whoever runs the ledger'])),
  CommandAbandoned: 'fences a writer that crashed',
  ...Object.fromEntries(
    ['StatusChangeAnnulled', 'ImportUndone', 'ImportRowsUndone', 'ImportUndoFinished'].map((type) => [
      type,
      'takes back a run that should not have been; the story has none',
    ]),
  ),
  EnrollmentClosingDropped: 'lets go of a graduation that was refused or never written',
};

export const toldTypes = (): readonly string[] => eventTypes.filter((type) => !(type in untold));
