import { describe, expect, it } from '@jest/globals';
import { openDesk } from '../../test/support/desk.ts';
import type { EdgeRequest } from './parts.ts';

const principal = { sub: 'auditor-1', role: 'auditor', institution: 'college', org: null, learner: null } as const;
const asked = (subjectId: string | null, query: object = {}): EdgeRequest =>
  ({ principal, operation: 'readLearner', subjectId, query, params: {}, id: 'c-1' }) as unknown as EdgeRequest;

describe('the record of reads', () => {
  it('keeps every read that came at once, in appends that they share', async () => {
    const { server, parts } = await openDesk([]);
    let appends = 0;
    const append = parts.store.append.bind(parts.store);
    parts.store.append = (...args) => {
      appends += 1;
      return append(...args);
    };
    await Promise.all(Array.from({ length: 100 }, (_, i) => server.access.record(asked(i % 2 ? 'l1' : null), i % 2 ? null : i)));
    expect((await parts.store.readStream('access-l1')).length).toBe(50);
    expect((await parts.store.readStream('access-college.2026-10-01')).length).toBe(50);
    expect(appends).toBeLessThan(10);
    // Somebody else wrote there meanwhile: it goes on behind.
    await parts.store.append('access-l1', 49n, [{ id: '6f9619ff-8b86-8011-a42d-00cf4fc964ff', type: 'RecordRead', json: '{}' }]);
    await server.access.record(asked('l1'), null);
    expect((await parts.store.readStream('access-l1')).length).toBe(52);
    await server.app.close();
  });

  it('says who, what and when, and no word that was searched for', async () => {
    const { server, parts } = await openDesk([]);
    await server.access.record(
      asked('l1', { search: '李小雨', recordedAsOf: '2026-09-01', studentNumber: '20260001', cursor: 'x' }),
      1,
    );
    const [stored] = await parts.store.readStream('access-l1');
    expect(JSON.parse(stored!.json)).toMatchObject({
      actor: { personId: 'auditor-1', role: 'auditor' },
      subjectId: 'l1',
      institutionId: 'college',
      effectiveAt: '2026-10-01T00:00:00.000Z',
      data: { route: 'readLearner', query: { recordedAsOf: '2026-09-01', search: 'yes' }, subjects: 1 },
    });
    expect(stored!.json).not.toMatch(/李小雨|20260001/);
    await server.app.close();
  });

  it('lets the reader know that it could not be kept', async () => {
    const { server, parts } = await openDesk([]);
    parts.store.append = () => Promise.reject(new Error('no'));
    await expect(server.access.record(asked('l1'), null)).rejects.toThrow('no');
    await server.app.close();
  });
});
