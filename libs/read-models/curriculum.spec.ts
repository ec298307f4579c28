import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { project, TestLedger, TestStores } from '../../test/support/events.ts';
import { fourFourTwo } from '../contexts/curriculum/scheme.ts';
import type { CourseVersion } from '../facts/curriculum.ts';
import type { ReadQueries } from '../ports/read-store.ts';
import type { Projection } from '../projection/engine.ts';
import { curriculum, listCourses, listSchemes } from './curriculum.ts';

let ledger: TestLedger;
let stores: TestStores;
let projection: Projection;
const institutionId = 'college';

const course: CourseVersion = {
  version: 1,
  code: 'EC101',
  name: { zh: '电子商务基础', en: 'Introduction to E-commerce' },
  credits: 400,
  hours: 64,
  nature: 'compulsory',
  category: null,
  module: null,
  frameworkLevel: null,
};

beforeEach(async () => {
  ledger = new TestLedger();
  stores = new TestStores();
  projection = await project(ledger, stores, [curriculum]);
  await ledger.say('course-c1', [{ type: 'CoursePublished', data: course }]);
  const practice = { code: 'LG205', name: { zh: '仓储实训', en: 'Warehouse practice' }, nature: 'practice' } as const;
  await ledger.say('course-c2', [{ type: 'CoursePublished', data: { ...course, ...practice } }]);
  await ledger.say('course-x', [{ type: 'CoursePublished', data: course }], { institutionId: 'elsewhere' });
  await ledger.say('course-c1', [{ type: 'CoursePublished', data: { ...course, version: 2, credits: 350 } }]);
  await ledger.say('scheme-s1', [{ type: 'EvaluationSchemeAdopted', data: { version: 1, ...fourFourTwo } }]);
  await ledger.say('scheme-s1', [{ type: 'EvaluationSchemeAdopted', data: { version: 2, ...fourFourTwo, makeUpCap: null } }]);
  await projection.catchUp();
});
afterEach(() => stores.close());

const ask = <T>(query: (db: ReadQueries) => Promise<T>): Promise<T> => stores.read(curriculum, query);

it('lists courses in their last version, by words, code and nature', async () => {
  expect(await ask((db) => listCourses(db, { institutionId }))).toMatchObject({
    total: 2,
    rows: [
      { id: 'c1', version: 2, code: 'EC101', nameZh: '电子商务基础', credits: 350, hours: 64, frameworkLevel: null },
      { id: 'c2', version: 1 },
    ],
  });
  const found = async (query: object): Promise<unknown> => {
    const page = await ask((db) => listCourses(db, { institutionId, ...query }));
    return 'rows' in page ? page.rows.map(({ id }) => id) : page;
  };
  expect(await found({ text: '仓储' })).toEqual(['c2']);
  expect(await found({ text: 'ec1' })).toEqual(['c1']);
  expect(await found({ code: 'LG205' })).toEqual(['c2']);
  expect(await found({ nature: 'practice' })).toEqual(['c2']);
  expect(await found({ limit: 1 })).toEqual(['c1']);
});

it('lists schemes in their last version', async () => {
  expect(await ask((db) => listSchemes(db, { institutionId }))).toMatchObject({
    total: 1,
    rows: [{ id: 's1', scheme: { ...fourFourTwo, version: 2, makeUpCap: null } }],
  });
  expect(await ask((db) => listSchemes(db, { institutionId: 'elsewhere' }))).toMatchObject({ total: 0 });
  expect(await ask((db) => listSchemes(db, { institutionId, cursor: 'eyJ' }))).toMatchObject({ refused: 'CURSOR_INVALID' });
});
