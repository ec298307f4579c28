import type { Readable } from 'node:stream';

/** A word of server-sent events. */
export interface ServerSent {
  readonly event: string;
  readonly data: string;
}

/** What the server says, until it stops or the connection breaks: whoever waits for a last word asks again. Comments are passed over. */
export async function* wordsIn(body: Readable): AsyncGenerator<ServerSent, void, undefined> {
  let text = '';
  try {
    for await (const chunk of body.setEncoding('utf8')) {
      text += String(chunk);
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const word = wordOf(text.slice(0, end));
        text = text.slice(end + 2);
        if (word) yield word;
      }
    }
  } catch {
    // Broken off on the way, as the server ended.
  }
}

function wordOf(block: string): ServerSent | null {
  let event = 'message';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    if (line.startsWith('event: ')) event = line.slice('event: '.length);
    else if (line.startsWith('data: ')) data.push(line.slice('data: '.length));
  }
  return data.length === 0 ? null : { event, data: data.join('\n') };
}
