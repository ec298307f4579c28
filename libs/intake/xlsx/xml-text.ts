const special = /[&<>"]/g;
const entity: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text as it stands in XML, in a value of an attribute too. */
export const xmlText = (text: string): string => text.replaceAll(special, (c) => entity[c] ?? c);

// oxlint-disable-next-line no-control-regex
const unheld = /[\u0000-\u0008\u000B-\u001F\uFFFE\uFFFF]|_(?=x[0-9A-Fa-f]{4}_)/g;
const plain = /^[ !#-%'-;=?-^`-~\u4E00-\u9FFF]*$/;

/** A cell's text: what XML cannot hold as `_x000D_`, as spreadsheets write it, and half characters as U+FFFD. */
export const cellText = (text: string): string =>
  plain.test(text)
    ? text
    : xmlText(text.toWellFormed().replaceAll(unheld, (c) => `_x${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`));
