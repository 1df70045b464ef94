// The floor of the HTTP figures: a bare Fastify route that makes one durable SQLite insert per request.
import { createRequire } from 'node:module';
import { DatabaseSync } from 'node:sqlite';

const require = createRequire(import.meta.url);
// The very Fastify that the service runs on.
const fastify = createRequire(require.resolve('@nestjs/platform-fastify'))('fastify');

const db = new DatabaseSync(process.argv[2]);
db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
db.exec('CREATE TABLE IF NOT EXISTS entries (id INTEGER PRIMARY KEY, key TEXT NOT NULL, body TEXT NOT NULL) STRICT');
const insert = db.prepare('INSERT INTO entries (key, body) VALUES (?, ?)');

const app = fastify();
app.post('/v1/contracts/:id/account-count', (request, reply) => {
  const { lastInsertRowid } = insert.run(request.headers['idempotency-key'], JSON.stringify(request.body));
  reply.send({ id: request.params.id, revision: Number(lastInsertRowid) });
});
await app.listen({ host: '127.0.0.1', port: 0 });
process.send({ port: app.server.address().port });
process.once('SIGTERM', () => process.exit(0));
