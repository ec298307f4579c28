const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** Text with its entities replaced; undefined where one is none of XML's own. */
export const withoutEntities = (text: string): string | undefined => {
  let plain = '';
  let from = 0;
  for (let at = text.indexOf('&'); at >= 0; at = text.indexOf('&', from)) {
    const end = text.indexOf(';', at);
    const character = end < 0 || end - at > 10 ? undefined : characterOf(text.slice(at + 1, end));
    if (character === undefined) return undefined;
    plain += text.slice(from, at) + character;
    from = end + 1;
  }
  return plain + text.slice(from);
};

const characterOf = (name: string): string | undefined => {
  if (!name.startsWith('#')) return named[name];
  const digits = /^#(?:(\d{1,7})|[xX]([0-9a-fA-F]{1,6}))$/.exec(name);
  const code = digits ? (digits[1] === undefined ? parseInt(digits[2] ?? '', 16) : Number(digits[1])) : 0;
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
};
