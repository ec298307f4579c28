import type { Identity, Contact } from '../../libs/kernel/personal.ts';
import { residentCheckDigit } from '../../libs/kernel/national-id.ts';
import { addDays } from '../../libs/kernel/time.ts';
import type { Dice } from './dice.ts';

/** People of the story. All of them are fictitious: the region code of their id numbers is assigned to no place. */

const letters = (text: string): readonly string[] => Array.from(text);

const surnames: readonly (readonly [string, number])[] = [
  ...letters('王李张刘陈').map((name) => [name, 60] as const),
  ...letters('杨黄赵吴周徐孙马朱胡').map((name) => [name, 25] as const),
  ...letters('郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董').map((name) => [name, 10] as const),
  ...letters('潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫雷龙史陶贺毛段郝顾龚邵').map(
    (name) => [name, 3] as const,
  ),
  ...['欧阳', '上官', '司马', '诸葛'].map((name) => [name, 1] as const),
];

const given = {
  female: letters('婷雪佳怡欣悦琪雯静敏慧颖洁玲瑶璐琳倩菲萱妍涵梦诗语晴月露思雨可馨子晨'),
  male: letters('浩宇轩杰博文涛鑫磊强鹏飞龙俊凯阳健超志明伟峰帆航睿泽昊天子涵一鸣家豪思远'),
} as const;

export type Sex = keyof typeof given;

const uygur = {
  female: ['阿依古丽', '古丽娜尔', '热依拉', '迪丽努尔', '阿米娜'],
  male: ['艾力', '买买提江', '阿布都拉', '吐尔逊', '艾尼瓦尔'],
} as const;
const fathers = ['买买提', '吐尔逊', '艾合买提', '阿卜杜拉', '玉素甫'];
const tibetan = { female: ['卓玛央金', '德吉措姆', '次仁拉姆'], male: ['扎西顿珠', '索朗多吉', '尼玛次仁'] } as const;

const han = (dice: Dice, sex: Sex): string => {
  const first = dice.pick(given[sex]);
  const second = dice.pick(given[sex]);
  return `${dice.weighted(surnames)}${first}${dice.perMille(250) || second === first ? '' : second}`;
};

/** A name with the ethnic group that it goes with (GB/T 3304). */
function named(dice: Dice, sex: Sex): Pick<Identity, 'name' | 'ethnicGroup'> {
  const group = dice.weighted([
    ['01', 915],
    ['05', 12],
    ['04', 8],
    ['08', 20],
    ['03', 15],
    ['11', 15],
    ['15', 15],
  ] as const);
  if (group === '05') return { name: `${dice.pick(uygur[sex])}·${dice.pick(fathers)}`, ethnicGroup: group };
  if (group === '04') return { name: dice.pick(tibetan[sex]), ethnicGroup: group };
  return { name: han(dice, sex), ethnicGroup: group };
}

/** The number itself says how it is built: a region that does not exist, the birth date, a serial number, a check digit. */
function residentId(region: string, birthDate: string, serial: number): string {
  const first17 = `${region}${birthDate.replaceAll('-', '')}${String(serial).padStart(3, '0')}`;
  return `${first17}${residentCheckDigit(first17)}`;
}

export interface Birth {
  /** The first day of the year in which those of her age were born: September 1. */
  readonly from: string;
  /** Of those who share the year and the region: it makes the id number her own. */
  readonly index: number;
  /** Six digits. */
  readonly region: string;
}

/** Given the same dice the same person, with an id number that nobody else of her region and year has. */
export function personOf(dice: Dice, { from, index, region }: Birth): Identity {
  const sex: Sex = dice.perMille(540) ? 'female' : 'male';
  const birthDate = addDays(from, (index * 37) % 365);
  const serial = Math.floor(index / 365) * 2 + (sex === 'male' ? 1 : 0);
  return {
    ...named(dice, sex),
    sex,
    birthDate,
    idType: 'resident-id',
    idNumber: residentId(region, birthDate, serial),
    politicalStatus: dice.weighted([
      ['03', 70],
      ['13', 28],
      ['02', 2],
    ]),
  };
}

export const contactOf = (dice: Dice, number: string): Contact => ({
  phone: `1380000${String(dice.below(10_000)).padStart(4, '0')}`,
  email: `s${number}@example.edu`,
  address: `云溪市${dice.pick(['东湖', '西岭', '南浦', '北辰'])}区${dice.pick(['学府', '滨江', '桃源', '长宁'])}路${dice.between(1, 300)}号`,
});

/** A parent of hers: the same surname as often as not. */
export const guardianOf = (dice: Dice, child: Identity): { name: string; relation: string; phone: string } => {
  const mother = dice.perMille(500);
  const surname = child.name.includes('·') ? '' : child.name.slice(0, 1);
  const rest = dice.pick(mother ? letters('桂兰秀英玉梅丽芳') : letters('建国军华伟强勇志'));
  return {
    name: mother || surname === '' ? han(dice, mother ? 'female' : 'male') : `${surname}${rest}`,
    relation: mother ? '母亲' : '父亲',
    phone: `1390000${String(dice.below(10_000)).padStart(4, '0')}`,
  };
};

export const staffName = (dice: Dice): string => han(dice, dice.perMille(500) ? 'female' : 'male');
