import { Timeline, Violation, type Fail, type LogEvent } from './log.ts';

export interface RequestBook {
  readonly requestId: string;
  readonly stream: string;
  readonly act: string;
  readonly by: string;
  readonly digest: string;
  readonly target: string | null;
  readonly proposal: Readonly<Record<string, unknown>>;
  readonly outcome: Timeline<string>;
}

/** Which act an approval must carry with it, in the same append. */
const actOf: Readonly<Record<string, string>> = {
  AnnulAdmission: 'AdmissionAnnulled',
  RevertWithdrawal: 'WithdrawalReverted',
  CorrectEnrollment: 'EnrollmentCorrected',
  RevokeRegistration: 'RegistrationRevoked',
  CorrectIdentity: 'IdentityCorrected',
  ErasePersonalData: 'PersonalDataErased',
  CorrectGrade: 'GradeCorrected',
  ReverseTermination: 'TerminationReversed',
  UndoImport: 'ImportUndone',
};
const acts = new Set(Object.values(actOf));

/** Four-eyes: two people, one request, and its act in the append of the grant. */
export class Approvals {
  readonly requests = new Map<string, RequestBook>();
  readonly #streams: ReadonlyMap<string, readonly LogEvent[]>;
  #grant: RequestBook | null = null;

  constructor(streams: ReadonlyMap<string, readonly LogEvent[]>) {
    this.#streams = streams;
  }

  take(event: LogEvent, fail: Fail): void {
    if (this.#grant) this.#produced(this.#grant, event, fail);
    else if (acts.has(event.type) && !this.#underUndo(event)) fail('four-eyes', 'an act stands without its grant');
    if (event.type.startsWith('Approval')) this.#approval(event, fail);
  }

  /** Rows of an import run are taken back after the grant on the run's own stream, each by itself. */
  #underUndo({ type, data }: LogEvent): boolean {
    if (type !== 'AdmissionAnnulled' || data['run'] === undefined) return false;
    const request = this.requests.get(data['requestId'] as string);
    return request?.stream === `import-${data['run'] as string}` && request.outcome.now === 'ApprovalGranted';
  }

  /** No append ends between a grant and its act. */
  whole(): void {
    if (this.#grant) throw new Violation('four-eyes', `a grant stands without its act: ${this.#grant.act}`);
  }

  #approval(event: LogEvent, fail: Fail): void {
    const requestId = event.data['requestId'] as string;
    if (event.type === 'ApprovalRequested') {
      if (this.requests.has(requestId)) fail('four-eyes', `request ${requestId} was made twice`);
      const { act, target, proposal } = event.data as { act: string; target: string | null; proposal: Record<string, unknown> };
      const outcome = new Timeline('none');
      outcome.set(event.position, 'pending');
      this.requests.set(requestId, {
        requestId,
        stream: event.stream,
        act,
        by: event.actor.personId,
        digest: event.commandDigest,
        target,
        proposal,
        outcome,
      });
      return;
    }
    const request = this.requests.get(requestId);
    if (!request || request.stream !== event.stream) return fail('four-eyes', `request ${requestId} was never made here`);
    if (request.outcome.now !== 'pending') fail('four-eyes', `request ${requestId} is settled twice`);
    request.outcome.set(event.position, event.type);
    if (event.type !== 'ApprovalGranted') return;
    if (request.by === event.actor.personId) fail('four-eyes', `${request.by} granted the own request`);
    if (event.data['digest'] !== request.digest) fail('four-eyes', 'the grant names another request');
    this.#grant = request;
  }

  #produced(request: RequestBook, event: LogEvent, fail: Fail): void {
    const same = event.stream === request.stream && event.data['requestId'] === request.requestId;
    if (!same || event.type !== actOf[request.act]) fail('four-eyes', `a grant of ${request.act} is not followed by its act`);
    if ((event.data['target'] ?? null) !== request.target) fail('four-eyes', 'the act has another target than its request');
    // A correction is itself no change: it stands at its target's time.
    const target = request.target === null ? undefined : this.#streams.get(event.stream)![Number(request.target)];
    if (target && target.effectiveAt !== event.effectiveAt) fail('four-eyes', 'the act stands at another time than its target');
    this.#grant = null;
  }
}
