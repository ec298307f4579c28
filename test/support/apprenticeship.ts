import type { Ledger } from '../../apps/ledger/ledger.ts';
import { contractFact } from '../../libs/facts/contract.ts';
import { defaultApprenticeshipPolicy } from '../../libs/facts/reference.ts';
import type { Answer } from '../journeys/client.ts';

/** An apprenticeship in which everything happens that its commands can say, entered by a registrar. */
export interface Apprenticing {
  readonly ledger: Ledger;
  readonly act: (operation: string, id: string | null, said?: object) => Promise<Answer>;
  /** By a second person, of what was requested. */
  readonly grant: (operation: string, id: string, requested: Answer) => Promise<Answer>;
  readonly refuse: (operation: string, id: string, requested: Answer) => Promise<Answer>;
  /** Somebody new who studies in the program. */
  readonly student: () => Promise<{ readonly learnerId: string; readonly enrollmentId: string }>;
  readonly organizationId: string;
  readonly programId: string;
  /** Lets days pass. */
  readonly pass: (days: number) => void;
}

const post = { zh: '电商运营', en: 'E-commerce operations' };
const span = { from: '2026-11-01', to: '2027-06-30' };
const soon = '2026-11-30';
const parties = ['school', 'enterprise', 'apprentice'] as const;

/** Answers the contract in which all of it happened. Its ledger's clock stands at 2026-11-22. */
export async function everythingHappens(a: Apprenticing): Promise<{ readonly contractId: string; readonly selectionId: string }> {
  const { act, organizationId, programId } = a;
  const { openingId } = (
    await act('publishOpening', null, {
      organizationId,
      post,
      programIds: [programId],
      places: 9,
      ...span,
      closesOn: '2026-12-31',
    })
  ).body;

  const offered = async (expiresAt = '2026-12-31'): Promise<string> => {
    const { learnerId, enrollmentId } = await a.student();
    const { selectionId } = (await act('submitApplication', null, { openingId, learnerId, enrollmentId })).body;
    await act('screenApplication', selectionId);
    for (const by of ['school', 'enterprise']) await act('assessApplicant', selectionId, { by, score: 8000, recommended: true });
    await act('makeOffer', selectionId, { post, ...span, expiresAt });
    return selectionId;
  };
  const worded = (to = span.to): object => ({
    post,
    from: span.from,
    to,
    plan: { programId },
    sections: defaultApprenticeshipPolicy.sections.map((code) => ({ code })),
  });

  const late = await offered(soon);
  await act('declineOffer', await offered());
  await act('rejectApplication', await offered());
  await act('withdrawApplication', await offered());

  const selectionId = await offered();
  await act('acceptOffer', selectionId);
  const { contractId } = (await act('draftContract', null, { selectionId, ...worded() })).body;
  const on = (operation: string, said: object = {}): Promise<Answer> => act(operation, contractId, said);
  await on('reviseTerms', worded());
  const { terms } = (await a.ledger.parts.transactor.load(contractFact(contractId))).state;
  for (const party of parties)
    for (const { code, digest } of terms!.sections) await on('confirmSection', { party, section: code, digest });
  for (const party of parties) {
    const medium = party === 'school' ? 'electronic' : 'paper';
    await on('signContract', { party, termsDigest: terms!.termsDigest, medium, evidence: 'file 11' });
  }
  await on('recordInsurance', { ...span, insurer: 'PICC', policy: 'SX-1' });
  const teacher = async (side: string, staffNumber: string): Promise<string> => {
    const employer = side === 'enterprise' ? { organizationId } : {};
    return (await act('registerTeacher', null, { side, staffNumber, ...employer })).body.teacherId;
  };
  const [school, master, next] = [
    await teacher('school', 'S1'),
    await teacher('enterprise', 'E1'),
    await teacher('enterprise', 'E2'),
  ];
  await on('assignMentor', { side: 'school', teacherId: school });
  await on('assignMentor', { side: 'enterprise', teacherId: master });
  await on('startContract');
  await on('replaceMentor', { side: 'enterprise', teacherId: next });
  await on('suspendContract', { ground: 'illness' });
  await on('resumeContract');
  await on('recordTrainingLog', { week: '2026-11-16', hours: 800, workOrders: [{}] });
  await on('confirmTrainingLog', { week: '2026-11-16', teacherId: next });

  const proposed = async (to: string, expiresAt = '2027-03-31'): Promise<{ amendmentId: string; termsDigest: string }> =>
    (await on('proposeAmendment', { ...worded(to), party: 'enterprise', expiresAt })).body;
  await on('cancelAmendment', { amendmentId: (await proposed('2027-07-31')).amendmentId });
  await on('rejectAmendment', { amendmentId: (await proposed('2027-07-31')).amendmentId, party: 'apprentice' });
  const { amendmentId, termsDigest } = await proposed('2027-07-31');
  for (const party of ['school', 'apprentice']) await on('consentAmendment', { amendmentId, party, termsDigest });
  const lapsing = await proposed('2027-08-31', soon);
  a.pass(14);
  await on('expireAmendment', { amendmentId: lapsing.amendmentId });
  await act('expireOffer', late);

  await on('terminateContract', { ground: 'transfer', noticeGivenOn: '2026-12-01', notice: 'file 12' });
  await a.refuse('refuseContractApproval', contractId, await on('requestTerminationReversal', { evidence: ['file 13'] }));
  await a.grant('grantContractApproval', contractId, await on('requestTerminationReversal'));
  for (const party of ['school', 'enterprise']) await on('signGateway', { party });
  await on('completeContract');

  const never = await offered();
  await act('acceptOffer', never);
  const drafted = (await act('draftContract', null, { selectionId: never, ...worded() })).body;
  await act('cancelContract', drafted.contractId, { ground: 'post-gone' });
  await act('closeOpening', openingId);

  const { enrollmentId } = await a.student();
  const batch = { organizationId, project: post, members: [enrollmentId], until: '2027-06-30' };
  const first = (await act('startBatch', null, batch)).body.placementId;
  const second = (await act('startBatch', null, { ...batch, follows: first })).body.placementId;
  await act('giveHandover', first, { to: second });
  await act('acknowledgeHandover', first, { other: second });
  await act('acknowledgeHandover', second, { other: first });
  await act('endBatch', first);
  return { contractId, selectionId };
}
