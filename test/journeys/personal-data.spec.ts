import { statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { startLedger, type Ledger } from '../../apps/ledger/ledger.ts';
import { idPattern } from '../../libs/edge/fields.ts';
import { policies } from '../../libs/edge/policy.ts';
import { routesOf } from '../../libs/edge/routes.ts';
import { catalog, type LedgerEventType } from '../../libs/events/events.ts';
import { residentId } from '../../libs/intake/sheets.fixture.ts';
import type { Recorded } from '../../libs/kernel/decider.ts';
import type { StoredEvent } from '../../libs/ports/event-store.ts';
import { everythingHappens } from '../support/apprenticeship.ts';
import { commandRoutesOf, type CommandRoute, type Field } from '../support/command-fields.ts';
import { Office, personalField, Planter } from '../support/planting.ts';
import { digestsOf, filesOf, needlesOf, tracesIn, tracesInFolder } from '../support/traces.ts';
import { personOf, type Answer, type Person } from './client.ts';

/**
 * Data that cannot be mistaken is said in every personal field of every command, and where people put it by mistake. Then every byte that the
 * ledger keeps or tells is searched. A command or a field that is new fails here until it is said what it carries.
 */

/** Text that anyone who may see the record reads, with the reason why it needs no seal. */
const publicText: readonly (readonly [RegExp, string])[] = [
  [/^effectiveAt$/, 'an instant or a day'],
  [/^reason\.code$/, 'a short code of the college, lower-case letters'],
  [/^key$/, 'a fold key of a view: stream of a record or its id; one that is not parked is refused'],
  [/^reason\.ticket$/, 'number of a ticket: letters and at most eight digits'],
  [
    /^(guardianId|teacherId|personId|onBehalfOf)$/,
    'the `sub` of a token: a pseudonym of the identity provider, told so in the API',
  ],
  [/^evidence$/, 'file numbers or digests; the API says that free text about a person goes into the reason'],
  [/^legalBasis$/, 'an article of law: what an erasure leaves behind must say why'],
  [/^digest$/, 'keyed digest of a request'],
  [/^(target|field|value)$/, 'a correction names public fields of an enrollment alone; NO_SUCH_FIELD refuses any other'],
  [/^(branch|department|rows\[\]\.(branch|department|className))$/, 'where in the college'],
  [/^(fromSchool|toSchool)$/, 'name of a school'],
  [/^ground$/, 'a short code of the policy'],
  [/^(studentNumber|rows\[\]\.studentNumber)$/, 'issued by the college: stays taken after an erasure'],
  [/^(academicYear|term|course|years\[\]\..*|holidays\[\]\..*)$/, 'reference data'],
  [/^decisionNumber$/, 'number of a document of the college'],
  [/^(name|name\.zh|name\.en|code|transferGrounds)$/, 'reference data: programs, classes, groups, organizations'],
  [/^(rows\[\]\.(program\.(code|name)|code|name\.zh|name\.en|group))$/, 'reference data'],
  [
    /^rows\[\]\.(courseCode|courseName|nature|category|module|components\[\]\.name|teachingClass|academicYear)$/,
    'reference data',
  ],
  [/^rows\[\]\.(creditCode|organization|post)$/, 'of an organization'],
  [/^rows\[\]\.(staffNumber|schoolMentor|enterpriseMentor)$/, 'issued by the organization: see staffNumber'],
  [/^rows\[\]\.(agreementNumber|insurancePolicy|certificate)$/, 'number of a document'],
  [/^rows(\[\]\.cells)?$/, 'cells of a list about people on record: planted below, names and notes with the rest'],
  [/^(program|className|numbers\.prefix)$/, 'reference data, and how student numbers begin'],
  [/^creditCode$/, 'of an organization'],
  [/^staffNumber$/, 'issued by the organization: names her in lists where her name is sealed'],
  [/^certificate$/, 'number of a document'],
  [/^(category|module|sections)$/, 'reference data'],
  [/^(modules|courses|components|levels)\[\]\./, 'reference data: plans, schemes and the framework'],
  [/^component$/, 'code of a scheme’s component'],
  [/^fileDigest$/, 'SHA-256 of a whole file'],
  [/^reading\.(sheet|columns\[\]\.(header|field))$/, 'name of a sheet and headers of its columns, above what it says of anybody'],
  [/^(post|project)\.(zh|en)$/, 'name of a post or a project'],
  [/^(section|sections\[\]\.code)$/, 'code of a section that the policy asks for'],
  [/^termsDigest$/, 'over public terms, and over texts with a sealed salt'],
  [/^(insurer|policy)$/, 'an insurance, and the number of its policy'],
  [/^notice$/, 'where a written notice is kept'],
  [/^expiresAt$/, 'an instant or a day'],
];

/** Nothing but a code, a number, a day, an id of ours. */
function isClosed({ schema }: Field): boolean {
  const closedPatterns = [idPattern.source, '^\\d{1,9}$'];
  const { items } = schema;
  return (
    schema.enum !== undefined ||
    schema.format === 'date' ||
    schema.type === 'boolean' ||
    schema.type === 'integer' ||
    (schema.pattern !== undefined && closedPatterns.includes(schema.pattern)) ||
    (items !== undefined && (items.enum !== undefined || closedPatterns.includes(items.pattern ?? '')))
  );
}

const clearText = /^directory\.db/;

describe('personal data', () => {
  const planter = new Planter();
  let folder: string;
  let ledger: Ledger;
  let routes: ReadonlyMap<string, CommandRoute>;
  let registrar: Person;
  let second: Person;
  let office: Office;
  const lines: string[] = [];
  /** Ids of everything that was made, for asking after it. */
  const ids = {
    learners: [] as string[],
    enrollments: [] as string[],
    classes: [] as string[],
    attempts: [] as string[],
    contracts: [] as string[],
    runs: [] as string[],
  };

  beforeAll(async () => {
    for (const stream of [process.stdout, process.stderr]) {
      jest.spyOn(stream, 'write').mockImplementation((chunk) => {
        lines.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString());
        return true;
      });
    }
    folder = await mkdtemp(join(tmpdir(), 'ledger-personal-'));
    const env = {
      LEDGER_DATA: folder,
      PORT: '0',
      LEDGER_INSTITUTIONS: 'college=Asia/Shanghai, academy=Asia/Urumqi',
      LEDGER_CLOCK: '2026-11-22T09:00:00+08:00',
      LEDGER_LOG: 'debug',
    };
    ledger = await startLedger({ env });
    routes = commandRoutesOf(ledger.app);
    registrar = await personOf(ledger, { role: 'registrar' });
    second = await personOf(ledger, { role: 'registrar', sub: 'registrar-2' });
    office = new Office(routes, planter, registrar);
  });

  afterAll(async () => {
    await ledger.close();
    jest.restoreAllMocks();
    await rm(folder, { recursive: true });
  });

  // ── what is said ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  const act = (operation: string, id: string | null, said?: object): Promise<Answer> => office.act(operation, id, said);
  const grant = (operation: string, id: string, { body }: Answer): Promise<Answer> =>
    office.act(operation, id, { requestId: body.requestId, digest: body.digest }, second);

  async function identified(said: object = {}): Promise<string> {
    const { body } = await act('identifyLearner', null, said);
    ids.learners.push(body.learnerId);
    return body.learnerId;
  }

  async function admitted(programId: string, said: object = {}): Promise<{ learnerId: string; enrollmentId: string }> {
    const learnerId = await identified();
    const { body } = await act('admitLearner', null, {
      learnerId,
      programId,
      entryDate: '2024-09-01',
      effectiveAt: '2024-09-01',
      expectedGraduation: '2029-06-30',
      ...said,
    });
    ids.enrollments.push(body.enrollmentId);
    return { learnerId, enrollmentId: body.enrollmentId };
  }

  let numbers = 0;
  const studentNumber = (): string => `2024${String((numbers += 1)).padStart(4, '0')}`;

  async function registered(programId: string): Promise<{ learnerId: string; enrollmentId: string }> {
    const { learnerId, enrollmentId } = await admitted(programId);
    await act('registerStudent', enrollmentId, { studentNumber: studentNumber(), effectiveAt: '2024-09-02' });
    return { learnerId, enrollmentId };
  }

  let programId: string;
  let otherProgramId: string;
  let classId: string;
  let teachingClassId: string;
  let organizationId: string;
  let courseId: string;

  async function restsOnCurriculum(program: string): Promise<void> {
    const name = { zh: '名称', en: 'Name' };
    const course = { code: 'EC101', name, credits: 400, hours: 64, nature: 'compulsory', category: '基础', module: '平台' };
    ({ courseId } = (await act('publishCourse', null, course)).body);
    await act('versionPlan', program, {
      entriesFrom: '2024-09-01',
      requiredCredits: 14_000,
      modules: [{ code: 'platform', name, kind: 'shared', requiredCredits: 6000 }],
      courses: [{ courseId, module: 'platform', nature: 'compulsory' }],
    });
    await act('adoptEvaluationScheme', null, (await registrar.get('/v1/scheme-templates')).body.items[0]);
    const descriptors = {
      'knowledge-and-skills': name,
      process: name,
      'application-autonomy-accountability': name,
      'communication-it-numeracy': name,
    };
    await act('publishFramework', null, { name, levels: [1, 2, 3, 4, 5, 6, 7].map((level) => ({ level, descriptors })) });
    for (const policy of ['Apprenticeship', 'Assessment']) {
      const { revision: _revision, ...inForce } = (await registrar.get(`/v1/${policy.toLowerCase()}-policy`)).body;
      await act(`adopt${policy}Policy`, null, inForce);
    }
  }

  it('rests on reference data that names nobody', async () => {
    const program = (code: string): Promise<Answer> =>
      act('publishProgram', null, {
        code,
        name: { zh: `专业${code}`, en: code },
        level: 'junior-college',
        lengthOfStudyMonths: 60,
      });
    programId = (await program('530701')).body.programId;
    otherProgramId = (await program('530802')).body.programId;
    await act('formProgramGroup', null, { name: { zh: '商贸', en: 'Commerce' }, programIds: [programId] });
    const years = [2023, 2024, 2025, 2026].map((year) => ({
      name: `${year}-${year + 1}`,
      from: `${year}-08-20`,
      to: `${year + 1}-08-19`,
      terms: [
        { name: `${year}-1`, from: `${year}-09-01`, to: `${year + 1}-01-20` },
        { name: `${year}-2`, from: `${year + 1}-02-20`, to: `${year + 1}-07-10` },
      ],
    }));
    await act('publishCalendar', null, { years });
    await act('adoptEnrollmentPolicy', null, {
      recheckMonths: 3,
      conversionMonths: 24,
      transferGrounds: ['illness'],
      eraseRegisteredIdentities: false,
    });
    const organization = await act('registerOrganization', null, {
      creditCode: '91350100M000100Y43',
      name: { zh: '江南电子商务有限公司', en: 'Jiangnan' },
      kind: 'enterprise',
    });
    ({ organizationId } = organization.body);
    await restsOnCurriculum(programId);
    classId = (await act('formClass', null, { kind: 'administrative', name: '电商2401', programId })).body.classId;
    const teaching = { kind: 'teaching', name: '电商基础', course: 'EC101@1', term: '2026-1' };
    teachingClassId = (await act('formClass', null, teaching)).body.classId;
    await act('assignTeacher', teachingClassId, { teacherId: 'teacher-1' });
    ids.classes.push(classId, teachingClassId);
    expect(ids.classes).toHaveLength(2);
  });

  it('is said of teachers and mentors', async () => {
    const { body } = await act('registerTeacher', null, { side: 'enterprise', organizationId, staffNumber: 'E0042' });
    const { teacherId } = body;
    const on = (operation: string, said: object): Promise<Answer> => act(operation, teacherId, said);
    await on('linkTeacherAccount', { personId: 'mentor-1' });
    await on('grantDualQualification', { certificate: '高级 2026-17', evidence: ['file 8'] });
    await on('recordEnterprisePractice', { organizationId, from: '2026-01-05', to: '2026-02-13', days: 30 });
    await on('raiseEarlyWarning', { ground: 'absent' });
    await on('planImprovement', { until: '2027-06-30' });
    await on('suspendTeacher', { ground: 'under-investigation' });
    await on('withdrawTeacher', { ground: 'left' });
    await on('reinstateTeacher', { ground: 'came-back' });
    expect(
      tracesIn(JSON.stringify((await registrar.get(`/v1/teachers/${teacherId}`)).body), planter.needles(), 'told'),
    ).not.toEqual([]);
  });

  it('is said throughout a life', async () => {
    const { learnerId, enrollmentId } = await registered(programId);
    const on = (operation: string, said: object): Promise<Answer> => act(operation, enrollmentId, said);
    await act('changeRoster', teachingClassId, { add: [enrollmentId] });
    await on('passAdmissionRecheck', { effectiveAt: '2024-10-01' });
    await on('recordAnnualRegistration', { academicYear: '2024-2025', effectiveAt: '2024-10-02' });
    await on('suspendStudy', { ground: 'illness', until: '2027-09-01', appliedOn: '2024-11-01', effectiveAt: '2024-11-01' });
    await on('resumeStudy', { appliedOn: '2025-02-01', reviewPassed: true, effectiveAt: '2025-02-02' });
    await on('retainStatus', { ground: 'military-service', until: '2027-09-01', effectiveAt: '2025-03-01' });
    await on('resumeStudy', { appliedOn: '2025-04-01', reviewPassed: true, effectiveAt: '2025-04-02' });
    await on('changeMajor', { programId: otherProgramId, effectiveAt: '2025-05-01' });
    await on('changeClass', { classId, effectiveAt: '2025-05-02' });

    await act('changeContact', learnerId);
    await act('linkGuardian', learnerId, { guardianId: 'guardian-1' });
    await act('unlinkGuardian', learnerId, { guardianId: 'guardian-1' });
    await act('linkGuardian', learnerId, { guardianId: 'guardian-2' });
    const hold = await act('placeHold', learnerId, { kind: 'discipline' });
    await act('liftHold', learnerId, { holdId: hold.body.holdId });

    const resident = { idType: 'resident-id', idNumber: residentId('19610723', '017'), sex: 'male', birthDate: '1961-07-23' };
    const refused = await act('requestIdentityCorrection', learnerId, { evidence: ['file 1'] });
    await office.act('refuseLearnerApproval', learnerId, { requestId: refused.body.requestId }, second);
    const wanted = await act('requestIdentityCorrection', learnerId, { identity: resident });
    expect((await grant('grantLearnerApproval', learnerId, wanted)).body.events).toEqual([
      'ApprovalGranted',
      'IdentityCorrected',
    ]);

    const correction = { target: '3', field: 'academicYear', value: '2025-2026', evidence: ['file 2'] };
    const first = await on('requestEnrollmentCorrection', correction);
    await office.act('refuseEnrollmentApproval', enrollmentId, { requestId: first.body.requestId }, second);
    await grant('grantEnrollmentApproval', enrollmentId, await on('requestEnrollmentCorrection', correction));

    await on('completeStudy', { effectiveAt: '2026-06-01' });
    await on('graduateStudent', { creditsAttested: true, effectiveAt: '2026-06-02' });
    await on('lockRecord', { effectiveAt: '2026-06-03' });
    await act('closeClass', classId);
  });

  it('is said throughout an apprenticeship', async () => {
    const { clock } = ledger.parts;
    const { contractId } = await everythingHappens({
      ledger,
      act,
      grant,
      refuse: (operation, id, { body }) => office.act(operation, id, { requestId: body.requestId }, second),
      student: () => registered(programId),
      organizationId,
      programId,
      pass: (days) => {
        const now = clock.now.bind(clock);
        Object.assign(clock, { now: () => now() + days * 86_400_000 });
      },
    });
    ids.contracts.push(contractId);
    expect(office.accepted.has('completeContract')).toBe(true);
  });

  it('is said of results, and of what becomes of them', async () => {
    const { learnerId, enrollmentId } = await registered(programId);
    await act('changeRoster', teachingClassId, { add: [enrollmentId] });
    const [template] = (await registrar.get('/v1/scheme-templates')).body.items;
    const [exam] = template.components;
    const { dualAssessors: _dual, ...single } = { ...template, code: 'exam-alone', components: [{ ...exam, weight: 10_000 }] };
    const { schemeId } = (await act('adoptEvaluationScheme', null, single)).body;
    const opening = { enrollmentId, courseId, schemeId, academicYear: '2026-2027', term: '2026-1', classId: teachingClassId };
    const opened = async (said: object): Promise<string> =>
      (await act('openAttempt', null, { ...opening, ...said })).body.attemptId;

    const first = await opened({ kind: 'first' });
    const by = (person: Person, operation: string, said: object = {}): Promise<Answer> =>
      office.act(operation, first, said, person);
    await act('scoreComponent', first, { component: 'exam', score: 5500, onBehalfOf: 'teacher-1' });
    await act('submitResult', first);
    await by(second, 'moderateResult', { result: { score: 5600 } });
    await act('publishResult', first);
    const herself = await personOf(ledger, { role: 'learner', learner: learnerId });
    const { appealId } = (await by(herself, 'fileAppeal')).body;
    await act('upholdAppeal', first, { appealId, result: { score: 5700 } });
    // What she can appeal against is not final: the window ends, and so does this day.
    const { clock } = ledger.parts;
    const now = clock.now.bind(clock);
    Object.assign(clock, { now: () => now() + 14 * 86_400_000 });
    await act('finalizeResult', first);
    const correction = { result: { score: 5800 }, evidence: ['file 9'] };
    const { requestId } = (await act('requestGradeCorrection', first, correction)).body;
    await office.act('refuseAttemptApproval', first, { requestId }, second);
    await grant('grantAttemptApproval', first, await act('requestGradeCorrection', first, correction));

    const makeUp = await opened({ kind: 'make-up', follows: first });
    await act('submitResult', makeUp, { code: 'absent' });
    await office.act('moderateResult', makeUp, {}, second);
    await act('publishResult', makeUp);
    const again = (await office.act('fileAppeal', makeUp, {}, herself)).body;
    await act('dismissAppeal', makeUp, { appealId: again.appealId });
    await act('voidAttempt', makeUp, { ground: 'misconduct' });
    ids.attempts.push(first, makeUp);
    expect(ids.attempts).toHaveLength(2);
  });

  it('is said at every other turn that a life may take', async () => {
    await act('retainPlace', (await admitted(programId)).enrollmentId, { until: '2027-09-01', effectiveAt: '2024-09-02' });
    await act('declinePlace', (await admitted(programId)).enrollmentId, { effectiveAt: '2024-09-03' });
    const annulled = await admitted(programId);
    const annulment = await act('requestAdmissionAnnulment', annulled.enrollmentId);
    await grant('grantEnrollmentApproval', annulled.enrollmentId, annulment);
    const gone = await registered(programId);
    await act('withdrawStudent', gone.enrollmentId, { ground: 'own-application', effectiveAt: '2025-10-01' });
    await grant(
      'grantEnrollmentApproval',
      gone.enrollmentId,
      await act('requestWithdrawalReversal', gone.enrollmentId, { evidence: ['file 3'] }),
    );
    await act('transferStudentOut', gone.enrollmentId, {
      toSchool: '江南职业学院',
      ground: 'illness',
      toLevel: 'junior-college',
      effectiveAt: '2025-10-02',
    });
    const learnerId = await identified();
    const came = await act('transferStudentIn', null, {
      learnerId,
      programId,
      entryDate: '2024-09-01',
      effectiveAt: '2025-10-01',
      expectedGraduation: '2029-06-30',
      fromSchool: '江北职业学院',
      fromLevel: 'junior-college',
      ground: 'illness',
      studentNumber: studentNumber(),
    });
    await act('expelStudent', came.body.enrollmentId, { decisionNumber: '12', effectiveAt: '2025-11-01' });
    ids.enrollments.push(came.body.enrollmentId);
    for (const end of ['recordDeath', 'leaveIncomplete']) {
      await act(end, (await registered(programId)).enrollmentId, { effectiveAt: '2025-11-01' });
    }
    const fraud = await registered(programId);
    const revocation = await act('requestRevocation', fraud.enrollmentId, { ground: 'fraud' });
    await grant('grantEnrollmentApproval', fraud.enrollmentId, revocation);
    await act('annulLearner', await identified());
    const kept = await registered(programId);
    const erasure = await act('requestErasure', kept.learnerId, { purposes: ['contact'], legalBasis: 'PIPL art. 47' });
    await office.act('refuseLearnerApproval', kept.learnerId, { requestId: erasure.body.requestId }, second);
    expect(office.accepted.has('refuseLearnerApproval')).toBe(true);
  });

  it('comes with the rows of other sheets, about people who are on record and who are not', async () => {
    let files = 3;
    const taken = async (kind: string, operation: string, rows: readonly object[]): Promise<readonly string[]> => {
      const fileDigest = `${(files += 1)}`.repeat(64);
      const { runId } = (await act('startImport', null, { kind, fileDigest })).body;
      ids.runs.push(runId);
      const { body } = await act(operation, runId, { rows: rows.map((row, at) => ({ row: at + 2, ...row })) });
      await act('finishImport', runId, { rows: rows.length, taken: 0, unchanged: 0, refused: 0 });
      return body.answers.map((answer: { outcome: string; code?: string }) => answer.code ?? answer.outcome);
    };
    const organization = '12100000400006268J';
    const credits = { credits: 400, hours: 64 };
    const known = await registered(programId);
    const { name } = (await registrar.get(`/v1/learners/${known.learnerId}`)).body.identity;
    const { studentNumber: number } = (await registrar.get(`/v1/enrollments/${known.enrollmentId}`)).body;
    expect(
      await taken('organizations', 'importOrganizationRows', [
        { creditCode: organization, name: { zh: '某公司' }, kind: 'enterprise' },
      ]),
    ).toEqual(['registered']);
    const course = { code: 'EC201', name: { zh: '网店运营' }, ...credits, nature: 'elective', category: '拓展', module: '平台' };
    expect(await taken('courses', 'importCourseRows', [course])).toEqual(['published']);
    const mentor = { staffNumber: 'E77', side: 'enterprise', organization, certificate: '高级 2026-18' };
    expect(await taken('mentors', 'importMentorRows', [mentor])).toEqual(['registered']);
    const days = { signedOn: '2026-06-20', from: '2026-07-01', to: '2027-06-30' };
    const contract = { studentNumber: number, organization, post: '运营助理', ...days, status: 'live' };
    expect(
      await taken('contracts', 'importContractRows', [
        { ...contract, agreementNumber: 'XY-1', name, enterpriseMentor: 'E77', insurancePolicy: 'PICC-1' },
        { ...contract, agreementNumber: 'XY-2' },
      ]),
    ).toEqual(['imported', 'NAME_DIFFERS']);
    const attempt = {
      courseCode: 'EC201',
      courseName: '网店运营',
      credits: 400,
      kind: 'first',
      order: 1,
      academicYear: '2025-2026',
    };
    const result = { studentNumber: number, ...attempt, term: '1', result: { score: 8000 }, components: [], voided: false };
    expect(
      await taken('results', 'importResultRows', [{ ...result, name }, result, { ...result, name, studentNumber: '0' }]),
    ).toEqual(['imported', 'NAME_DIFFERS', 'STUDENT_NUMBER_UNKNOWN']);
  });

  it('comes with a registrar’s lists, by their cells', async () => {
    const known = await registered(programId);
    const { name } = (await registrar.get(`/v1/learners/${known.learnerId}`)).body.identity;
    const { studentNumber: number } = (await registrar.get(`/v1/enrollments/${known.enrollmentId}`)).body;
    const note = planter.text();
    const suspended = { 异动类型: '休学', 异动日期: '2026-11-02', 异动原因: '因病', 期满日期: '2027-09-01' };
    const rows = [
      { 学号: number, 姓名: name, ...suspended, 备注: note },
      { 学号: number, 姓名: planter.text('name'), ...suspended },
      { 身份证号: planter.digits(), 姓名: planter.text('name'), ...suspended, 异动原因: '不想上了' },
    ];
    const { body } = await act('runBatch', null, { kind: 'status-changes', rows });
    ids.runs.push(body.runId);
    expect(body.answers.map(({ outcome, code }: { outcome: string; code?: string }) => code ?? outcome)).toEqual([
      'recorded',
      'NAME_DIFFERS',
      'ID_LENGTH VALUE_NOT_IN_LIST',
    ]);
    const ask = (): Promise<Answer> => act('requestImportUndo', body.runId);
    const { requestId } = (await ask()).body;
    await act('refuseImportUndo', body.runId, { requestId });
    await grant('grantImportUndo', body.runId, await ask());
    const { takenBack, rows: told } = (await registrar.get(`/v1/imports/${body.runId}/undo`)).body;
    expect([takenBack, told]).toEqual([1, [expect.objectContaining({ row: 1, outcome: 'taken-back' })]]);
    const { runId } = (await act('startImport', null, { kind: 'rechecks', fileDigest: 'f'.repeat(64) })).body;
    ids.runs.push(runId);
    const cells = { 学号: number, 姓名: name, 复查结果: '合格', 备注: note };
    await act('importSheetRows', runId, { kind: 'rechecks', rows: [{ row: 2, cells }] });
    const cohort = { kind: 'rechecks', classId, dryRun: true };
    expect((await act('runCohortBatch', null, cohort)).body.refused).toBe(0);
  });

  it('comes with the rows of a sheet, refused ones too', async () => {
    const start = async (kind: string, fileDigest: string): Promise<string> => {
      const { body } = await act('startImport', null, { kind, fileDigest: fileDigest.repeat(64), formClasses: true });
      ids.runs.push(body.runId);
      return body.runId;
    };
    const programs = await start('programs', 'a');
    await act('importProgramRows', programs, {
      rows: [{ row: 2, code: '530901', name: { zh: '数据分析' }, level: 'junior-college', group: '数字' }],
    });
    await act('finishImport', programs, { rows: 1, taken: 1, unchanged: 0, refused: 0 });

    const run = await start('roster', 'b');
    const of = (row: number, said: object): object => ({
      row,
      identity: {},
      program: { code: '530701' },
      entryDate: '2024-09-01',
      ...said,
    });
    const idNumber = `R${planter.text().replaceAll(/\W/g, '')}`;
    const { body } = await act('importRosterRows', run, {
      rows: [
        of(2, {}),
        of(3, { studentNumber: studentNumber(), className: '电商2402' }),
        of(4, { status: 'graduated', statusDate: '2026-06-30', studentNumber: studentNumber() }),
        of(5, { identity: { idNumber } }),
        of(6, { identity: { idNumber } }),
        of(7, { program: { code: '999999' } }),
        of(8, { status: 'registered' }),
      ],
    });
    const outcomes = body.answers.map((answer: { outcome: string; code?: string }) => answer.code ?? answer.outcome);
    expect(outcomes).toEqual([
      'admitted',
      'registered',
      'imported',
      'admitted',
      'ROW_DIFFERS',
      'PROGRAM_UNKNOWN',
      'STUDENT_NUMBER_MISSING',
    ]);
    // Each answer says what its own row said, or what is on record about the same person: never another row's.
    const told = body.answers.map((answer: object) => tracesIn(JSON.stringify(answer), planter.needles(), 'row'));
    expect(told.filter((traces: string[], at: number) => at !== 4 && traces.length > 0)).toEqual([]);
    ids.learners.push(...body.answers.flatMap((answer: { learnerId?: string }) => answer.learnerId ?? []));
    await act('finishImport', run, { rows: 7, taken: 4, unchanged: 0, refused: 3 });
  });

  it('leaves out no command and no field', () => {
    const commands = Object.keys(policies).filter((operation) => policies[operation]!.command !== undefined);
    expect([...routes.keys()].toSorted()).toEqual(commands.toSorted());
    // What administrators do to the ledger itself is about nobody, and its bodies take no words (rebuild.http.spec.ts).
    const aboutNobody = (operation: string): boolean =>
      Object.values(policies[operation]!.may).every((scope) => scope === 'operations');
    const missed = commands.filter((operation) => operation !== 'grantLearnerApproval' && !office.accepted.has(operation));
    expect(missed.filter((operation) => !aboutNobody(operation))).toEqual([]);
    const unknown = [...routes.values()].flatMap(({ operation, fields }) =>
      fields
        .filter((field) => !isClosed(field) && !personalField.test(field.path))
        .filter(({ path }) => !publicText.some(([known]) => known.test(path)))
        .map(({ path }) => `${operation} ${path}: is it personal, or public by design? Say so above`),
    );
    expect(unknown).toEqual([]);
    const all = [...routes.values()].flatMap(({ fields }) => fields.map(({ path }) => path));
    expect(publicText.filter(([known]) => !all.some((path) => known.test(path)))).toEqual([]);
  });

  // ── what is kept ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  const log = async (): Promise<readonly StoredEvent[]> => {
    const events: StoredEvent[] = [];
    for (let after = 0n, end = false; !end;) {
      const page = await ledger.parts.store.readAll(after);
      events.push(...page.events);
      ({ scannedTo: after, end } = page);
    }
    return events;
  };

  it('is on the log for whoever may open it, in every field that the catalog calls personal', async () => {
    const opened = (await log()).map(
      (stored) => ledger.parts.codec.decodeOpen(stored) as Recorded & { data: Record<string, unknown> },
    );
    const personal = Object.entries(catalog).flatMap(([type, kind]) =>
      Object.keys(kind.personal ?? {}).map((field) => `${type}.${field}`),
    );
    const needles = planter.needles();
    const seen = new Set(
      opened.flatMap(({ type, data }) =>
        Object.keys(catalog[type as LedgerEventType].personal ?? {})
          .filter((field) => tracesIn(JSON.stringify(data[field] ?? null), needles, field).length > 0)
          .map((field) => `${type}.${field}`),
      ),
    );
    expect([...seen].toSorted()).toEqual(personal.toSorted());

    const texts = new Set(opened.map(({ reason }) => reason?.text));
    const whole = JSON.stringify(opened, (_key, v: unknown) => (typeof v === 'bigint' ? String(v) : v)).toUpperCase();
    const refusedRows = /^rows/;
    const lost = planter.planted.filter(
      ({ path, value }) =>
        !refusedRows.test(path) && !(path === 'reason.text' ? texts.has(value) : whole.includes(value.toUpperCase())),
    );
    expect(lost).toEqual([]);
  });

  const viewsAreThere = async (): Promise<void> => {
    const head = await ledger.parts.store.head();
    const answer = await registrar.post(
      '/v1/learners/search',
      { text: planter.mark('name') },
      { 'ledger-wait-for': String(head) },
    );
    expect(answer).toMatchObject({ status: 200 });
    expect(tracesIn(JSON.stringify(answer.body), needlesOf(planter.mark('name')), 'found')).not.toEqual([]);
  };

  it('is found in the directory, where names are looked up', async () => {
    await viewsAreThere();
    const found = [...filesOf(folder)].filter(
      ([name, bytes]) => clearText.test(name) && tracesIn(bytes, planter.needles(), name).length > 0,
    );
    expect(found.length).toBeGreaterThan(0);
    const readable = found.filter(([name]) => (statSync(join(folder, name)).mode & 0o077) !== 0).map(([name]) => name);
    expect(process.platform === 'win32' ? [] : readable).toEqual([]);
  });

  it('is found nowhere else on disk while the ledger runs: log, views, vault, keys, locks, and what they write ahead', () => {
    expect([...filesOf(folder).keys()]).toEqual(expect.arrayContaining(['log.db', 'log.db-wal', 'vault.db', 'server.json']));
    expect(tracesInFolder(folder, planter.needles(), clearText)).toEqual([]);
    // Nor do the words for it: fields of people stand only inside what is sealed.
    const words = ['idNumber', 'birthDate', 'ethnicGroup', 'politicalStatus', 'guardianName', 'guardianPhone', 'candidateNumber'];
    const fieldNames = words.flatMap((word) => needlesOf(`"${word}":`).slice(0, 1));
    expect(tracesInFolder(folder, fieldNames, clearText)).toEqual([]);
  });

  it('is in no name of a stream, id, type, claim or other metadata', async () => {
    const stored = await log();
    const outside = stored.map(({ json, ...envelope }) => {
      const { data: _data, reason, ...rest } = JSON.parse(json) as { data: unknown; reason?: { code: string } };
      return { ...envelope, ...rest, code: reason?.code };
    });
    const metadata = JSON.stringify(outside, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
    expect(tracesIn(metadata, planter.needles(), 'metadata')).toEqual([]);
    const claims = stored.filter(({ stream }) => stream.startsWith('claim-'));
    expect(
      claims.every(({ stream }) => /^claim-college-(id-number|student-number|teacher-account|offer)-[\w-]{32}$/.test(stream)),
    ).toBe(true);
  });

  // ── by mistake ───────────────────────────────────────────────────────────────────────────────────────────────────────────

  it('is neither kept nor told where it was put by mistake', async () => {
    const [learnerId = ''] = ids.learners;
    const [enrollmentId = ''] = ids.enrollments;
    const slip = (): string => planter.text();
    const ascii = (): string => slip().replaceAll(/\W/g, '');
    const headers = {
      authorization: `Bearer ${registrar.token}`,
      'content-type': 'application/json',
      'idempotency-key': ascii(),
    };
    const send = async (path: string, init: RequestInit): Promise<Answer> => {
      const response = await fetch(`${ledger.url}${path}`, init);
      return { status: response.status, headers: response.headers, body: await response.text() };
    };
    const post = (path: string, body: string, more: Record<string, string> = {}): Promise<Answer> =>
      send(path, { method: 'POST', headers: { ...headers, 'idempotency-key': ascii(), ...more }, body });
    const get = (path: string, more: Record<string, string> = {}): Promise<Answer> =>
      send(path, { headers: { authorization: headers.authorization, ...more } });
    const identity = { name: slip(), idNumber: '999123' };
    const number = residentId('19610723', '019').toLowerCase();
    planter.planted.push({ operation: 'by mistake', path: 'idNumber', value: number });
    const answers: Record<string, Answer> = {
      'a field that is not there': await post('/v1/learners', JSON.stringify({ identity, [slip()]: slip() })),
      'a nested field that is not there': await post('/v1/learners', JSON.stringify({ identity: { ...identity, [slip()]: 1 } })),
      'a wrong type': await post('/v1/learners', JSON.stringify({ identity: { name: { zh: slip() }, idNumber: [slip()] } })),
      'a wrong check digit': await post(
        '/v1/learners',
        JSON.stringify({ identity: { name: slip(), idNumber: '440305196107230170' } }),
      ),
      'a code': await post('/v1/learners', JSON.stringify({ identity: { ...identity, sex: slip(), ethnicGroup: slip() } })),
      'a day': await post('/v1/learners', JSON.stringify({ identity: { ...identity, birthDate: slip() }, effectiveAt: slip() })),
      'a reason code': await post(`/v1/learners/${learnerId}/annul`, JSON.stringify({ reason: { code: slip() } })),
      'a student number': await post(`/v1/enrollments/${enrollmentId}/register`, JSON.stringify({ studentNumber: slip() })),
      'an id': await post('/v1/enrollments', JSON.stringify({ learnerId: slip(), programId: slip(), entryDate: slip() })),
      'broken JSON': await post('/v1/learners', `{"identity":{"name":"${slip()}",`),
      'JSON of another shape': await post('/v1/learners', JSON.stringify([slip()])),
      'plain text': await post('/v1/learners', slip(), { 'content-type': 'text/plain' }),
      'a form': await post('/v1/learners', `name=${encodeURIComponent(slip())}`, {
        'content-type': 'application/x-www-form-urlencoded',
      }),
      'a body too large': await post('/v1/learners', JSON.stringify({ identity: { ...identity, note: slip().repeat(100_000) } })),
      'a poisoned prototype': await post('/v1/learners', `{"__proto__":{"name":"${slip()}"},"identity":{"name":"${slip()}"}}`),
      'a short Idempotency-Key': await post('/v1/learners', JSON.stringify({ identity }), { 'idempotency-key': `${ascii()} x` }),
      'If-Match': await post(`/v1/learners/${learnerId}/annul`, '{}', { 'if-match': ascii() }),
      'Ledger-Wait-For': await get(`/v1/learners/${learnerId}`, { 'ledger-wait-for': ascii() }),
      'a token': await get('/v1/learners', { authorization: `Bearer ${ascii().repeat(3)}` }),
      'a path of people': await get(`/v1/learners/${encodeURIComponent(slip())}`),
      'a path of ids': await get(`/v1/learners/${ascii().toLowerCase()}`),
      'an unknown path': await get(`/v1/${encodeURIComponent(slip())}/${ascii()}`),
      'a broken path': await get(`/v1/learners/${ascii()}%zz`),
      'a long path': await get(`/v1/learners/${ascii().repeat(50)}`),
      'a search in the address': await get(`/v1/learners/search?text=${encodeURIComponent(slip())}`),
      'an unknown parameter': await get(`/v1/learners?${ascii()}=${encodeURIComponent(slip())}`),
      'a cursor': await get(`/v1/enrollments?cursor=${encodeURIComponent(slip())}`),
      'a filter': await get(`/v1/enrollments?status=${encodeURIComponent(slip())}&sort=${ascii()}&classId=${ascii()}`),
      'an as-of': await get(`/v1/learners/${learnerId}?recordedAsOf=${encodeURIComponent(slip())}`),
      'an event position': await get(`/v1/events?after=${encodeURIComponent(slip())}&types=${ascii()}`),
      'a view': await send(`/v1/views/${ascii()}/rebuild`, { method: 'POST', headers }),
      'a header too large': await get('/v1/learners', { 'x-note': ascii().repeat(3000) }),
    };
    const accepted = {
      'an Idempotency-Key': await post('/v1/learners', JSON.stringify({ identity: { name: slip(), idNumber: '9991234' } })),
      'a trace': await get(`/v1/learners/${learnerId}`, {
        'x-correlation-id': ascii(),
        traceparent: `00-${ascii()}-1-01`,
        'user-agent': ascii(),
        cookie: `name=${ascii()}`,
        referer: `https://mail.example/${ascii()}`,
        'accept-language': `${ascii()},en`,
        'x-forwarded-for': ascii(),
      }),
      'a search': await post('/v1/learners/search', JSON.stringify({ text: slip() })),
      'a number in place of an id': await get(`/v1/enrollments?classId=${number}&programId=${number}`),
    };
    // Which field of hers there is not is told to who sent it.
    const withoutNames = (body: string): string => body.replaceAll(/"field":"[^"]*","code":"UNKNOWN_FIELD"/g, '');
    const told = Object.entries({ ...answers, ...accepted }).flatMap(([what, { body, headers: said }]) =>
      what === 'a trace' ? [] : tracesIn(`${withoutNames(body)}\n${JSON.stringify([...said])}`, planter.needles(), what),
    );
    expect(told).toEqual([]);
    expect(
      Object.entries(answers)
        .filter(([, { status }]) => status < 400 || status >= 500)
        .map(([what, a]) => [what, a.status, a.body]),
    ).toEqual([]);
    expect(
      Object.entries(accepted)
        .filter(([, { status }]) => status >= 300)
        .map(([what, a]) => [what, a.status, a.body]),
    ).toEqual([]);
    await viewsAreThere();
    expect(tracesInFolder(folder, planter.needles(), clearText)).toEqual([]);
  });

  it('is not told to who sends no HTTP', async () => {
    const { hostname, port } = new URL(ledger.url);
    const speak = (text: string | Buffer): Promise<string> =>
      new Promise((resolve, reject) => {
        let said = '';
        const socket = connect(Number(port), hostname, () => socket.end(text));
        socket.setEncoding('utf8').on('data', (part: string) => (said += part));
        socket.on('close', () => resolve(said)).on('error', reject);
      });
    const name = planter.text('name');
    const answers = [
      await speak(`GET /v1/learners/${name} HTTP/1.1\r\nHost: x\r\n\r\n`),
      await speak(`${name} / HTTP/1.1\r\n\r\n`),
      await speak(`POST /v1/learners HTTP/1.1\r\nHost: x\r\nContent-Length: ${name}\r\n\r\n`),
      await speak(
        `POST /v1/learners HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{"name":"${name}"`,
      ),
    ];
    expect(answers.flatMap((answer, at) => tracesIn(answer, planter.needles(), `answer ${at}`))).toEqual([]);
  });

  // ── what is told ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  it('is in no answer to a command, and in no refusal', () => {
    const told = office.answers.filter(({ operation }) => operation !== 'importRosterRows');
    expect(told.length).toBeGreaterThan(routes.size);
    expect(
      told.flatMap(({ operation, answer }) =>
        tracesIn(JSON.stringify([answer.body, [...answer.headers]]), planter.needles(), operation),
      ),
    ).toEqual([]);
  });

  it('is told to nobody who may not see it', async () => {
    const strangers: readonly (readonly [string, Parameters<typeof personOf>[1]])[] = [
      ['administrator', { role: 'administrator' }],
      ['evaluator', { role: 'evaluator' }],
      ['teacher', { role: 'teacher' }],
      ['enterprise', { role: 'enterprise', org: 'enterprise-1' }],
      ['mentor', { role: 'mentor', org: 'enterprise-1' }],
      // The last one: what lists tell a learner of herself is hers to see, and of her there is nothing to list.
      ['another learner', { role: 'learner', learner: ids.learners.at(-1)! }],
      ['guardian of an adult', { role: 'guardian', sub: 'guardian-2' }],
      ['registrar elsewhere', { role: 'registrar', institution: 'academy' }],
      ['auditor elsewhere', { role: 'auditor', institution: 'academy' }],
    ];
    const reads = routesOf(ledger.app).filter(
      ({ method, operation }) => method === 'GET' && policies[operation]!.may !== 'anyone',
    );
    const [learnerId = ''] = ids.learners;
    const idsOf = (path: string): readonly string[] => {
      if (path.includes('/learners/')) return [learnerId];
      if (path.includes('/enrollments/')) return ids.enrollments.slice(0, 1);
      if (path.includes('/classes/')) return ids.classes;
      if (path.includes('/contracts/')) return ids.contracts;
      return ids.runs.slice(0, 1);
    };
    const queries = [
      '',
      `?search=${encodeURIComponent(planter.mark('name'))}`,
      '?open=true',
      '?recordedAsOf=2026-11-22',
      '?learnerId=' + learnerId,
    ];
    const told: string[] = [];
    let good = 0;
    for (const [who, claims] of strangers) {
      const person = await personOf(ledger, claims);
      const needles = planter.needles({ names: who !== 'teacher' });
      for (const { path, operation } of reads) {
        const paths = path.includes(':id') ? idsOf(path).map((id) => path.replace(':id', id)) : [path];
        for (const at of paths.flatMap((one) => queries.map((query) => one + query))) {
          const { status, body } = await person.get(at);
          if (status < 300) good += 1;
          told.push(...tracesIn(JSON.stringify(body), needles, `${who} ${operation} ${at.slice(0, 60)} (${status})`));
        }
      }
    }
    for (const [who, claims] of strangers) {
      const person = await personOf(ledger, claims);
      for (const [path, body] of [
        ['/v1/learners/search', { text: planter.mark('name') }],
        ['/v1/views/enrollment-register/rebuild', { mode: 'verify', reason: { code: 'check' } }],
      ] as const) {
        const { status, body: said } = await person.post(path, body);
        if (status < 300) good += 1;
        told.push(...tracesIn(JSON.stringify(said), planter.needles(), `${who} ${path} (${status})`));
      }
    }
    expect(told).toEqual([]);
    expect(good).toBeGreaterThan(10);
  });

  it('is not in what anyone may ask: health, metrics, the description of the API', async () => {
    for (const path of ['/health/live', '/health/ready', '/metrics', '/openapi.json', '/docs']) {
      const response = await fetch(`${ledger.url}${path}`);
      const text = await response.text();
      expect({ path, ok: response.ok }).toEqual({ path, ok: true });
      expect(tracesIn(text, planter.needles(), path)).toEqual([]);
    }
  });

  it('is not in what the ledger says of itself, and nowhere on disk once it has closed', async () => {
    await ledger.close();
    const said = lines.join('');
    expect(said).toContain('"operation":"identifyLearner"');
    expect(tracesIn(said, planter.needles(), 'log lines')).toEqual([]);
    expect(tracesInFolder(folder, planter.needles(), clearText)).toEqual([]);
  });

  it('would be found: the search sees every form that it is told to', () => {
    const value = planter.text('name');
    const forms = [
      Buffer.from(value),
      Buffer.from(value, 'utf16le'),
      Buffer.from(Buffer.from(`x${value}`).toString('base64')),
      Buffer.from(Buffer.from(`{"name":"${value}"}`).toString('base64url')),
      Buffer.from(Buffer.from(value).toString('hex')),
      Buffer.from(`/v1/${encodeURIComponent(value)}`),
    ];
    expect(forms.map((bytes) => tracesIn(bytes, planter.needles(), 'planted').length > 0)).toEqual(forms.map(() => true));
    const digest = digestsOf(value)[0]!;
    expect(tracesIn(digest.bytes, digestsOf(value), 'digest')).toHaveLength(1);
  });
});
