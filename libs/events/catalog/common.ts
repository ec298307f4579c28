import type { ClaimEvent } from '../../kernel/claim.ts';
import type { CommandAbandoned } from '../../kernel/decider.ts';
import type { ApprovalEvent } from '../../kernel/four-eyes.ts';
import type { CatalogOf } from './catalog.ts';

export const commonCatalog = {
  CommandAbandoned: { version: 1, effect: 'machinery', title: { zh: '命令作废', en: 'Command abandoned' } },
  ClaimTaken: { version: 1, effect: 'machinery', title: { zh: '占用登记', en: 'Claim taken' } },
  ClaimReleased: { version: 1, effect: 'machinery', title: { zh: '释放登记', en: 'Claim released' } },
  ApprovalRequested: {
    version: 1,
    personal: { personal: 'identity' },
    effect: 'machinery',
    title: { zh: '申请复核', en: 'Approval requested' },
  },
  ApprovalGranted: { version: 1, effect: 'machinery', title: { zh: '复核同意', en: 'Approval granted' } },
  ApprovalRefused: { version: 1, effect: 'machinery', title: { zh: '复核不同意', en: 'Approval refused' } },
  ApprovalStale: { version: 1, effect: 'machinery', title: { zh: '复核失效', en: 'Approval stale' } },
} as const satisfies CatalogOf<CommandAbandoned | ClaimEvent | ApprovalEvent>;
