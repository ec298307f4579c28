/** An apprenticeship as a registrar enters it over HTTP, from the opening to the draft of a contract. */
export interface Trained {
  readonly openingId: string;
  readonly selectionId: string;
  readonly contractId: string;
  readonly placementId: string;
}

export interface Trainee {
  readonly organizationId: string;
  readonly programId: string;
  readonly courseId: string;
  readonly learnerId: string;
  readonly enrollmentId: string;
  /** Plain dates of the training. */
  readonly from: string;
  readonly to: string;
  /** Plain date, the last of applications and the end of the offer. */
  readonly closesOn: string;
  /** Stands in every text that is personal. */
  readonly mark?: string;
}

type Made = (path: string, body: object) => Promise<Record<string, string>>;

const post = { zh: '仓储管理学徒', en: 'Warehouse apprentice' };
export const sections = ['training-plan', 'duties', 'hours-and-rest', 'pay', 'safety', 'assessment'];

export async function apprenticed(made: Made, t: Trainee): Promise<Trained> {
  const { organizationId, programId, courseId, learnerId, enrollmentId, from, to, closesOn, mark = '' } = t;
  const span = { from, to };
  const { openingId } = await made('/v1/openings', {
    organizationId,
    post,
    programIds: [programId],
    places: 3,
    ...span,
    closesOn,
  });
  const { selectionId } = await made('/v1/selections', { openingId, enrollmentId, learnerId, statement: `自荐${mark}` });
  const on = (act: string, body: object = {}): Promise<unknown> => made(`/v1/selections/${selectionId}/${act}`, body);
  await on('screen');
  await on('assess', { by: 'school', score: 8600, recommended: true });
  await on('assess', { by: 'enterprise', recommended: true });
  await on('make-offer', { post, ...span, expiresAt: closesOn });
  await on('accept');
  const { contractId } = await made('/v1/contracts', {
    selectionId,
    post,
    ...span,
    plan: { programId, version: 1, courseIds: [courseId] },
    sections: sections.map((code) => ({ code, text: `条款${mark}${code}` })),
  });
  const { placementId } = await made('/v1/placements', {
    organizationId,
    project: { zh: '双十一客服', en: 'November sales support' },
    members: [enrollmentId],
    until: to,
  });
  return { openingId: openingId!, selectionId: selectionId!, contractId: contractId!, placementId: placementId! };
}
