import { resolve } from 'node:path';
import { isLoopback } from '../../libs/edge/loopback.ts';
import type { Bilingual } from '../../libs/kernel/bilingual.ts';
import { assertZone } from '../../libs/kernel/time.ts';

/** What the environment says, checked before anything is opened. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly folder: string;
  /** IANA time zone by institution. */
  readonly institutions: ReadonlyMap<string, string>;
  /** What stands on printed records, by institution. */
  readonly institutionNames: ReadonlyMap<string, Bilingual>;
  /** Start instant of the ledger's clock, in milliseconds; the machine's clock where absent. */
  readonly clockFrom: number | null;
  readonly issuer: { readonly issuer: string; readonly jwks: string; readonly audience?: string } | null;
  readonly loopback: boolean;
  readonly logLevel: string;
  /** Builds of the past that an institution keeps, before the one that was used the longest ago is thrown away. */
  readonly keptBuilds: number;
  /** Days for which an uploaded file and what became of its rows are kept after the import's end. */
  readonly uploadDays: number;
}

/** Something that whoever starts the ledger must change: one sentence, without a stack. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused';
}

export function settingsOf(env: Readonly<Record<string, string | undefined>>): Settings {
  const host = env['HOST'] || '127.0.0.1';
  const loopback = isLoopback(host);
  const { LEDGER_ISSUER: issuer, LEDGER_JWKS: jwks, LEDGER_AUDIENCE: audience } = env;
  if (Boolean(issuer) !== Boolean(jwks)) throw new StartRefused('set LEDGER_ISSUER and LEDGER_JWKS together, or neither of them');
  if (!issuer && !loopback) {
    throw new StartRefused(
      `HOST=${host} can be reached from elsewhere, where development tokens must not be believed: set LEDGER_ISSUER and LEDGER_JWKS`,
    );
  }
  return {
    host,
    port: portOf(env['PORT'] || '3000'),
    folder: resolve(env['LEDGER_DATA'] || './data'),
    institutions: institutionsOf(env['LEDGER_INSTITUTIONS'] || 'college=Asia/Shanghai'),
    institutionNames: namesOf(env['LEDGER_INSTITUTION_NAMES'] || ''),
    clockFrom: clockOf(env['LEDGER_CLOCK'], loopback),
    issuer: issuer && jwks ? { issuer, jwks, ...(audience ? { audience } : {}) } : null,
    loopback,
    logLevel: env['LEDGER_LOG'] || 'warn',
    keptBuilds: keptOf(env['LEDGER_AS_OF_KEPT'] || '8'),
    uploadDays: daysOf(env['LEDGER_UPLOAD_DAYS'] || '30'),
  };
}

function portOf(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new StartRefused(`PORT=${text} is no port: 0 to 65535, 0 for any free one`);
  return port;
}

function keptOf(text: string): number {
  const kept = Number(text);
  // Two at least: they are compared.
  if (!/^\d{1,3}$/.test(text) || kept < 2)
    throw new StartRefused(`LEDGER_AS_OF_KEPT=${text}: how many builds of the past are kept, 2 to 999`);
  return kept;
}

function daysOf(text: string): number {
  const days = Number(text);
  if (!/^\d{1,3}$/.test(text) || days < 1)
    throw new StartRefused(`LEDGER_UPLOAD_DAYS=${text}: how many days uploaded files are kept, 1 to 999`);
  return days;
}

/** `college=Asia/Shanghai, academy=Asia/Urumqi`. */
function institutionsOf(text: string): ReadonlyMap<string, string> {
  const institutions = new Map<string, string>();
  for (const part of text.split(',')) {
    const [id = '', zone = ''] = part.split('=').map((word) => word.trim());
    // Ids stand in stream names: access-<institution>.<day> must not be mistaken for another.
    if (!/^[a-z0-9][a-z0-9-]{0,31}$/.test(id)) {
      throw new StartRefused(
        `LEDGER_INSTITUTIONS: “${id}” is no id of an institution: 1 to 32 lower-case letters, digits and hyphens`,
      );
    }
    try {
      assertZone(zone);
    } catch {
      throw new StartRefused(`LEDGER_INSTITUTIONS: “${zone}” is no time zone; write ${id}=Asia/Shanghai`);
    }
    institutions.set(id, zone);
  }
  return institutions;
}

/** `college=江南职业技术学院|Jiangnan Vocational College; academy=…`. */
function namesOf(text: string): ReadonlyMap<string, Bilingual> {
  const names = new Map<string, Bilingual>();
  for (const part of text.split(';').filter((words) => words.trim() !== '')) {
    const [id = '', both = ''] = part.split('=').map((word) => word.trim());
    const [zh = '', en = zh] = both.split('|').map((word) => word.trim());
    if (id === '' || zh === '') {
      throw new StartRefused(
        `LEDGER_INSTITUTION_NAMES: “${part.trim()}” names nothing; write college=江南职业技术学院|Jiangnan Vocational College`,
      );
    }
    names.set(id, { zh, en });
  }
  return names;
}

function clockOf(text: string | undefined, loopback: boolean): number | null {
  if (!text) return null;
  if (!loopback) throw new StartRefused('LEDGER_CLOCK is for trying things out: it works only while listening on loopback');
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new StartRefused(`LEDGER_CLOCK=${text} is no instant; write 2026-09-01T08:00:00+08:00`);
  return ms;
}
