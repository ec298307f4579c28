import { attemptKinds, resultCodes } from '../events/catalog/assessment.ts';
import { courseNatures, fiveGrades } from '../events/catalog/curriculum.ts';
import { Agrees, Flag, Nested, NestedList, OneOf, PlainDate, Shaped, Text, Whole } from '../edge/fields.ts';
import { contractStatuses, terminationGroundWords } from '../intake/contracts.ts';
import { mentorSides } from '../intake/mentors.ts';
import { organizationKinds } from '../intake/organizations.ts';
import { ethnicGroups, idTypes, intakes, levels, politicalStatuses, rosterStatuses, sexes, studyForms } from '../kernel/codes.ts';
import { checkCreditCode } from '../kernel/national-id.ts';

/** Rows as clients map them (libs/intake), one class for each kind of file. Absent fields were blank cells. */

// ── roster and programs ────────────────────────────────────────────────────────────────────────────────────────────────────

class IdentityField {
  @Text(100, { example: '王芳' })
  name!: string;
  @OneOf(sexes, { optional: true })
  sex?: string;
  @PlainDate({ optional: true, example: '2008-01-01' })
  birthDate?: string;
  @OneOf(idTypes)
  idType!: string;
  @Text(64, { example: '440305200801010019' })
  idNumber!: string;
  @Text(18, { optional: true })
  candidateNumber?: string;
  @OneOf(politicalStatuses, { optional: true })
  politicalStatus?: string;
  @OneOf(ethnicGroups, { optional: true })
  ethnicGroup?: string;
  @Text(2000, { optional: true })
  note?: string;
}

class ContactField {
  @Text(40, { optional: true, example: '13800000000' })
  phone?: string;
  @Text(100, { optional: true })
  guardianName?: string;
  @Text(40, { optional: true })
  guardianPhone?: string;
}

class ProgramField {
  @Text(32, { optional: true, example: '530701' })
  code?: string;
  @Text(200, { optional: true, example: '电子商务' })
  name?: string;
}

export class RosterRow {
  @Whole(1, 10_000_000, { description: 'Row in the sheet; its answer carries it', example: 2 })
  row!: number;
  @Text(32, { optional: true, example: '2026010001', description: 'Registers the student where it is given' })
  studentNumber?: string;
  @Nested(IdentityField)
  identity!: IdentityField;
  @Nested(ContactField, { optional: true })
  contact?: ContactField;
  @Nested(ProgramField)
  program!: ProgramField;
  @OneOf(levels, { optional: true })
  level?: string;
  @Whole(1, 120, { optional: true, example: 36 })
  lengthOfStudyMonths?: number;
  @OneOf(studyForms, { optional: true })
  studyForm?: string;
  @PlainDate()
  entryDate!: string;
  @Text(100, { optional: true })
  branch?: string;
  @Text(100, { optional: true })
  department?: string;
  @Text(100, { optional: true, example: '2026级电商1班' })
  className?: string;
  @PlainDate({ optional: true, example: '2029-06-30' })
  expectedGraduation?: string;
  @OneOf(intakes, { optional: true })
  intake?: string;
  @OneOf(rosterStatuses, { optional: true, description: 'For students who were there before the ledger' })
  status?: string;
  @PlainDate({ optional: true })
  statusDate?: string;
}

class ProgramNameField {
  @Text(200, { example: '电子商务' })
  zh!: string;
  @Text(200, { optional: true, example: 'E-commerce' })
  en?: string;
}

export class ProgramRow {
  @Whole(1, 10_000_000, { example: 2 })
  row!: number;
  @Text(32, { example: '530701' })
  code!: string;
  @Nested(ProgramNameField)
  name!: ProgramNameField;
  @OneOf(levels, { example: 'junior-college' })
  level!: string;
  @Whole(1, 120, { optional: true, example: 36 })
  lengthOfStudyMonths?: number;
  @Text(200, { optional: true })
  group?: string;
}

// ── courses and organizations ──────────────────────────────────────────────────────────────────────────────────────────────

class CourseNameField {
  @Text(100, { example: '网店运营' })
  zh!: string;
  @Text(100, { optional: true, example: 'Online Shop Operation' })
  en?: string;
}

export class CourseRow {
  @Whole(1, 10_000_000, { example: 2 })
  row!: number;
  @Text(32, { example: 'DS101' })
  code!: string;
  @Nested(CourseNameField)
  name!: CourseNameField;
  @Whole(0, 10_000, { description: 'Hundredths of a credit', example: 350 })
  credits!: number;
  @Whole(0, 10_000, { example: 56 })
  hours!: number;
  @OneOf(courseNatures)
  nature!: string;
  @Text(100, { optional: true, example: '专业核心课' })
  category?: string;
  @Text(100, { optional: true })
  module?: string;
  @Whole(1, 7, { optional: true, example: 4, description: 'Level of the qualifications framework' })
  frameworkLevel?: number;
}

class OrganizationNameField {
  @Text(200, { example: '江南电子商务有限公司' })
  zh!: string;
  @Text(200, { optional: true, example: 'Jiangnan E-commerce Ltd.' })
  en?: string;
}

export class OrganizationRow {
  @Whole(1, 10_000_000, { example: 2 })
  row!: number;
  @Agrees<OrganizationRow>(
    {
      code: 'CREDIT_CODE',
      zh: '统一社会信用代码的校验不对，或不是大写。',
      en: 'is no unified social credit code in upper case: its check character is wrong.',
    },
    ({ creditCode }) => {
      const checked = typeof creditCode === 'string' && checkCreditCode(creditCode);
      return checked !== false && checked.ok && checked.code === creditCode;
    },
  )
  @Text(18, { example: '91350100M000100Y43', description: 'Unified social credit code (GB 32100)' })
  creditCode!: string;
  @Nested(OrganizationNameField)
  name!: OrganizationNameField;
  @OneOf(organizationKinds, { example: 'enterprise' })
  kind!: string;
}

// ── mentors and contracts ──────────────────────────────────────────────────────────────────────────────────────────────────

export class MentorRow {
  @Whole(1, 10_000_000, { example: 2 })
  row!: number;
  @Text(32, { example: 'E0001' })
  staffNumber!: string;
  @Text(50, { example: '周强' })
  name!: string;
  @OneOf(mentorSides)
  side!: string;
  @Text(200, {
    optional: true,
    example: '91350100M000100Y43',
    description: 'Credit code or name; none for the college’s own staff',
  })
  organization?: string;
  @Text(200, { optional: true, example: '运营主管' })
  title?: string;
  @Text(100, { optional: true, description: 'What makes her double-qualified' })
  certificate?: string;
  @Text(40, { optional: true, example: '13900000000' })
  phone?: string;
}

export class ContractRow {
  @Whole(1, 10_000_000, { example: 2 })
  row!: number;
  @Text(64, { example: 'XY-2026-001' })
  agreementNumber!: string;
  @Text(32, { example: '2026010001' })
  studentNumber!: string;
  @Text(100, { example: '王芳', description: 'Must be the name on record' })
  name!: string;
  @Text(200, { example: '91350100M000100Y43', description: 'Credit code or name' })
  organization!: string;
  @Text(100, { example: '网店运营助理' })
  post!: string;
  @PlainDate()
  signedOn!: string;
  @PlainDate()
  from!: string;
  @PlainDate({ example: '2027-06-30' })
  to!: string;
  @Text(32, { optional: true, description: 'Staff number (工号)' })
  schoolMentor?: string;
  @Text(32, { optional: true, description: 'Staff number (工号) at the enterprise' })
  enterpriseMentor?: string;
  @Text(100, { optional: true, description: 'Needed for a minor' })
  guardianName?: string;
  @PlainDate({ optional: true })
  guardianSignedOn?: string;
  @Text(64, { optional: true })
  insurancePolicy?: string;
  @OneOf(contractStatuses)
  status!: string;
  @PlainDate({ optional: true })
  endedOn?: string;
  @OneOf(terminationGroundWords, { optional: true })
  endGround?: string;
}

// ── results ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

class StatedResultField {
  @Whole(0, 10_000, { optional: true, description: 'Hundredths of a point', example: 8550 })
  score?: number;
  @OneOf(fiveGrades, { optional: true })
  grade?: string;
  @OneOf({ passed: 1, failed: 1 }, { optional: true })
  verdict?: string;
  @OneOf(resultCodes, { optional: true })
  code?: string;
}

class ComponentField {
  @Text(100, { example: '平时成绩' })
  name!: string;
  @Whole(0, 10_000, { description: 'Hundredths of a point', example: 9000 })
  score!: number;
}

export class ResultRow {
  @Whole(1, 10_000_000, { example: 2 })
  row!: number;
  @Text(32, { example: '2026010001' })
  studentNumber!: string;
  @Text(100, { example: '王芳', description: 'Must be the name on record' })
  name!: string;
  @Text(32, { example: 'DS101' })
  courseCode!: string;
  @Text(100, { example: '网店运营' })
  courseName!: string;
  @Whole(0, 10_000, { description: 'Hundredths of a credit', example: 350 })
  credits!: number;
  @Text(100, { optional: true, example: 'compulsory' })
  nature?: string;
  @Text(100, { optional: true })
  category?: string;
  @OneOf(attemptKinds)
  kind!: string;
  @Whole(1, 20, { example: 1, description: 'Among attempts of the same kind at the course in the term' })
  order!: number;
  @Shaped(
    /^(19|20)\d\d-(19|20)\d\d$/,
    { zh: '须为学年，形如 2026-2027。', en: 'must be an academic year such as 2026-2027.' },
    { example: '2026-2027' },
  )
  academicYear!: string;
  @OneOf({ 1: 1, 2: 1, 3: 1 })
  term!: string;
  @Agrees<ResultRow>(
    { code: 'ONE_RESULT', zh: '成绩须恰为其中一项。', en: 'must say exactly one of them.' },
    ({ result }) => Object.values(result).filter((said) => said !== undefined && said !== null).length === 1,
  )
  @Nested(StatedResultField, { description: 'Exactly one of its fields', example: { score: 8550 } })
  result!: StatedResultField;
  @NestedList(ComponentField, 20)
  components!: ComponentField[];
  @Flag({ example: false })
  voided!: boolean;
  @Text(200, { optional: true })
  teachingClass?: string;
}

// ── bodies ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

class RowsBody {
  @Flag({ optional: true })
  dryRun?: boolean;
}

export class RosterRowsBody extends RowsBody {
  @NestedList(RosterRow, 1000, { description: 'Rows of a roster, at most 1,000' })
  rows!: RosterRow[];
}

export class ProgramRowsBody extends RowsBody {
  @NestedList(ProgramRow, 1000, { description: 'Rows of a programs sheet, at most 1,000' })
  rows!: ProgramRow[];
}

export class CourseRowsBody extends RowsBody {
  @NestedList(CourseRow, 1000, { description: 'Rows of a courses sheet, at most 1,000' })
  rows!: CourseRow[];
}

export class OrganizationRowsBody extends RowsBody {
  @NestedList(OrganizationRow, 1000, { description: 'Rows of an organizations sheet, at most 1,000' })
  rows!: OrganizationRow[];
}

export class MentorRowsBody extends RowsBody {
  @NestedList(MentorRow, 1000, { description: 'Rows of a sheet of teachers and mentors, at most 1,000' })
  rows!: MentorRow[];
}

export class ContractRowsBody extends RowsBody {
  @NestedList(ContractRow, 1000, { description: 'Rows of a contracts sheet, at most 1,000' })
  rows!: ContractRow[];
}

export class ResultRowsBody extends RowsBody {
  @NestedList(ResultRow, 1000, { description: 'Rows of the academic-affairs system’s results, at most 1,000' })
  rows!: ResultRow[];
}
