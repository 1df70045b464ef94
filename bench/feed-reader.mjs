// Reads the feed over plain sockets, in a process of its own, on orders from the parent:
//   { port, token }                         where
//   { pull: 'json' | 'ndjson', count }      one reader, from the first event; how many milliseconds `count` events took
//   { streams, after, count }               so many streams at once, each until it has `count` events
//   { hold, after } … { drop: true }        streams that stay open; then how many events came on all of them
//   { lag: [id, …], rate, after }           sends a command to each contract in turn; from its answer to its event on a stream
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

let target = null;
const agent = new Agent({ keepAlive: true });

function ask(path, { method = 'GET', headers = {}, body } = {}) {
  const sent = request({ port: target.port, host: '127.0.0.1', path, method, agent, headers: { authorization: `Bearer ${target.token}`, ...headers } });
  sent.end(body);
  return once(sent, 'response').then(([answer]) => answer);
}

async function whole(answer) {
  const parts = [];
  for await (const part of answer) parts.push(part);
  const text = Buffer.concat(parts).toString();
  if (answer.statusCode !== 200) throw new Error(`${answer.statusCode} ${text.slice(0, 300)}`);
  return text;
}

async function pull(kind, count) {
  const start = performance.now();
  let got = 0;
  if (kind === 'ndjson') {
    const answer = await ask(`/v1/feed?limit=${count}`, { headers: { accept: 'application/x-ndjson' } });
    for await (const part of answer) for (let i = part.indexOf(10); i >= 0; i = part.indexOf(10, i + 1)) got++;
  } else {
    for (let after = ''; got < count; ) {
      // The cursor is looked for from the end: this reader shares the cores with what it measures.
      const text = await whole(await ask(`/v1/feed?limit=1000${after && `&after=${after}`}`));
      const cursor = /"nextCursor":"(\d{16})\.([0-9a-f-]{36})"\}$/.exec(text.slice(-100));
      got = Number(cursor[1]) - target.first + 1;
      after = `${cursor[1]}.${cursor[2]}`;
    }
  }
  if (got < count) throw new Error(`${got} events instead of ${count}`);
  return { ms: performance.now() - start, count: got };
}

/** A stream; calls with the bytes as they come. Events are counted by the empty line behind each. */
function stream(after, heard) {
  const socket = connect({ port: target.port, host: '127.0.0.1', noDelay: true });
  socket.write(`GET /v1/feed/stream${after ? `?after=${after}` : ''} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${target.token}\r\nAccept: text/event-stream\r\n\r\n`);
  const s = { events: 0, close: () => socket.destroy() };
  let ended = false;
  socket.on('data', (bytes) => {
    if (ended && bytes[0] === 10) s.events++;
    for (let i = bytes.indexOf('\n\n'); i >= 0; i = bytes.indexOf('\n\n', i + 2)) s.events++;
    ended = bytes.at(-1) === 10 && bytes.at(-2) !== 10;
    heard?.(bytes, s);
  });
  socket.on('error', () => undefined);
  return s;
}

async function streams(n, after, count) {
  const start = performance.now();
  await Promise.all(
    Array.from({ length: n }, () => new Promise((resolve) => {
      stream(after, (_, s) => {
        if (s.events < count) return;
        s.close();
        resolve();
      });
    })),
  );
  return { ms: performance.now() - start, count: n * count };
}

let held = [];

const SUBJECT = '"subject":"';
async function lag(contracts, rate, after) {
  const answered = new Map();
  const arrived = new Map();
  let rest = '';
  const s = stream(after, (bytes) => {
    const now = performance.now();
    rest += bytes.latin1Slice();
    let from = 0;
    for (let i = rest.indexOf(SUBJECT); i >= 0 && i + SUBJECT.length + 36 <= rest.length; i = rest.indexOf(SUBJECT, from)) {
      from = i + SUBJECT.length + 36;
      const id = rest.slice(from - 36, from);
      if (!arrived.has(id)) arrived.set(id, now);
    }
    rest = rest.slice(Math.max(from, rest.length - SUBJECT.length - 36));
  });
  await sleep(300);
  const start = performance.now();
  const asked = [];
  for (const [i, id] of contracts.entries()) {
    const due = start + (i * 1000) / rate - performance.now();
    if (due > 1) await sleep(due);
    const body = '{"accountCount":77,"effectiveOn":"2026-11-20","requestedBy":"contractor"}';
    asked.push(ask(`/v1/contracts/${id}/account-count`, { method: 'POST', body, headers: { 'idempotency-key': randomUUID(), 'content-type': 'application/json' } }).then(whole).then(() => answered.set(id, performance.now())));
  }
  await Promise.all(asked);
  for (const until = performance.now() + 30_000; contracts.some((id) => !arrived.has(id)); await sleep(20)) if (performance.now() > until) throw new Error('an event never came');
  s.close();
  const lags = contracts.map((id) => Math.max(0, arrived.get(id) - answered.get(id))).sort((a, b) => a - b);
  const at = (q) => lags[Math.min(lags.length - 1, Math.ceil(q * lags.length) - 1)];
  return { p50: at(0.5), p99: at(0.99), max: lags.at(-1) };
}

async function obey(order) {
  if (order.port) {
    target = { first: 0, ...order };
    return { ready: true };
  }
  if (order.pull) return pull(order.pull, order.count);
  if (order.streams) return streams(order.streams, order.after, order.count);
  if (order.lag) return lag(order.lag, order.rate, order.after);
  if (order.hold) {
    held = Array.from({ length: order.hold }, () => stream(order.after));
    await sleep(500);
    return { held: held.length };
  }
  const events = held.reduce((sum, s) => sum + s.events, 0);
  for (const s of held.splice(0)) s.close();
  return { events };
}

process.on('message', async (order) => {
  try {
    process.send(await obey(order));
  } catch (error) {
    process.send({ failed: error.message });
  }
});
process.once('disconnect', () => process.exit(0));
