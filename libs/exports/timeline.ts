import { catalog, type LedgerEvent, type LedgerEventType } from '../events/events.ts';
import type { Language } from '../kernel/bilingual.ts';
import { canonical } from '../kernel/canonical.ts';
import type { HistoricRecord } from '../kernel/as-of.ts';
import type { Envelope } from '../kernel/decider.ts';
import { timeIn } from '../kernel/time.ts';
import { changesOf, type Change, type TimelineRow } from '../read-models/audit-timeline.ts';
import type { Codec } from '../runtime/codec.ts';
import type { Column, Table } from './sheet.ts';

/** An event of somebody's history with its personal parts opened, live or as of a moment. */
export interface TimelineEvent extends Pick<Envelope, 'type' | 'stream' | 'effectiveAt' | 'actor'> {
  readonly position: bigint;
  readonly revision: bigint;
  readonly recordedAt: string;
  readonly onBehalfOf: string | null;
  readonly reason: { readonly code: string; readonly text: string | null } | null;
  readonly changes: readonly Change[];
  readonly data: Readonly<Record<string, unknown>>;
  readonly annulled: boolean;
}

const opened = (data: Readonly<Record<string, unknown>>, codec: Codec): Record<string, unknown> =>
  Object.fromEntries(Object.entries(data).map(([field, value]) => [field, codec.reveal(value)]));

export const ofRow = ({ data, reason, ...row }: TimelineRow, codec: Codec): TimelineEvent => ({
  ...row,
  data: opened(data, codec),
  reason: reason && { code: reason.code, text: codec.reveal(reason.text) },
  annulled: false,
});

export function ofHistory(event: HistoricRecord<LedgerEvent>, codec: Codec): TimelineEvent {
  const { type, stream, effectiveAt, actor, position, revision, recordedAt, onBehalfOf = null, reason, annulled = false } = event;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as JSON holds it
  const data = event.data as unknown as Readonly<Record<string, unknown>>;
  const why = reason ? { code: reason.code, text: codec.reveal(reason.text ?? null) } : null;
  const told = { data: opened(data, codec), changes: changesOf(type, data), reason: why };
  return { type, stream, effectiveAt, actor, position, revision, recordedAt, onBehalfOf, annulled, ...told };
}

const columns = (language: Language): readonly Column[] => {
  const zh = language === 'zh';
  return [
    { title: zh ? '位置' : 'position', kind: 'number' },
    { title: zh ? '记录时间' : 'recorded at' },
    { title: zh ? '生效时间' : 'effective at' },
    { title: zh ? '事项' : 'event' },
    { title: zh ? '类型' : 'type' },
    { title: zh ? '记录人' : 'by' },
    { title: zh ? '角色' : 'role' },
    { title: zh ? '单位' : 'organization' },
    { title: zh ? '代表' : 'on behalf of' },
    { title: zh ? '原因' : 'reason' },
    { title: zh ? '原因说明' : 'reason in words' },
    { title: zh ? '变更' : 'changes' },
    { title: zh ? '已作废' : 'annulled' },
    { title: zh ? '内容' : 'content' },
    { title: zh ? '流' : 'stream' },
    { title: zh ? '修订号' : 'revision', kind: 'number' },
  ];
};

/** Instants are told in the institution's zone. */
export const timelineTable = (events: AsyncIterable<TimelineEvent>, language: Language, zone: string): Table => ({
  name: { zh: '历史记录', en: 'timeline' }[language],
  columns: columns(language),
  rows: rowsOf(events, language, zone),
});

async function* rowsOf(
  events: AsyncIterable<TimelineEvent>,
  language: Language,
  zone: string,
): AsyncGenerator<readonly string[], void, undefined> {
  const told = (value: unknown): string =>
    typeof value === 'string' ? value : value === null || value === undefined ? '' : canonical(value);
  for await (const event of events) {
    const { type, actor, reason } = event;
    yield [
      event.position.toString(),
      timeIn(event.recordedAt, zone),
      timeIn(event.effectiveAt, zone),
      catalog[type as LedgerEventType].title[language],
      type,
      actor.personId,
      actor.role,
      actor.organizationId ?? '',
      event.onBehalfOf ?? '',
      reason?.code ?? '',
      reason?.text ?? '',
      event.changes.map((change) => `${change.field}: ${told(change.old)} → ${told(change.new)}`).join('\n'),
      event.annulled ? { zh: '是', en: 'yes' }[language] : '',
      canonical(event.data),
      event.stream,
      event.revision.toString(),
    ];
  }
}
