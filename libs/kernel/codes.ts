import type { Bilingual } from './bilingual.ts';

/** One value of a code list: `code` is what events store, `zh` what sheets are written with, `accepts` what else sheets say for it. */
export interface CodeEntry<C extends string = string> extends Bilingual {
  readonly code: C;
  readonly accepts?: readonly string[];
}

export type CodeList<C extends string = string> = readonly CodeEntry<C>[];

/** Sex: GB/T 2261.1 numbers (1, 2), and what forms say. */
export const sexes = [
  { code: 'male', zh: '男', en: 'male', accepts: ['1', 'M', '男性', '男生'] },
  { code: 'female', zh: '女', en: 'female', accepts: ['2', 'F', '女性', '女生'] },
] as const satisfies CodeList;
export type Sex = (typeof sexes)[number]['code'];

/** Identity documents. The residence permit of Hong Kong, Macao and Taiwan residents carries a number built like the resident id's. */
export const idTypes = [
  {
    code: 'resident-id',
    zh: '居民身份证',
    en: 'resident id',
    accepts: ['身份证', '二代身份证', '中华人民共和国居民身份证', 'id card'],
  },
  { code: 'passport', zh: '护照', en: 'passport', accepts: ['中国护照', '外国护照', '普通护照'] },
  {
    code: 'hong-kong-macao-permit',
    zh: '港澳居民来往内地通行证',
    en: 'Hong Kong and Macao permit',
    accepts: ['港澳通行证', '港澳居民通行证', '回乡证'],
  },
  {
    code: 'taiwan-permit',
    zh: '台湾居民来往大陆通行证',
    en: 'Taiwan permit',
    accepts: ['台湾通行证', '台湾居民通行证', '台胞证'],
  },
  {
    code: 'residence-permit',
    zh: '港澳台居民居住证',
    en: 'residence permit of Hong Kong, Macao and Taiwan residents',
    accepts: ['港澳居民居住证', '台湾居民居住证', 'residence permit'],
  },
  {
    code: 'permanent-residence',
    zh: '外国人永久居留身份证',
    en: 'permanent residence',
    accepts: ['外国人永久居留证', '永久居留证', '永久居留身份证', 'permanent residence card'],
  },
  { code: 'other', zh: '其他', en: 'other', accepts: ['其它', '其他证件'] },
] as const satisfies CodeList;
export type IdType = (typeof idTypes)[number]['code'];

/** Levels (层次). The two-digit numbers are those of diploma numbers (电子注册号 11–12). */
export const levels = [
  {
    code: 'secondary-vocational',
    zh: '中职',
    en: 'secondary vocational',
    accepts: ['中专', '中等职业', '中等职业教育', '中等专业', '职高', '职业高中'],
  },
  {
    code: 'junior-college',
    zh: '专科(高职)',
    en: 'junior college',
    accepts: ['专科', '高职', '高职(专科)', '高职专科', '高职高专', '大专', '专科(含高职)', '高起专', '06'],
  },
  {
    code: 'vocational-bachelor',
    zh: '职业本科',
    en: 'vocational bachelor',
    accepts: ['本科(职业)', '高职本科', '高职(本科)', '本科层次职业教育'],
  },
  { code: 'bachelor', zh: '本科', en: 'bachelor', accepts: ['大学本科', '普通本科', '高起本', '05'] },
  { code: 'bachelor-top-up', zh: '专升本', en: 'top-up to bachelor', accepts: ['专科起点本科', '专接本', '专插本', '专转本'] },
  { code: 'second-bachelor', zh: '第二学士学位', en: 'second bachelor', accepts: ['第二学士', '二学位', '04'] },
  { code: 'master', zh: '硕士研究生', en: 'master', accepts: ['硕士', '02'] },
  { code: 'doctor', zh: '博士研究生', en: 'doctor', accepts: ['博士', '01'] },
] as const satisfies CodeList;
export type Level = (typeof levels)[number]['code'];

/** Forms of study (学习形式) of the national register. */
export const studyForms = [
  { code: 'full-time', zh: '普通全日制', en: 'full-time', accepts: ['全日制', '普通', 'full time'] },
  { code: 'part-time', zh: '非全日制', en: 'part-time', accepts: ['part time'] },
  { code: 'released', zh: '脱产', en: 'released from work', accepts: ['全脱产', '成人脱产'] },
  { code: 'evening', zh: '夜大学', en: 'evening', accepts: ['夜大'] },
  { code: 'spare-time', zh: '业余', en: 'spare-time', accepts: ['半脱产', '成人业余', 'spare time'] },
  { code: 'correspondence', zh: '函授', en: 'correspondence', accepts: ['成人函授'] },
  { code: 'online', zh: '网络教育', en: 'online', accepts: ['网络', '远程教育', '现代远程教育'] },
  { code: 'open', zh: '开放教育', en: 'open', accepts: ['电大开放教育', '开放大学'] },
  { code: 'self-taught', zh: '自学考试', en: 'self-taught examination', accepts: ['自考'] },
] as const satisfies CodeList;
export type StudyForm = (typeof studyForms)[number]['code'];

/**
 * Kinds of intake (招生类型). Guards read them: special and contracted admissions cannot change their major, directed ones cannot transfer.
 * Special is every route beside the national entrance examination (特殊招生形式): separate and matched examinations, direct and through-trained entry.
 */
export const intakes = [
  {
    code: 'ordinary',
    zh: '统一招生',
    en: 'ordinary',
    accepts: ['普通', '普通招生', '统招', '普通高考', '统一高考', '高考', '全国统考', '普通类', '普通高考招生', '成人高考'],
  },
  {
    code: 'special',
    zh: '特殊招生',
    en: 'special',
    accepts: [
      '单独招生',
      '单招',
      '高职单招',
      '自主招生',
      '提前招生',
      '分类考试',
      '分类招生',
      '综合评价',
      '综合评价招生',
      '对口',
      '对口招生',
      '对口单招',
      '对口升学',
      '对口高考',
      '三校生',
      '职教高考',
      '注册入学',
      '免试入学',
      '高职扩招',
      '扩招',
      '五年一贯制',
      '三二分段',
      '3+2',
      '艺术类',
      '体育类',
      '特殊类型招生',
    ],
  },
  { code: 'directed', zh: '定向', en: 'directed', accepts: ['定向招生', '定向培养', '定向就业', '定向生', '国家定向'] },
  {
    code: 'contracted',
    zh: '委托培养',
    en: 'contracted',
    accepts: ['委培', '委托', '委培生', '订单', '订单培养', '订单班', '订单式培养', '订单(委托培养)', '现代学徒制', '新型学徒制'],
  },
] as const satisfies CodeList;
export type Intake = (typeof intakes)[number]['code'];

/** Political statuses: GB/T 4762-1984. */
export const politicalStatuses = [
  {
    code: '01',
    zh: '中共党员',
    en: 'member of the Communist Party of China',
    accepts: ['党员', '中国共产党党员', '共产党员', '正式党员', '中共正式党员'],
  },
  {
    code: '02',
    zh: '中共预备党员',
    en: 'probationary member of the Communist Party of China',
    accepts: ['预备党员', '中国共产党预备党员'],
  },
  {
    code: '03',
    zh: '共青团员',
    en: 'member of the Communist Youth League',
    accepts: ['团员', '中国共产主义青年团团员', '共产主义青年团团员'],
  },
  {
    code: '04',
    zh: '民革党员',
    en: 'member of the Revolutionary Committee of the Kuomintang',
    accepts: ['民革会员', '民革', '中国国民党革命委员会会员', '中国国民党革命委员会党员'],
  },
  { code: '05', zh: '民盟盟员', en: 'member of the China Democratic League', accepts: ['民盟', '中国民主同盟盟员'] },
  {
    code: '06',
    zh: '民建会员',
    en: 'member of the China National Democratic Construction Association',
    accepts: ['民建', '中国民主建国会会员'],
  },
  {
    code: '07',
    zh: '民进会员',
    en: 'member of the China Association for Promoting Democracy',
    accepts: ['民进', '中国民主促进会会员'],
  },
  {
    code: '08',
    zh: '农工党党员',
    en: 'member of the Chinese Peasants’ and Workers’ Democratic Party',
    accepts: ['农工党', '中国农工民主党党员'],
  },
  { code: '09', zh: '致公党党员', en: 'member of the China Zhi Gong Party', accepts: ['致公党', '中国致公党党员'] },
  { code: '10', zh: '九三学社社员', en: 'member of the Jiusan Society', accepts: ['九三学社'] },
  {
    code: '11',
    zh: '台盟盟员',
    en: 'member of the Taiwan Democratic Self-Government League',
    accepts: ['台盟', '台湾民主自治同盟盟员'],
  },
  { code: '12', zh: '无党派人士', en: 'person without party affiliation', accepts: ['无党派民主人士', '无党派'] },
  { code: '13', zh: '群众', en: 'citizen', accepts: ['普通公民', '一般群众'] },
] as const satisfies CodeList;
export type PoliticalStatus = (typeof politicalStatuses)[number]['code'];

/** An ethnic group is accepted with and without 族, by its number and by its two letters. */
const ethnic = <C extends string>(
  code: C,
  zh: string,
  en: string,
  letters: string,
  ...more: readonly string[]
): CodeEntry<C> => ({
  code,
  zh,
  en,
  accepts: [zh.slice(0, -1), letters, ...more],
});

/** Ethnic groups: GB/T 3304-1991, Romanized as in the standard; 97 and 98 as the register extends it. */
export const ethnicGroups = [
  ethnic('01', '汉族', 'Han', 'HA'),
  ethnic('02', '蒙古族', 'Mongol', 'MG'),
  ethnic('03', '回族', 'Hui', 'HU'),
  ethnic('04', '藏族', 'Zang', 'ZA', 'Tibetan'),
  ethnic('05', '维吾尔族', 'Uygur', 'UG', 'Uyghur'),
  ethnic('06', '苗族', 'Miao', 'MH'),
  ethnic('07', '彝族', 'Yi', 'YI'),
  ethnic('08', '壮族', 'Zhuang', 'ZH'),
  ethnic('09', '布依族', 'Buyei', 'BY'),
  ethnic('10', '朝鲜族', 'Chosen', 'CS', 'Korean'),
  ethnic('11', '满族', 'Man', 'MA', 'Manchu'),
  ethnic('12', '侗族', 'Dong', 'DO'),
  ethnic('13', '瑶族', 'Yao', 'YA'),
  ethnic('14', '白族', 'Bai', 'BA'),
  ethnic('15', '土家族', 'Tujia', 'TJ'),
  ethnic('16', '哈尼族', 'Hani', 'HN'),
  ethnic('17', '哈萨克族', 'Kazak', 'KZ', 'Kazakh'),
  ethnic('18', '傣族', 'Dai', 'DA'),
  ethnic('19', '黎族', 'Li', 'LI'),
  ethnic('20', '傈僳族', 'Lisu', 'LS'),
  ethnic('21', '佤族', 'Va', 'VA'),
  ethnic('22', '畲族', 'She', 'SH'),
  ethnic('23', '高山族', 'Gaoshan', 'GS'),
  ethnic('24', '拉祜族', 'Lahu', 'LH'),
  ethnic('25', '水族', 'Sui', 'SU'),
  ethnic('26', '东乡族', 'Dongxiang', 'DX'),
  ethnic('27', '纳西族', 'Naxi', 'NX'),
  ethnic('28', '景颇族', 'Jingpo', 'JP'),
  ethnic('29', '柯尔克孜族', 'Kirgiz', 'KG', 'Kyrgyz'),
  ethnic('30', '土族', 'Tu', 'TU'),
  ethnic('31', '达斡尔族', 'Daur', 'DU'),
  ethnic('32', '仫佬族', 'Mulao', 'ML'),
  ethnic('33', '羌族', 'Qiang', 'QI'),
  ethnic('34', '布朗族', 'Blang', 'BL'),
  ethnic('35', '撒拉族', 'Salar', 'SL'),
  ethnic('36', '毛南族', 'Maonan', 'MN', '毛难族', '毛难'),
  ethnic('37', '仡佬族', 'Gelao', 'GL'),
  ethnic('38', '锡伯族', 'Xibe', 'XB'),
  ethnic('39', '阿昌族', 'Achang', 'AC'),
  ethnic('40', '普米族', 'Pumi', 'PM'),
  ethnic('41', '塔吉克族', 'Tajik', 'TA'),
  ethnic('42', '怒族', 'Nu', 'NU'),
  ethnic('43', '乌孜别克族', 'Uzbek', 'UZ'),
  ethnic('44', '俄罗斯族', 'Russ', 'RS', 'Russian'),
  ethnic('45', '鄂温克族', 'Ewenki', 'EW'),
  ethnic('46', '德昂族', 'Deang', 'DE', '崩龙族', '崩龙'),
  ethnic('47', '保安族', 'Bonan', 'BN'),
  ethnic('48', '裕固族', 'Yugur', 'YG'),
  ethnic('49', '京族', 'Gin', 'GI'),
  ethnic('50', '塔塔尔族', 'Tatar', 'TT'),
  ethnic('51', '独龙族', 'Derung', 'DR'),
  ethnic('52', '鄂伦春族', 'Oroqen', 'OR'),
  ethnic('53', '赫哲族', 'Hezhen', 'HZ'),
  ethnic('54', '门巴族', 'Monba', 'MB'),
  ethnic('55', '珞巴族', 'Lhoba', 'LB'),
  ethnic('56', '基诺族', 'Jino', 'JN'),
  { code: '97', zh: '其他', en: 'other', accepts: ['其它', '其他民族', '其他族', '未识别民族'] },
  {
    code: '98',
    zh: '外国血统中国籍人士',
    en: 'naturalized, of foreign descent',
    accepts: ['外国血统', '外国血统中国人士', '外国血统中国籍'],
  },
] as const satisfies CodeList;
export type EthnicGroup = (typeof ethnicGroups)[number]['code'];

/** Student statuses of a roster (学籍状态); `status-retained` is a suspension on the ledger. */
export const rosterStatuses = [
  { code: 'registered', zh: '注册学籍', en: 'registered', accepts: ['在籍', '在读'] },
  { code: 'suspended', zh: '休学', en: 'suspended' },
  { code: 'status-retained', zh: '保留学籍', en: 'status retained' },
  { code: 'place-retained', zh: '保留入学资格', en: 'place retained' },
  { code: 'withdrawn', zh: '退学', en: 'withdrawn' },
  { code: 'transferred-out', zh: '转学(转出)', en: 'transferred out', accepts: ['转学', '转出'] },
  { code: 'expelled', zh: '开除', en: 'expelled', accepts: ['开除学籍'] },
  { code: 'deceased', zh: '死亡', en: 'deceased' },
  { code: 'graduated', zh: '毕业', en: 'graduated' },
  { code: 'completed', zh: '结业', en: 'completed' },
  { code: 'incomplete', zh: '肄业', en: 'incomplete' },
] as const satisfies CodeList;
export type RosterStatus = (typeof rosterStatuses)[number]['code'];

/** A length of study; `code` is the number of years as the register writes it. */
export interface LengthOfStudy<C extends string = string> extends CodeEntry<C> {
  readonly months: number;
}

const length = <C extends string>(code: C, months: number, ...accepts: readonly string[]): LengthOfStudy<C> => ({
  code,
  zh: `${code}年`,
  en: `${code} years`,
  accepts: [`${code}年制`, ...accepts, ...accepts.map((text) => `${text}制`)],
  months,
});

/** Lengths of study (学制) of the register. */
export const lengthsOfStudy = [
  length('1.5', 18, '一年半'),
  length('2', 24, '二年', '两年'),
  length('2.5', 30, '二年半', '两年半'),
  length('3', 36, '三年'),
  length('3.5', 42, '三年半'),
  length('4', 48, '四年'),
  length('4.5', 54, '四年半'),
  length('5', 60, '五年'),
  length('5.5', 66, '五年半'),
  length('6', 72, '六年'),
  length('7', 84, '七年'),
  length('8', 96, '八年'),
] as const satisfies readonly LengthOfStudy[];

/** Full-width forms to half-width, lower case, no white space and no invisible marks. */
const plain = (text: string): string =>
  text
    .replaceAll(/[\uFF01-\uFF5E]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0))
    .replaceAll(/[\s\u200B-\u200F\u202A-\u202E\u2060]/g, '')
    .toLowerCase();

const indexes = new WeakMap<CodeList, ReadonlyMap<string, number>>();

const indexOf = (list: CodeList): ReadonlyMap<string, number> => {
  const index = new Map<string, number>();
  list.forEach((entry, at) => {
    for (const word of [entry.code, entry.zh, entry.en, ...(entry.accepts ?? [])])
      if (!index.has(plain(word))) index.set(plain(word), at);
  });
  // A spreadsheet that took a code for a number dropped its zero.
  for (const [word, at] of index) if (/^0\d$/.test(word) && !index.has(word.slice(1))) index.set(word.slice(1), at);
  indexes.set(list, index);
  return index;
};

/** The entry that a text names: by code, Chinese or English name or an accepted form; spaces, full-width forms and case do not matter. */
export const lookup = <E extends CodeEntry>(list: readonly E[], text: string): E | undefined => {
  const index = indexes.get(list) ?? indexOf(list);
  const at = index.get(text) ?? index.get(plain(text));
  return at === undefined ? undefined : list[at];
};
