// Loaded into every process that a test starts: it dies with the test, however the test dies. Descriptor 3 is a pipe that the test holds.
import { Socket } from 'node:net';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  const tether = new Socket({ fd: 3 });
  tether.on('close', () => process.kill(process.pid, 'SIGKILL')).on('error', () => undefined);
  tether.resume();
  tether.unref();
}
