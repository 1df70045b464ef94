import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that the system hands out to connections: one of those could be taken before it is listened on, or between two starts. */
const [LOWEST, PORTS] = [10_000, 20_000];

/** A port on 127.0.0.1 that nobody listens on. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * PORTS);
    const server = createServer().listen(port, '127.0.0.1');
    const free = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!free) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
