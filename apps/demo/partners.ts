import { organizationIdOf } from '../../libs/facts/organization.ts';
import type { Bilingual } from '../../libs/kernel/bilingual.ts';
import type { Actor } from '../../libs/kernel/decider.ts';
import { creditCheckCharacter } from '../../libs/kernel/national-id.ts';
import { workday } from './dates.ts';
import { zhou } from './office.ts';
import type { Step } from './step.ts';
import { Teller, type World } from './teller.ts';

/** Organizations of the story, fictitious all of them. */

const creditCode = (first17: string): string => `${first17}${creditCheckCharacter(first17)}`;

export interface Partner {
  readonly name: Bilingual;
  readonly creditCode: string;
  /** Prefix of its staff numbers. */
  readonly letters: string;
  /** The `sub` of its office's tokens. */
  readonly account: string;
  /** Posts that it offers, by program. */
  readonly posts: Readonly<Record<number, Bilingual>>;
}

const post = (zh: string, en: string): Bilingual => ({ zh, en });

/** The large enterprise that runs the industry institute, and two smaller ones. */
export const partners: readonly Partner[] = [
  {
    name: { zh: '云帆电子商务集团有限公司', en: 'Yunfan E-commerce Group Co., Ltd.' },
    creditCode: creditCode('91449900MA5D0YF01'),
    letters: 'YF',
    account: 'hr-yunfan',
    posts: {
      0: post('店铺运营专员', 'Store operations specialist'),
      1: post('仓配调度员', 'Fulfilment dispatcher'),
      2: post('新媒体营销专员', 'New media marketing specialist'),
      3: post('商务数据分析员', 'Business data analyst'),
      4: post('客户服务组长', 'Customer service team leader'),
    },
  },
  {
    name: { zh: '江畔供应链管理有限公司', en: 'Jiangpan Supply Chain Management Co., Ltd.' },
    creditCode: creditCode('91449900MA5D0JP02'),
    letters: 'JP',
    account: 'hr-jiangpan',
    posts: {
      0: post('跨境仓运营助理', 'Cross-border warehouse assistant'),
      1: post('仓储管理员', 'Warehouse keeper'),
      4: post('门店运营助理', 'Store operations assistant'),
    },
  },
  {
    name: { zh: '青禾数据科技有限公司', en: 'Qinghe Data Technology Co., Ltd.' },
    creditCode: creditCode('91449900MA5D0QH03'),
    letters: 'QH',
    account: 'hr-qinghe',
    posts: {
      0: post('搜索引擎营销专员', 'Search engine marketing specialist'),
      2: post('市场调研员', 'Market researcher'),
      3: post('数据标注与分析员', 'Data annotator and analyst'),
    },
  },
];

const others = [
  { kind: 'school', code: '12449900400000001', zh: '云溪职业技术学院', en: 'Yunxi Vocational College' },
  {
    kind: 'school',
    code: '12449900400000002',
    zh: '云溪职业技术学院云帆数字商贸产业学院',
    en: 'Yunfan Digital Commerce Industry Institute of Yunxi Vocational College',
  },
  { kind: 'government', code: '11449900000000003', zh: '云溪市教育局', en: 'Education Bureau of Yunxi' },
  { kind: 'association', code: '51449900500000004', zh: '云溪市电子商务协会', en: 'E-commerce Association of Yunxi' },
] as const;

export const organizationIdAt = ({ institutionId }: World, partner: number): string =>
  organizationIdOf(institutionId, partners[partner]!.creditCode);

/** Whoever speaks for an enterprise. */
export const officeOf = (world: World, partner: number): Actor => ({
  personId: partners[partner]!.account,
  role: 'enterprise',
  organizationId: organizationIdAt(world, partner),
});

export function* partnersStrand(world: World): Generator<Step, void> {
  const tell = new Teller(world, 'partners');
  const register = (kind: 'school' | 'enterprise' | 'government' | 'association', code: string, name: Bilingual): Step =>
    tell.step([workday('2024-07-09'), 'dawn'], zhou, {
      on: 'partnership',
      command: { type: 'RegisterOrganization', creditCode: code, name, kind },
    });
  for (const { kind, code, zh, en } of others) yield register(kind, creditCode(code), { zh, en });
  for (const partner of partners) yield register('enterprise', partner.creditCode, partner.name);
}
