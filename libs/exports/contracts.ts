import { contractStatuses } from '../events/catalog/apprenticeship.ts';
import { organizationFact } from '../facts/organization.ts';
import { teacherFact } from '../facts/teacher.ts';
import type { Language } from '../kernel/bilingual.ts';
import { isOpen } from '../kernel/personal.ts';
import { formatHundredths } from '../kernel/score.ts';
import type { ContractRow } from '../read-models/apprentice-lists.ts';
import { identityOf } from '../read-models/register-lists.ts';
import type { Codec } from '../runtime/codec.ts';
import type { Transactor } from '../runtime/transact.ts';
import { erasedName } from './names.ts';
import type { Column, Table } from './sheet.ts';

const columns = (language: Language): readonly Column[] => {
  const zh = language === 'zh';
  return [
    { title: zh ? '协议标识' : 'contract id' },
    { title: zh ? '协议编号' : 'agreement number' },
    { title: zh ? '姓名' : 'name' },
    { title: zh ? '企业' : 'enterprise' },
    { title: zh ? '岗位' : 'post' },
    { title: zh ? '开始日期' : 'from', kind: 'date' },
    { title: zh ? '结束日期' : 'to', kind: 'date' },
    { title: zh ? '校内导师' : 'school mentor' },
    { title: zh ? '企业导师' : 'enterprise mentor' },
    { title: zh ? '状态' : 'status' },
    { title: zh ? '实际开始' : 'started on', kind: 'date' },
    { title: zh ? '实际结束' : 'ended on', kind: 'date' },
    { title: zh ? '保险至' : 'insured until', kind: 'date' },
    { title: zh ? '记录学时' : 'hours recorded', kind: 'number' },
    { title: zh ? '确认学时' : 'hours confirmed', kind: 'number' },
  ];
};

interface Deps {
  readonly transactor: Transactor;
  readonly codec: Codec;
}

export const contractsTable = (deps: Deps, contracts: AsyncIterable<ContractRow>, language: Language): Table => ({
  name: { zh: '三方协议', en: 'contracts' }[language],
  columns: columns(language),
  rows: rowsOf(deps, contracts, language),
});

async function* rowsOf(
  { transactor, codec }: Deps,
  contracts: AsyncIterable<ContractRow>,
  language: Language,
): AsyncGenerator<readonly string[], void, undefined> {
  const mentorName = async (teacherId: string): Promise<string> => {
    const profile = codec.reveal((await transactor.load(teacherFact(teacherId))).state.profile);
    return isOpen(profile) ? profile.name : profile === null ? teacherId : erasedName[language];
  };
  for await (const { id, state: story, identity: sealed, hoursRecorded, hoursConfirmed } of contracts) {
    const { of, terms, imported, mentors, insurances, status, startedOn, endedOn } = story.state;
    const identity = identityOf(sealed, (token) => codec.reveal(token));
    const enterprise = of && (await transactor.load(organizationFact(of.organizationId))).state;
    const of1 = (side: 'school' | 'enterprise'): Promise<string[]> =>
      Promise.all(
        mentors.filter((mentor) => mentor.side === side && mentor.to === null).map(({ teacherId }) => mentorName(teacherId)),
      );
    yield [
      id,
      imported?.agreementNumber ?? '',
      typeof identity === 'object' && identity !== null ? identity.name : erasedName[language],
      enterprise?.name[language] ?? of?.organizationId ?? '',
      terms?.post[language] ?? '',
      terms?.from ?? '',
      terms?.to ?? '',
      (await of1('school')).join('; '),
      (await of1('enterprise')).join('; '),
      status === 'none' ? '' : contractStatuses[status][language],
      startedOn ?? '',
      endedOn ?? '',
      insurances
        .map(({ to }) => to)
        .toSorted()
        .at(-1) ?? '',
      formatHundredths(hoursRecorded),
      formatHundredths(hoursConfirmed),
    ];
  }
}
