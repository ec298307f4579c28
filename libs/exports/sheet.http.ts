import type { FastifyReply } from 'fastify';
import { OneOf } from '../edge/fields.ts';
import { incompleteOf, tellIncomplete } from '../edge/incomplete.ts';
import { principalOf, type EdgeRequest, type Parts } from '../edge/parts.ts';
import { rightOf, rights } from '../edge/policy.ts';
import type { Properties } from '../intake/write-xlsx.ts';
import type { Bilingual, Language } from '../kernel/bilingual.ts';
import { instant } from '../kernel/time.ts';
import { Asked } from '../records/asking.ts';
import type { Then } from '../records/past.ts';
import { fileOf, type Exported, type Format } from './sheet.ts';

export class SheetAsked extends Asked {
  @OneOf({ csv: 1, xlsx: 1 }, { optional: true, description: 'csv where absent' })
  format?: Format;

  @OneOf({ zh: 1, en: 1 }, { optional: true, description: 'Language of headers and words' })
  lang?: Language;
}

const mediaTypes: Readonly<Record<Format, string>> = {
  csv: 'text/csv; charset=utf-8; header=present',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
};

/** Streams it: what is read later than the first rows is read as of the same moment only where a moment was asked about. */
export async function sendSheet(
  parts: Parts,
  { request, reply }: { readonly request: EdgeRequest; readonly reply: FastifyReply },
  then: Then,
  { format = 'csv', lang = 'zh' }: SheetAsked,
  exported: Exported,
): Promise<void> {
  const { recordedAsOf, effectiveAsOf } = then.asOf;
  tellIncomplete(request, reply, parts);
  await reply
    .header('content-type', mediaTypes[format])
    .header('content-disposition', `attachment; filename="${exported.file}-${then.today}.${format}"`)
    .header('ledger-position', then.position.toString())
    .headers({
      ...(recordedAsOf === undefined ? {} : { 'ledger-recorded-as-of': recordedAsOf }),
      ...(effectiveAsOf === undefined ? {} : { 'ledger-effective-as-of': effectiveAsOf }),
    })
    .header('x-correlation-id', request.id)
    .send(fileOf(format, exported, propertiesOf(parts, request, then, lang, exported)));
}

/** Some events could not be folded into what it was read from. */
const incomplete: Bilingual = {
  zh: '内容不完整：有事件未能计入。',
  en: ' It is incomplete: some events are not counted in.',
};

/** What the file holds, as of when, for whom and by what right. */
function propertiesOf(
  parts: Parts,
  request: EdgeRequest,
  { asOf, position }: Then,
  lang: Language,
  exported: Exported,
): Properties {
  const { sub, role, institution } = principalOf(request);
  const now = instant(parts.clock.now());
  const { recordedAsOf, effectiveAsOf } = asOf;
  const right = rightOf(request.policy, role);
  const told: Bilingual = {
    zh: `账本截至 ${recordedAsOf ?? now} 的记录（位置 ${position}）${effectiveAsOf === undefined ? '' : `，于 ${effectiveAsOf} 有效`}；由 ${sub}（${role}）凭“${right ? rights[right].zh : ''}”导出。`,
    en: `What the ledger held at ${recordedAsOf ?? now} (position ${position})${effectiveAsOf === undefined ? '' : `, as true on ${effectiveAsOf}`}; exported by ${sub} (${role}), who reaches ${right ? rights[right].en : ''}.`,
  };
  const lacks = incompleteOf(request, parts).map(({ view, keys }) => `${view} (${keys})`);
  return {
    title: exported.title[lang],
    creator: `${sub} (${role})`,
    created: now,
    description: lacks.length === 0 ? told[lang] : `${told[lang]}${incomplete[lang]}`,
    custom: {
      Institution: institution,
      Position: position.toString(),
      'Recorded as of': recordedAsOf ?? now,
      ...(effectiveAsOf === undefined ? {} : { 'Effective as of': effectiveAsOf }),
      'Exported by': sub,
      Role: role,
      Right: right ?? '',
      Request: request.id,
      ...(lacks.length === 0 ? {} : { Incomplete: lacks.join(', ') }),
      ...Object.fromEntries(
        Object.entries(exported.filters).filter((entry): entry is [string, string] => entry[1] !== undefined),
      ),
    },
  };
}
