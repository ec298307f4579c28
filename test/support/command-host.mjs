// Carries out commands of the built ledger, one after another, and says what each wrote and how it ended.
import { Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';

const { runCommandLine } = await import(pathToFileURL(process.argv[2]).href);

/** A standard stream of one command's own. */
function standing(name) {
  const chunks = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  Object.defineProperty(process, name, { configurable: true, value: stream });
  return () => Buffer.concat(chunks).toString();
}

async function carryOut({ args, env }) {
  const [out, err] = [standing('stdout'), standing('stderr')];
  let code = 1;
  let fault = '';
  try {
    code = await runCommandLine(args, env);
  } catch (error) {
    fault = String(error?.stack ?? error);
  }
  process.send({ code, signal: null, out: out(), err: err() + fault });
}

process.on('message', (order) => void carryOut(order));
