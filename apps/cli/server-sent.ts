/** A word of server-sent events. */
export interface ServerSent {
  readonly event: string;
  readonly data: string;
}

/** What the server says, until it stops or the connection breaks: whoever waits for a last word asks again. Comments are passed over. */
export async function* wordsIn(body: ReadableStream<Uint8Array> | null): AsyncGenerator<ServerSent, void, undefined> {
  if (body === null) return;
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of body) {
      text += decoder.decode(chunk, { stream: true });
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const word = wordOf(text.slice(0, end));
        text = text.slice(end + 2);
        if (word) yield word;
      }
    }
  } catch (error) {
    // Broken off on the way, as the server ended.
    if (!(error instanceof TypeError)) throw error;
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
