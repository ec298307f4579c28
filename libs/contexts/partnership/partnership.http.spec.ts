import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openDesk, type Desk } from '../../../test/support/desk.ts';
import { PartnershipModule } from './partnership.module.ts';

let desk: Desk;
beforeAll(async () => void (desk = await openDesk([PartnershipModule])));
afterAll(() => desk.server.app.close());

const organization = {
  creditCode: '91350100M000100Y43',
  name: { zh: '江南电子商务有限公司', en: 'Jiangnan E-commerce Ltd.' },
  kind: 'enterprise',
};

it('registers an organization under its credit code, whatever its case', async () => {
  const first = await desk.post('/v1/organizations', organization);
  expect(first).toMatchObject({ status: 201, body: { events: ['OrganizationRegistered'] } });
  const again = await desk.post('/v1/organizations', { ...organization, creditCode: organization.creditCode.toLowerCase() });
  expect(again).toMatchObject({ status: 200, body: { organizationId: first.body.organizationId, events: [] } });
  expect(await desk.post('/v1/organizations', { ...organization, kind: 'school' })).toMatchObject({
    status: 409,
    body: { code: 'REFERENCE_EXISTS' },
  });
  const academy = await desk.as({ institution: 'academy' });
  expect(await academy.post('/v1/organizations', { ...organization, kind: 'school' })).toMatchObject({ status: 201 });
});

it('checks the code and the kind', async () => {
  const bad = await desk.post('/v1/organizations', { ...organization, creditCode: '91350100M000100Y44', kind: 'club' });
  expect(bad).toMatchObject({ status: 422, body: { code: 'VALIDATION_FAILED' } });
  expect(bad.body.errors.map((error: { code: string }) => error.code).toSorted()).toEqual(['CREDIT_CODE', 'ONE_OF']);
});
