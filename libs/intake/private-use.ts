/** The characters of GB 18030-2022 at FE50–FEA0 (without FE7F), which GBK software wrote as U+E815–U+E864; 䶮 (U+E863) is in names. */
const hanzi =
  '⺁𠂇𠂉𠃌⺄㑳㑇⺈⺋龴㖞㘚㘎⺌⺗㥮㤘龵㧏㧟㩳㧐龶龷㭎㱮㳠⺧𡗗龸⺪䁖䅟⺮䌷⺳⺶⺷𢦏䎱' +
  '䎬⺻䏝䓖䙡䙌龹䜣䜩䝼䞍⻊䥇䥺䥽䦂䦃䦅䦆䦟䦛䦷䦶龺𤇾䲣䲟䲠䲡䱷䲢䴓䴔䴕䴖䴗䴘䴙䶮龻';

/** Vertical punctuation at A6D9–A6DF, A6EC–A6ED and A6F3, written as U+E78D–U+E796. */
const vertical = '\uFE10\uFE12\uFE11\uFE13\uFE14\uFE15\uFE16\uFE17\uFE18\uFE19';

/** Description characters at A989–A995, written as U+E7E7–U+E7F3. */
const description = '\u303E\u2FF0\u2FF1\u2FF2\u2FF3\u2FF4\u2FF5\u2FF6\u2FF7\u2FF8\u2FF9\u2FFA\u2FFB';

const assigned = new Map<string, string>([
  ['\uE76C', '€'],
  ['\uE7C7', 'ḿ'],
  ['\uE7C8', 'ǹ'],
]);
for (const [from, characters] of [
  [0xe815, hanzi],
  [0xe78d, vertical],
  [0xe7e7, description],
] as const) {
  let codePoint: number = from;
  for (const character of characters) assigned.set(String.fromCharCode(codePoint++), character);
}

const privateUse = /[\uE000-\uF8FF\u{F0000}-\u{FFFFD}\u{100000}-\u{10FFFD}]/gu;

/** Private-use code points of GBK and older GB 18030 software become the characters that GB 18030-2022 maps them to; others stay. */
export const mapPrivateUse = (text: string): string =>
  text.replaceAll(privateUse, (character) => assigned.get(character) ?? character);

/** The private-use code points of a text, each once, as `U+E000`. */
export const privateUseIn = (text: string): string[] => [...new Set(text.match(privateUse) ?? [])].map(codePointName);

export const codePointName = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
