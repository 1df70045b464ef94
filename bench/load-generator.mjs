// Sends account-count changes over plain sockets, as little work per request as can be: it shares two cores with what it
// measures. Works in a process of its own on orders from the parent:
//   { port, token, contracts: [[id, revision], …] }   where to, and which contracts are changed in turn
//   { run: 'closed', connections, ms, atLeast }       how many were done, and the last answer; goes on for `atLeast`
//   { run: 'open', connections, rate, ms }            sends by a schedule, whatever the answers do; latencies count from
//                                                     the scheduled instant, so a stall is felt by all that it delayed
import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';

let target = null;
let sent = 0;
/** The latest answer. */
let last = null;

/** One connection, one request at a time. */
class Connection {
  constructor(port) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.on('data', (bytes) => this.read(bytes));
    this.socket.on('error', (e) => this.failed(e));
    this.socket.on('close', () => this.failed(new Error('the server closed the connection')));
    this.rest = null;
    this.waiting = null;
  }

  failed(error) {
    if (this.waiting) this.waiting(error, 0, null);
    this.waiting = null;
  }

  send(text, done) {
    this.waiting = done;
    this.socket.write(text, 'latin1');
  }

  read(bytes) {
    const all = this.rest === null ? bytes : Buffer.concat([this.rest, bytes]);
    const end = all.indexOf('\r\n\r\n');
    if (end >= 0) {
      const head = all.latin1Slice(0, end);
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? NaN);
      if (Number.isNaN(length)) throw new Error(`an answer without its length: ${head}`);
      if (all.length >= end + 4 + length) {
        this.rest = null;
        const done = this.waiting;
        this.waiting = null;
        done(null, Number(head.slice(9, 12)), all.subarray(end + 4));
        return;
      }
    }
    this.rest = all;
  }
}

const pool = [];
const drop = () => {
  for (const c of pool.splice(0)) c.socket.removeAllListeners('close').destroy();
};
/** Fresh ones for each run: a server closes a connection that asked nothing for a minute, and says 408 before. */
async function connections(n) {
  drop();
  while (pool.length < n) {
    const c = new Connection(target.port);
    await new Promise((resolve, reject) => c.socket.once('connect', resolve).once('error', reject));
    pool.push(c);
  }
  return [...pool];
}

/** The next request of a contract: its own idempotency key, the revision it must be at, the day's change of its count. */
function request(contract) {
  const n = ++sent;
  const body = `{"accountCount":${60 + (n % 900)},"effectiveOn":"2026-11-${String(1 + (n % 28)).padStart(2, '0')}","requestedBy":"contractor"}`;
  return (
    `POST /v1/contracts/${contract[0]}/account-count HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${target.token}\r\n` +
    `Idempotency-Key: ${randomUUID()}\r\nIf-Match: "${contract[1]}"\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  );
}

const REVISION = Buffer.from('"revision":');
/** One command on one connection. Contracts are dealt out so that none is changed by two connections at once. */
function command(connection, done) {
  if (target.free.length === 0) [target.free, target.used] = [target.used, target.free];
  const contract = target.free.pop();
  if (contract === undefined) throw new Error('more connections than contracts');
  connection.send(request(contract), (error, status, body) => {
    if (error || status !== 200) {
      process.send({ failed: error ? error.message : `${status} ${body.toString().slice(0, 500)}` });
      process.exit(1);
    }
    if (!target.bare) {
      const at = body.indexOf(REVISION) + REVISION.length;
      contract[1] = Number.parseInt(body.latin1Slice(at, at + 12), 10);
      last = body;
    }
    target.used.push(contract);
    done();
  });
}

async function closed({ connections: n, ms, atLeast = 0 }) {
  const all = await connections(n);
  const start = performance.now();
  const until = start + ms;
  let done = 0;
  const more = () => performance.now() < until || (done < atLeast && performance.now() < start + 60_000);
  await Promise.all(
    all.map(
      (c) =>
        new Promise((resolve) => {
          const next = () => command(c, () => {
            done++;
            if (more()) next();
            else resolve();
          });
          next();
        }),
    ),
  );
  const took = performance.now() - start;
  return { done, ms: took, last: last === null ? null : JSON.parse(last.toString()) };
}

async function open({ connections: n, rate, ms }) {
  const idle = await connections(n);
  const total = Math.round((rate * ms) / 1000);
  const latencies = new Float64Array(total);
  const due = (i) => start + (i * 1000) / rate;
  const queue = []; // scheduled, but every connection was busy
  let scheduled = 0;
  let done = 0;
  const start = performance.now() + 20;
  return new Promise((resolve) => {
    const begin = (i) => {
      const c = idle.pop();
      command(c, () => {
        latencies[i] = performance.now() - due(i);
        idle.push(c);
        if (++done === total) {
          const sorted = latencies.toSorted();
          const at = (q) => sorted[Math.min(total - 1, Math.ceil(q * total) - 1)];
          resolve({ p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: sorted[total - 1], done });
        } else if (queue.length > 0) begin(queue.shift());
      });
    };
    const tick = () => {
      const now = performance.now();
      while (scheduled < total && due(scheduled) <= now) {
        if (idle.length > 0) begin(scheduled);
        else queue.push(scheduled);
        scheduled++;
      }
      if (scheduled === total) return;
      // A timer is up to a millisecond late, which counts against the answers: waiting turn by turn instead takes a whole core from what is measured.
      setTimeout(tick, Math.max(1, Math.floor(due(scheduled) - performance.now())));
    };
    tick();
  });
}

process.on('message', async (order) => {
  if (order.port) {
    drop();
    target = { ...order, free: order.contracts, used: [] };
    process.send({ ready: true });
  } else process.send(await (order.run === 'open' ? open(order) : closed(order)));
});
process.once('disconnect', () => process.exit(0));
