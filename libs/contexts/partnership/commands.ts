import type { CommandFacts } from '../../kernel/commands.ts';
import type { PartnershipCommand } from './partnership.ts';

export const partnershipCommands = {
  RegisterOrganization: {
    title: { zh: '登记单位', en: 'Register an organization' },
    events: ['OrganizationRegistered'],
    refusals: ['REFERENCE_EXISTS'],
  },
} as const satisfies Record<PartnershipCommand['type'], CommandFacts>;
