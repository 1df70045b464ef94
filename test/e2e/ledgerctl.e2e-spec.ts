import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from './support/port.js';
import { build, endServices, ROOT, Service } from './support/service.js';
import { ndjson } from './support/feed.js';
import { openContract, openUnit, taken } from './support/lives.js';

const EXAMPLE = fileURLToPath(new URL('../../docs/examples/contracts.csv', import.meta.url));

let built: string | null = null;
/** Folder of the command line's build; `E2E_BUILD` names the service's, beside which it lies. */
function program(): string {
  if (process.env['E2E_BUILD']) return `${build()}-ledgerctl`;
  if (built !== null) return built;
  const make = "console.log(await (await import('./scripts/build.mjs')).build('ledgerctl'))";
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', make], { cwd: ROOT, encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`the command line cannot be built\n${run.stdout}${run.stderr}`);
  return (built = join(ROOT, 'dist', run.stdout.trim()));
}

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'ledgerctl-e2e-'));
  build();
  program();
}, 300_000);
afterAll(async () => {
  await endServices();
  rmSync(scratch, { recursive: true, force: true });
}, 60_000);

interface Said {
  readonly exit: number | null;
  readonly out: string;
  readonly err: string;
}
interface Calling {
  readonly data?: string;
  readonly port?: number;
  readonly env?: { readonly [name: string]: string };
}

function start(args: readonly string[], { data = join(scratch, 'nowhere'), port = 1, env = {} }: Calling) {
  const child = spawn(process.execPath, [join(program(), 'apps/ledgerctl/src/main.js'), ...args], {
    cwd: scratch,
    env: {
      ...process.env,
      EVENTSTORE_URL: '',
      LEDGER_POLICIES: '',
      LEDGER_SANDBOX: '',
      LEDGER_TOKEN: '',
      LEDGERCTL_SERVICE: join(build(), 'apps/ledger/src/main.js'),
      LEDGER_DATA: data,
      LEDGER_PORT: String(port),
      LANG: 'C',
      NODE_OPTIONS: '',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (d: string) => (out += d));
  child.stderr.setEncoding('utf8').on('data', (d: string) => (err += d));
  const ended = once(child, 'close').then(([exit]): Said => ({ exit: exit as number | null, out, err }));
  return { child, ended, said: () => ({ out, err }) };
}
const ctl = (args: readonly string[], calling: Calling = {}): Promise<Said> => start(args, calling).ended;
const on = (s: Service): Calling => ({
  data: s.data,
  port: s.port,
  env: s.onEventStoreDb ? { EVENTSTORE_URL: process.env['EVENTSTORE_URL']! } : {},
});

async function ok(args: readonly string[], calling: Calling): Promise<string> {
  const { exit, out, err } = await ctl(args, calling);
  if (exit !== 0) throw new Error(`ledgerctl ${args.join(' ')} ended with ${exit}\n${out}${err}`);
  return out;
}
const json = async <T>(args: readonly string[], calling: Calling): Promise<T> =>
  JSON.parse(await ok([...args, '--json'], calling)) as T;

const edit = (file: string, sql: string): void => {
  const db = new DatabaseSync(file);
  db.exec(sql);
  db.close();
};
const freePid = (folder: string): boolean => !existsSync(join(folder, 'lock.pid'));

describe('a call that is wrong', () => {
  test.each([
    [[], /Usage/],
    [['frobnicate'], /unknown command 'frobnicate'/],
    [['tokens', 'issue', '--subject', 'x'], /--role/],
    [['tokens', 'issue', '--subject', 'x', '--role', 'king'], /--role must be one of admin, operator, billing, auditor/],
    [['projections', 'rebuild'], /name the projections to rebuild, or say --all/],
    [['restore'], /name the backup to restore, or say --accept/],
    [['restore', 'nowhere'], /is no backup/],
    [['import', 'contracts', 'nowhere.csv'], /there is no file nowhere.csv/],
    [['verify'], /there is no ledger in .*LEDGER_DATA/],
    [['--language', 'fr', 'verify'], /--language must be en or ja/],
  ] as [string[], RegExp][])('%j ends with 2 and says what to do', async (args, message) => {
    const { exit, err } = await ctl(args);
    expect(err).toMatch(message);
    expect(err).not.toMatch(/ at .*\.js:\d+/);
    expect(exit).toBe(2);
  });
});

describe('tokens', () => {
  test('are issued, listed and revoked, whether the service runs or not', async () => {
    const s = await Service.start({ store: 'embedded' });
    const { tokenId, token } = await json<{ tokenId: string; token: string }>(
      ['tokens', 'issue', '--subject', 'audit-1', '--role', 'auditor', '--label', '監査室'],
      on(s),
    );
    expect((await s.api.as(token).get('/v1/contracts')).status).toBe(200);
    const brief = await json<{ token: string }>(
      ['tokens', 'issue', '--subject', 'audit-2', '--role', 'auditor', '--expires-on', '2026-01-01'],
      on(s),
    );
    expect((await s.api.as(brief.token).get('/v1/contracts')).status).toBe(200);
    await s.api.put('/v1/sandbox/clock', { today: '2026-01-02' });
    expect((await s.api.as(brief.token).get('/v1/contracts')).status).toBe(401);
    expect(await ok(['tokens', 'list'], on(s))).toMatch(new RegExp(`${tokenId} +audit-1 +auditor`));
    expect((await ctl(['tokens', 'list'], { ...on(s), env: { LEDGER_TOKEN: token } })).err).toMatch(/role admin/);
    expect((await ctl(['tokens', 'list'], { ...on(s), env: { LEDGER_TOKEN: 'cl_wrong' } })).exit).toBe(3);
    await s.stop();

    expect((await ctl(['tokens', 'revoke', tokenId, '--reason', 'left'], { data: s.data })).exit).toBe(0);
    expect(freePid(s.data)).toBe(true);
    await s.launch();
    expect((await s.api.as(token).get('/v1/contracts')).status).toBe(401);
    // A sandbox woken for a command keeps its own clock.
    expect((await s.api.get('/v1/sandbox/clock')).body).toEqual({ today: '2026-01-02' });
    await s.end();
  }, 120_000);

  test('a service that is not where the port says is told apart', async () => {
    const s = await Service.start({ store: 'embedded' });
    const { exit, err } = await ctl(['projections', 'status'], { data: s.data, port: 1, env: { LEDGERCTL_PATIENCE_MS: '200' } });
    expect([exit, err]).toEqual([3, expect.stringMatching(/does not answer.*LEDGER_PORT/)]);
    await s.end();
  }, 120_000);
});

describe('import', () => {
  let s: Service;
  const report = (): { [heading: string]: string }[] => {
    const [head, ...lines] = readFileSync(join(scratch, 'r.csv'), 'utf8').replace('\ufeff', '').trimEnd().split('\r\n');
    return lines.map((l) => Object.fromEntries(l.split(',').map((c, i) => [head!.split(',')[i]!, c])));
  };
  beforeAll(async () => void (s = await Service.start({ store: 'embedded', today: '2026-01-10' })), 120_000);
  afterAll(() => s.end(), 60_000);

  test('the example of the guide is acceptable, is accepted, and is there only once', async () => {
    const before = await s.api.get('/v1/contracts');
    const preview = await json<{ counts: object }>(['import', 'contracts', EXAMPLE, '--preview', '--report', 'p.csv'], on(s));
    expect(preview).toMatchObject({ ok: true, counts: { acceptable: 13 } });
    expect((await s.api.get('/v1/contracts')).body).toEqual(before.body);
    expect(await json(['import', 'contracts', EXAMPLE, '--report', 'r.csv'], on(s))).toMatchObject({ counts: { accepted: 13 } });
    const rows = report();
    const contract = (
      await s.api.get<{ item: { code: string }; options: { option: number }[]; notices: object[] }>(
        `/v1/contracts/${rows[1]!['id']!}`,
      )
    ).body;
    expect([contract.item.code, contract.options.map((o) => o.option), contract.notices.length]).toEqual([
      'X',
      [1, 2, 3, 15, 19],
      1,
    ]);

    expect((await ctl(['import', 'contracts', EXAMPLE, '--report', 'r.csv'], on(s))).err).toMatch(/--resume/);
    expect(await json(['import', 'contracts', EXAMPLE, '--report', 'r.csv', '--resume'], on(s))).toMatchObject({
      counts: { accepted: 0, 'accepted-before': 13 },
    });
    expect(await json(['import', 'contracts', EXAMPLE, '--report', 'other.csv'], on(s))).toMatchObject({
      counts: { accepted: 0, 'accepted-before': 13 },
    });
    expect((await s.api.get<{ contracts: object[] }>('/v1/contracts')).body.contracts).toHaveLength(3);
  }, 180_000);

  test('every refused row stands in the report with its clause, and can be mended', async () => {
    const lines = readFileSync(EXAMPLE, 'utf8').trimEnd().split('\n');
    const option = (ref: string, no: number) =>
      `option,${ref},V-102,,,,,${no},5,,2025-10-06,2025-11-01,,100/account,AP-9,yes,,,,,,,,,,`;
    const unit = 'unit,U-102,,K-9,=HYPERLINK(1),本社,,,,,,,,,,,,,,,,,,,,';
    const contract = lines[10]!.replace('V-100-C,U-100', 'V-102,U-102').replace(',C,', ',G,');
    const file = join(scratch, 'wrong.csv');
    const write = (no: number) => writeFileSync(file, [lines[0], unit, contract, option('V-102-O', no), ''].join('\n'));
    write(7);
    const first = await ctl(['import', 'contracts', file, '--report', 'r.csv', '--resume'], on(s));
    expect([first.exit, report().map((r) => [r['row'], r['status'], r['clauses']])]).toEqual([
      1,
      [
        ['2', 'accepted', ''],
        ['3', 'accepted', ''],
        ['4', 'refused', 'A5-6'],
      ],
    ]);
    write(7);
    expect((await ctl(['import', 'contracts', file, '--report', 'r.csv', '--resume'], on(s))).exit).toBe(1);
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace('7,5,,2025-10-06,2025-11-01,,100/account', '45,,,2025-10-06,2025-11-01,1000,'),
    );
    expect(await json(['import', 'contracts', file, '--report', 'r.csv', '--resume'], on(s))).toMatchObject({
      counts: { accepted: 1, 'accepted-before': 2 },
    });
  }, 120_000);

  test('killed in the middle and run again, every row is there exactly once', async () => {
    const [head] = readFileSync(EXAMPLE, 'utf8').split('\n');
    const n = 150;
    const rows = Array.from({ length: n }, (_, i) => [
      `unit,KU-${i},,KK-${i},株式会社 ${i},本社${','.repeat(20)}`,
      `contract,KV-${i},KU-${i},,,,A,,${10 + i},,2025-04-01,2025-05-01,0,100/account,KAP-${i},yes,EULA,2025-04-01${','.repeat(8)}`,
    ]).flat();
    const file = join(scratch, 'many.csv');
    writeFileSync(file, `${head}\n${rows.join('\n')}\n`);
    const run = start(['import', 'contracts', file, '--concurrency', '4'], on(s));
    const count = async () => {
      let [rest, total] = ['', 0];
      for (;;) {
        const page = (
          await s.api.get<{ contracts: object[]; nextCursor: string | null }>(`/v1/contracts?item=A&limit=500${rest}`)
        ).body;
        total += page.contracts.length;
        if (page.nextCursor === null) return total;
        rest = `&cursor=${page.nextCursor}`;
      }
    };
    while ((await count()) < 15) await sleep(20);
    run.child.kill('SIGKILL');
    await run.ended;
    const half = await count();
    expect(half).toBeLessThan(n);
    const { counts } = await json<{ counts: { accepted: number; 'accepted-before': number } }>(
      ['import', 'contracts', file, '--resume'],
      on(s),
    );
    expect([counts.accepted + counts['accepted-before'], await count()]).toEqual([2 * n, n]);
    expect(counts['accepted-before']).toBeGreaterThanOrEqual(half);
  }, 180_000);
});

describe('backup, restore and verify', () => {
  const contractOf = async (s: Service, contractId: string): Promise<object> => {
    const { position: _, ...contract } = (await s.api.get<{ position: string }>(`/v1/contracts/${contractId}`)).body;
    return contract;
  };

  test('a backup made while commands come in is whole, and a service goes on from it', async () => {
    const s = await Service.start();
    const { contractId } = await openContract(s.api, { item: 'X' });
    const { webhookId } = taken(await s.api.post('/v1/webhooks', { url: 'https://billing.invalid/' }));
    let going = true;
    const load = (async () => {
      let units = 0;
      for (; going; units++) await openUnit(s.api);
      return units;
    })();
    const folder = join(scratch, 'backup');
    const made = await json<{ events: number; texts: number; ledgerId: string }>(['backup', folder], on(s));
    expect(await ctl(['verify'], on(s))).toMatchObject({ exit: 0 });
    going = false;
    expect(await load).toBeGreaterThan(5);
    expect(made.events).toBeGreaterThan(3);
    expect((await ctl(['backup', folder], on(s))).err).toMatch(/exists already/);
    expect((await ctl(['restore', folder], on(s))).err).toMatch(/in use by another process \(pid \d+\): stop the service/);
    const asItWas = await contractOf(s, contractId);
    const key = readFileSync(join(s.data, 'secrets-key'));
    await s.end();

    const other = join(scratch, 'other');
    expect(await json(['restore', folder, '--into', other], {})).toMatchObject({
      events: made.events,
      ledgerId: made.ledgerId,
      replaced: null,
    });
    const restored = await Service.start({ store: 'embedded', data: other });
    expect(await contractOf(restored, contractId)).toEqual(asItWas);
    expect((await ctl(['verify'], on(restored))).exit).toBe(0);
    // The key of its secrets came along.
    expect(taken(await restored.api.get<{ id: string }>(`/v1/webhooks/${webhookId}`)).id).toBe(webhookId);
    expect(readFileSync(join(other, 'secrets-key'))).toEqual(key);
    expect(statSync(join(other, 'secrets-key')).mode & 0o777).toBe(0o600);

    await openUnit(restored.api);
    await restored.stop();
    expect((await ctl(['restore', folder], on(restored))).err).toMatch(/holds a ledger already.*--replace/);
    const { replaced } = await json<{ replaced: string }>(['restore', folder, '--replace'], on(restored));
    expect(readdirSync(replaced)).toEqual(
      expect.arrayContaining(['ledger.json', 'log.sqlite', 'read.sqlite', 'register.sqlite']),
    );
    await restored.launch();
    expect(await contractOf(restored, contractId)).toEqual(asItWas);
    await restored.end();
  }, 240_000);

  test('a damaged backup is not restored', async () => {
    const folder = join(scratch, 'damaged');
    mkdirSync(folder);
    for (const name of readdirSync(join(scratch, 'backup'))) copyFileSync(join(scratch, 'backup', name), join(folder, name));
    edit(join(folder, 'log.sqlite'), "UPDATE events SET data = replace(data, 'X', 'D') WHERE type = 'Contracted'");
    const { exit, err } = await ctl(['restore', folder, '--into', join(scratch, 'never')]);
    expect([exit, err]).toEqual([1, expect.stringMatching(/log.sqlite is not as it was made/)]);
    expect(existsSync(join(scratch, 'never', 'log.sqlite'))).toBe(false);
  }, 60_000);

  test('a shorter log is refused by the service until it is accepted', async () => {
    const s = await Service.start({ store: 'embedded' });
    await openUnit(s.api);
    await s.stop();
    const older = join(scratch, 'older.sqlite');
    copyFileSync(join(s.data, 'log.sqlite'), older);
    await s.launch();
    for (let i = 0; i < 3; i++) await openUnit(s.api);
    await s.stop();
    copyFileSync(older, join(s.data, 'log.sqlite'));
    await expect(s.launch()).rejects.toThrow(/restore --accept/);
    expect(await ok(['restore', '--accept'], on(s))).toMatch(/takes the log of ledger/);
    await s.launch();
    expect((await s.api.get('/health/ready')).status).toBe(200);
    await s.stop();
    expect((await ctl(['verify'], { data: s.data })).exit).toBe(0);
    rmSync(s.data, { recursive: true, force: true });
  }, 180_000);

  test('verify names the first difference, and a rebuild mends it', async () => {
    const s = await Service.start({ store: 'embedded' });
    const { contractId } = await openContract(s.api, { item: 'X' });
    const { projections } = (await s.api.get<{ projections: { name: string }[] }>('/v1/admin/projections')).body;
    expect(
      (await json<{ name: string; state: string }[]>(['projections', 'status'], on(s))).map((p) => [p.name, p.state]),
    ).toEqual(projections.map((p) => [p.name, 'live']));
    expect(await ok(['projections', 'rebuild', 'contracts'], on(s))).toMatch(/rebuilt: contracts/);
    await s.stop();

    const at = { data: s.data };
    expect((await json<{ state: string }[]>(['projections', 'status'], at)).every((p) => p.state === 'complete')).toBe(true);
    const db = new DatabaseSync(join(s.data, 'read.sqlite'));
    const name = (
      db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'contracts_g%'").get() as { name: string }
    ).name;
    db.exec(`UPDATE ${name} SET contractor_id = 'somebody else'`);
    db.close();
    const bad = await ctl(['verify'], at);
    expect([bad.exit, bad.out]).toEqual([
      1,
      expect.stringMatching(
        /first difference: rows at contracts: row no = 1: contractor_id is "somebody else", the log makes it "C-1"/,
      ),
    ]);
    expect(await ok(['projections', 'rebuild', '--all'], at)).toMatch(/rebuilt: contracts, /);
    expect((await ctl(['verify'], at)).exit).toBe(0);

    edit(
      join(s.data, 'log.sqlite'),
      `UPDATE events SET data = replace(data, '"X"', '"D" ') WHERE stream = 'contract-${contractId}' AND revision = 0`,
    );
    const { exit, out } = await ctl(['verify', '--json'], at);
    expect([exit, JSON.parse(out)]).toMatchObject([
      1,
      { ok: false, faults: [{ kind: 'canonical', at: expect.stringContaining(`contract-${contractId} revision 0`) as string }] },
    ]);
    rmSync(s.data, { recursive: true, force: true });
  }, 240_000);

  test('data of a newer build are refused in plain words', async () => {
    const s = await Service.start({ store: 'embedded' });
    await s.stop();
    edit(join(s.data, 'log.sqlite'), 'PRAGMA user_version = 99');
    for (const args of [['verify'], ['projections', 'status'], ['tokens', 'list'], ['backup', join(scratch, 'newer')]]) {
      const { exit, err } = await ctl(args, { data: s.data });
      expect([args[0], exit, err]).toEqual([
        args[0],
        3,
        expect.stringMatching(/data format 99; this build knows up to \d+: use a newer build/),
      ]);
      expect(err).not.toMatch(/ at .*\.js:\d+/);
    }
    rmSync(s.data, { recursive: true, force: true });
  }, 120_000);
});

describe('demo', () => {
  test('fills a sandbox once, leaves other ledgers alone, and ends with Ctrl-C', async () => {
    const data = join(scratch, 'demo');
    const port = await freePort();
    const { recorded, refused, curl } = await json<{ recorded: number; refused: number; curl: string[] }>(
      ['--data', data, 'demo', '--exit'],
      { port },
    );
    expect([recorded > 150, refused, freePid(data)]).toEqual([true, 4, true]);
    expect((await ctl(['verify'], { data })).exit).toBe(0);
    expect(curl.length).toBeGreaterThan(15);

    const again = start(['--data', data, 'demo', '--json'], { port });
    while (!again.said().err.includes('goes on at') && again.child.exitCode === null) await sleep(50);
    const answer = JSON.parse(again.said().out) as { url: string; recorded: number; before: number; curl: string[] };
    expect([answer.recorded, answer.before]).toEqual([0, recorded + refused]);
    const authorization = `Bearer ${readFileSync(join(data, 'admin-token'), 'utf8').trim()}`;
    for (const line of answer.curl.filter((l) => !l.includes(' -d '))) {
      const response = await fetch(/'(http[^']+)'$/.exec(line)![1]!, { headers: { authorization } });
      const lists = Object.values((await response.json()) as object).filter(Array.isArray);
      expect([line, response.status, lists.every((l) => l.length === 0) && lists.length > 0]).toEqual([line, 200, false]);
    }
    again.child.kill('SIGINT');
    expect((await again.ended).exit).toBe(0);
    expect(freePid(data)).toBe(true);

    const foreign = mkdtempSync(join(scratch, 'foreign-'));
    writeFileSync(join(foreign, 'ledger.json'), '{}');
    expect((await ctl(['--data', foreign, 'demo', '--exit'])).err).toMatch(/not the demo's/);
    expect(readdirSync(foreign)).toEqual(['ledger.json']);
  }, 300_000);
});

describe('audit access-review', () => {
  it('writes who had access as a table without formulas, for its owner alone, or as JSON', async () => {
    const s = await Service.start({ store: 'embedded' });
    const issued = await ctl(['tokens', 'issue', '--subject', 'clerk-1', '--role', 'operator', '--label', '=cmd()'], on(s));
    expect(issued.exit).toBe(0);
    const now = new Date(Date.now() + 9 * 3_600_000);
    const quarter = `${now.getUTCFullYear()}Q${Math.floor(now.getUTCMonth() / 3) + 1}`;
    const out = join(scratch, 'review.csv');
    const written = await ctl(['audit', 'access-review', '--quarter', quarter, '--out', out], on(s));
    expect([written.exit, written.out, written.err]).toEqual([0, '', expect.stringContaining('2 tokens and 2 actors')]);
    const csv = readFileSync(out, 'utf8');
    expect(csv).toMatch(/^\ufeffkind,tokenId,subject,role,/);
    expect(csv).toContain("clerk-1,operator,'=cmd(),in-force");
    expect(csv).not.toContain(issued.out.trim());
    expect(statSync(out).mode & 0o777).toBe(0o600);
    const json = JSON.parse((await ctl(['audit', 'access-review', '--quarter', quarter, '--json'], on(s))).out) as { grants: object[] };
    expect(json.grants).toContainEqual(expect.objectContaining({ subject: 'clerk-1', label: '=cmd()' }));
    for (const args of [[], ['--quarter', '2026Q5'], ['--from', '2026-01-01'], ['--quarter', '2026Q1', '--from', '2026-01-01', '--to', '2026-01-31']])
      expect([args, (await ctl(['audit', 'access-review', ...args], on(s))).exit]).toEqual([args, 2]);
    await s.end();
  }, 120_000);
});

describe('the feed', () => {
  test('is followed, replayed and shown, and a consumer is sent back', async () => {
    const s = await Service.start({ store: 'embedded' });
    const lines = (): Promise<string[]> => ndjson(s.api).then((r) => r.lines);
    while (taken(await s.api.get<{ state: string }>('/v1/feed/status')).state !== 'live') await sleep(20);
    expect(await ok(['feed', 'status'], on(s))).toMatch(/^feed: live, 0 events, head -\nno consumer has acknowledged/);
    const tail = start(['feed', 'tail', '--json'], on(s));
    const told = start(['feed', 'tail', '--from', 'start'], on(s));
    while (!tail.said().err.includes('following behind start')) await sleep(20);
    for (let i = 0; i < 3; i++) await openContract(s.api);
    while ((await lines()).length < 3) await sleep(20);
    const stored = await lines();
    const cursors = stored.map((l) => JSON.parse(l) as { sequence: string; id: string }).map((e) => `${e.sequence}.${e.id}`);
    while (told.said().out.split('\n').length < 4) await sleep(20);
    expect(told.said().out).toMatch(new RegExp(`^${cursors[0]}  .*  ledger\\.contract\\.contracted\\.v1  \\(1 segments, 1 charges\\)$`, 'm'));
    // Without --from it begins at the head as it was.
    while (!tail.said().out.includes(stored[2]!)) await sleep(20);
    expect(tail.said().out).toBe(`${stored.join('\n')}\n`);
    for (const { child, ended } of [tail, told]) {
      child.kill('SIGINT');
      expect((await ended).exit).toBe(130);
    }

    expect(await ok(['feed', 'replay', '--from', 'start'], on(s))).toBe(`${stored.join('\n')}\n`);
    const out = join(scratch, 'feed.ndjson');
    const replayed = await ctl(['feed', 'replay', '--from', cursors[0]!, '--to', cursors[1]!, '--out', out], on(s));
    expect([replayed.exit, replayed.out, readFileSync(out, 'utf8')]).toEqual([0, '', `${stored[1]}\n`]);
    expect(replayed.err).toContain('events: 1 of 1');
    expect((await ctl(['feed', 'replay', '--from', 'start', '--out', out], on(s))).err).toMatch(/feed.ndjson exists already/);
    const other = `${cursors[1]!.slice(0, 17)}00000000-0000-4000-8000-000000000000`;
    for (const args of [['--from', other], ['--from', 'start', '--to', other]]) {
      const { exit, err } = await ctl(['feed', 'replay', ...args], on(s));
      expect([exit, err]).toEqual([3, expect.stringMatching(/restored|rewound/)]);
    }

    taken(await s.api.put('/v1/feed/consumers/biller/position', { cursor: cursors[2] }));
    expect(await ok(['feed', 'status'], on(s))).toMatch(new RegExp(`^biller +0 +0 .* ${cursors[2]}$`, 'm'));
    expect(await ok(['feed', 'rewind-consumer', 'biller', cursors[0]!], on(s))).toBe(`biller: from ${cursors[2]} to ${cursors[0]}\n`);
    expect(await ok(['feed', 'rewind-consumer', 'biller', 'start'], on(s))).toBe(`biller: from ${cursors[0]} to start\n`);
    const { consumers } = await json<{ consumers: object[] }>(['feed', 'status'], on(s));
    expect(consumers).toMatchObject([{ name: 'biller', cursor: null, rewound: false, lag: { events: 3 } }]);
    const stranger = await ctl(['feed', 'rewind-consumer', 'nobody', 'start'], on(s));
    expect([stranger.exit, stranger.err]).toEqual([2, expect.stringMatching(/no consumer nobody has acknowledged a position; there are biller/)]);
    expect((await ctl(['feed', 'tail', '--from', '12'], on(s))).err).toMatch(/a cursor is a sequence and an event id, like/);

    await s.stop();
    const { exit, err } = await ctl(['feed', 'status'], on(s));
    expect([exit, err]).toEqual([3, expect.stringMatching(/the service does not run on .*: start it, or name its folder/)]);
    await s.end();
  }, 120_000);
});

test('the script finds its build', async () => {
  const child = spawn(process.execPath, [join(ROOT, 'scripts/ledgerctl.mjs'), '--help'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (d: string) => (out += d));
  expect([await once(child, 'close'), out]).toEqual([[0, null], expect.stringContaining('Usage: ledgerctl')]);
}, 300_000);
