import { describe, expect, it } from '@jest/globals';
import { TestStores } from '../../test/support/events.ts';
import { faultText } from './faults.ts';

const thrown = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
};
const here = (name: string): unknown => expect.stringMatching(new RegExp(`^${name} at libs/projection/faults\\.spec\\.ts:\\d+$`));

/** What a fold may have read. */
const secrets = ['李小雨', '110101200703149999', 'sealed.1.identity.c2VjcmV0'];

describe('what is told of a fault', () => {
  it('is its name and its place', () => {
    expect(faultText(new TypeError('x'))).toEqual(here('TypeError'));
    expect(faultText(thrown(() => JSON.parse('{')))).toEqual(here('SyntaxError'));
    expect(faultText('李小雨')).toBe('Error');
    expect(faultText(null)).toBe('Error');
  });

  it.each(secrets)('quotes nothing that was read, wherever the fault has it: %s', (secret) => {
    const named = new Error('x');
    named.name = secret;
    const forged = new Error(`x\n    at ${import.meta.dirname}/${secret}.ts:1:1)\n    at ${secret}`);
    const faults = [
      new Error(secret),
      new TypeError(`Cannot read properties of undefined (reading '${secret}')`),
      thrown(() => JSON.parse(`{${secret}`)),
      Object.assign(new Error('x'), { code: secret }),
      new Error('x', { cause: new Error(secret) }),
      new AggregateError([new Error(secret)], secret),
      named,
      forged,
      Object.assign(new Error(`no such column: ${secret}`), { code: 'ERR_SQLITE_ERROR', errcode: 1 }),
      { message: secret },
      secret,
    ];
    for (const fault of faults)
      expect(faultText(fault)).toMatch(/^(\w+)( ERR_\w+)?( at libs\/projection\/faults\.spec\.ts:\d+)?$/);
    expect(faults.map(faultText).filter((text) => text.includes(secret))).toEqual([]);
  });

  it('is the code of what the store says, at the statement that it was told', async () => {
    const stores = new TestStores();
    const fold = async (): Promise<void> => {
      await stores.views.transaction(async (db) => {
        await db.run('SELECT 1 FROM nowhere');
      });
    };
    const fault = await fold().catch((error: unknown) => error);
    await stores.close();
    expect(faultText(fault)).toEqual(here('Error ERR_SQLITE_ERROR'));
  });
});
