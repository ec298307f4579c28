import { describe, expect, it } from '@jest/globals';
import { examples, expectTable } from '../../../test/support/given.ts';
import { commonRefusals } from '../../kernel/refusals.ts';
import { partnershipCommands } from './commands.ts';
import { organization, organizationIdOf, planPartnership } from './partnership.ts';

const { given, seen } = examples(organization, {});

const content = {
  creditCode: '91330100799655058B',
  name: { zh: '某电商有限公司', en: 'Some E-commerce Ltd.' },
  kind: 'enterprise',
} as const;
const register = { type: 'RegisterOrganization', ...content } as const;

describe('an organization', () => {
  it('is registered once under its credit code', () => {
    const known = given().when(register).gives({ type: 'OrganizationRegistered', data: content });
    known.when({ ...register, name: { en: content.name.en, zh: content.name.zh } }).givesNothing();
    known.when({ ...register, kind: 'school' }).refuses('REFERENCE_EXISTS', { recorded: content });
    known.when({ ...register, name: { ...content.name, en: 'Other' } }).refuses('REFERENCE_EXISTS');
  });

  it('has its code as its stream, in each institution', () => {
    expect(planPartnership(register, 'college').own.stream).toBe(
      `organization-${organizationIdOf('college', content.creditCode)}`,
    );
    expect(organizationIdOf('college', content.creditCode)).not.toBe(organizationIdOf('other', content.creditCode));
  });
});

it('the command table says what was seen', () => {
  expectTable(partnershipCommands, seen, [], commonRefusals);
});
