import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createInterface } from 'node:readline';
import { commitment } from '@app/kernel';
import { openRegister, provisionalRefs, type Register, TextDiffers, UnsupportedRegister } from './index.js';
import { startChild } from './testing/start-child.js';

let folder: string;
let file: string;
const opened: Register[] = [];
const open = (options: { readOnly?: boolean } = {}): Register => {
  const register = openRegister({ file, ...options });
  opened.push(register);
  return register;
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'register-'));
  file = join(folder, 'register.sqlite');
});
afterEach(() => {
  for (const r of opened.splice(0)) r.close();
  rmSync(folder, { recursive: true });
});

const reason = (text: string, subject?: string) => ({ kind: 'reason', slot: 'reason', text, ...(subject && { subject }) });

describe('writing', () => {
  it('answers a reference whose commitment the text proves', async () => {
    const register = open();
    const refs = await register.write('c1', [reason('because'), { kind: 'note', slot: 'note', text: 'メモ' }]);
    expect(refs).toHaveLength(2);
    expect([...register.read(refs.map((r) => r.ref)).values()]).toEqual(['because', 'メモ']);
    expect(refs.map((r) => register.verify(r))).toEqual(['ok', 'ok']);
    expect(refs[0]?.commitment).not.toBe(commitment('', 'because'));
    expect(register.describe(refs[0]?.ref ?? '')).toMatchObject({
      commandId: 'c1',
      kind: 'reason',
      slot: 'reason',
      subject: null,
      erasedAt: null,
    });
  });

  it('answers a retry as the first time, also after a restart', async () => {
    const first = await open().write('c1', [reason('because')]);
    opened.splice(0).forEach((r) => r.close());
    const register = open();
    expect(await register.write('c1', [reason('because')])).toEqual(first);
    const [other] = await register.write('c2', [reason('because')]);
    expect(other?.ref).not.toBe(first[0]?.ref);
    expect(other?.commitment).not.toBe(first[0]?.commitment);
  });

  it('refuses another text for the same slot and keeps nothing of that call, nor holds up its neighbours', async () => {
    const register = open();
    await register.write('c1', [reason('because')]);
    const [refused, neighbour] = await Promise.allSettled([
      register.write('c1', [{ kind: 'note', slot: 'note', text: 'new' }, reason('other')]),
      register.write('c2', [reason('mine')]),
    ]);
    expect(refused).toMatchObject({ status: 'rejected', reason: new TextDiffers('c1', 'reason') });
    expect(neighbour.status).toBe('fulfilled');
    const [note] = provisionalRefs('c1', [{ kind: 'note', slot: 'note', text: 'new' }]);
    expect(register.describe(note?.ref ?? '')).toBeNull();
  });

  it('refuses one slot twice in one call', async () => {
    await expect(open().write('c1', [reason('a'), reason('b')])).rejects.toThrow(TextDiffers);
  });

  it('is durable before it answers, many calls to one commit', async () => {
    const register = open();
    const wal = () => statSync(`${file}-wal`).size;
    await register.write('warm', [reason('up')]);
    const before = wal();
    const refs = await Promise.all(Array.from({ length: 50 }, (_, i) => register.write(`c${i}`, [reason(`text ${i}`)])));
    // Fifty commits of their own would each write several pages of 4 KiB.
    expect(wal() - before).toBeLessThan(50 * 4096);
    const other = new DatabaseSync(file, { readOnly: true });
    expect(other.prepare('SELECT count(*) AS n FROM texts').get()).toMatchObject({ n: 51 });
    other.close();
    expect(new Set(refs.flat().map((r) => r.ref)).size).toBe(50);
  });

  it('a preview has the same references and writes nothing', async () => {
    const register = open();
    const [preview] = provisionalRefs('c1', [reason('because')]);
    expect(register.verify(preview!)).toBe('missing');
    const [real] = await register.write('c1', [reason('because')]);
    expect(preview?.ref).toBe(real?.ref);
    expect(register.verify(preview!)).toBe('altered');
  });

  it('loses nothing it answered for when the process is killed', async () => {
    const child = startChild('register', file);
    const acknowledged: { command: string; refs: { ref: string; commitment: string }[] }[] = [];
    const exited = once(child, 'exit');
    for await (const line of createInterface(child.stdout)) {
      acknowledged.push(JSON.parse(line) as (typeof acknowledged)[number]);
      if (acknowledged.length === 200) child.kill('SIGKILL');
    }
    await exited;
    expect(acknowledged.length).toBeGreaterThanOrEqual(200);
    const register = open();
    for (const { command, refs } of acknowledged) {
      expect(refs.map((r) => register.verify(r))).toEqual(['ok']);
      expect(await register.write(command, [reason(`text of ${command}`)])).toEqual(refs);
    }
  });
});

describe('erasing', () => {
  it('removes text and salt of a subject, in every file, and keeps the reference', async () => {
    const register = open();
    const secret = 'Unmistakable Person 0123456789';
    const [mine] = await register.write('c1', [{ kind: 'contractorName', slot: 'name', subject: 'p1', text: secret }]);
    const [other] = await register.write('c2', [{ kind: 'contractorName', slot: 'name', subject: 'p2', text: 'Other' }]);
    expect(register.erase({ subject: 'p1' })).toBe(1);
    expect(register.erase({ subject: 'p1' })).toBe(0);
    expect([...register.read([mine!.ref, other!.ref, 'unknown']).values()]).toEqual([null, 'Other', null]);
    expect(register.verify(mine!)).toBe('erased');
    expect(register.verify({ ...mine!, commitment: other!.commitment })).toBe('altered');
    expect(register.describe(mine!.ref)?.erasedAt).toMatch(/^\d{4}-.*Z$/);
    for (const name of readdirSync(folder)) expect(readFileSync(join(folder, name)).includes(secret)).toBe(false);
    // A retry after the erasure meets the reference that stands, and does not bring the text back.
    expect(await register.write('c1', [{ kind: 'contractorName', slot: 'name', subject: 'p1', text: secret }])).toEqual([mine]);
    expect(register.read([mine!.ref]).get(mine!.ref)).toBeNull();
  });

  it('discloses texts with the salts of their commitments, and nothing of erased or unknown ones', async () => {
    const register = open();
    const [name, note] = await register.write('c1', [{ kind: 'contractorName', slot: 'contractor.name', text: '株式会社テスト' }, { kind: 'note', slot: 'note', text: 'n' }]);
    const [held] = register.disclose([name!.ref]);
    expect(held).toEqual({ ref: name!.ref, kind: 'contractorName', text: '株式会社テスト', salt: expect.stringMatching(/^[0-9a-f]{32}$/), erasedAt: null });
    expect(commitment(held!.salt!, held!.text!)).toBe(name!.commitment);
    register.erase({ refs: [name!.ref] });
    expect(register.disclose(['nobody', name!.ref, note!.ref])).toMatchObject([
      { ref: 'nobody', kind: null, text: null, salt: null, erasedAt: null },
      { ref: name!.ref, text: null, salt: null, erasedAt: expect.stringMatching(/Z$/) },
      { text: 'n' },
    ]);
  });

  it('takes references too', async () => {
    const register = open();
    const [a] = await register.write('c1', [reason('a')]);
    await register.write('c2', [reason('b')]);
    expect(register.erase({ refs: [a!.ref, 'unknown'] })).toBe(1);
    expect(register.verify(a!)).toBe('erased');
  });
});

describe('verifying', () => {
  it('notices a changed text', async () => {
    const register = open();
    const [ref] = await register.write('c1', [reason('a')]);
    const other = new DatabaseSync(file);
    other.exec(`UPDATE texts SET text = 'b'`);
    other.close();
    expect(register.verify(ref!)).toBe('altered');
    for (const column of ['slot', 'command_id']) {
      const [own] = await register.write(`own ${column}`, [reason('a')]);
      expect(register.verify(own!)).toBe('ok');
      const again = new DatabaseSync(file);
      again.exec(`UPDATE texts SET ${column} = 'another' WHERE command_id = 'own ${column}'`);
      again.close();
      expect([column, register.verify(own!)]).toEqual([column, 'altered']);
    }
    expect(register.verify({ ref: 'nowhere', commitment: ref!.commitment })).toBe('missing');
  });
});

describe('what was erased', () => {
  it('holds no text again, whoever writes one into its row', async () => {
    const register = open();
    const [ref] = await register.write('c1', [reason('a')]);
    register.erase({ refs: [ref!.ref] });
    const other = new DatabaseSync(file);
    other.exec(`UPDATE texts SET text = 'forged'`);
    other.close();
    expect([register.verify(ref!), register.read([ref!.ref]).get(ref!.ref)]).toEqual(['altered', null]);
    expect(register.disclose([ref!.ref])).toMatchObject([{ text: null, salt: null }]);
    expect([register.erase({ refs: [ref!.ref] }), register.verify(ref!)]).toEqual([1, 'erased']);
  });
});

describe('sweeping', () => {
  it('removes what earlier processes wrote for appends that never came, once', async () => {
    const before = open();
    await before.write('appended', [reason('a')]);
    await before.write('lost', [reason('b'), { kind: 'note', slot: 'note', text: 'c' }]);
    before.close();
    const register = open();
    await register.write('under way', [reason('d')]);
    const asked: string[] = [];
    const known = async (id: string) => (asked.push(id), id === 'appended');
    expect(await register.sweep(known)).toBe(2);
    expect(asked.sort()).toEqual(['appended', 'lost']);
    asked.length = 0;
    expect(await register.sweep(known)).toBe(0);
    expect(asked).toEqual([]);
    expect(await register.sweep(known, { all: true })).toBe(0);
    expect(asked).toEqual(['appended']);
  });

  it('leaves alone what is being repeated at that moment', async () => {
    const before = open();
    const first = await before.write('repeated', [reason('a')]);
    before.close();
    const register = open();
    let again: Promise<unknown> | undefined;
    const removed = register.sweep((id) => ((again = register.write(id, [reason('a')])), false));
    expect(await removed).toBe(0);
    expect(await again).toEqual(first);
    expect(register.verify(first[0]!)).toBe('ok');
  });
});

describe('the file', () => {
  it('is readable by its owner only', () => {
    open();
    expect(statSync(file).mode & 0o077).toBe(0);
  });

  it('is refused when a newer build wrote it, or when it is something else', () => {
    open().close();
    const db = new DatabaseSync(file);
    db.exec('PRAGMA user_version = 2');
    db.close();
    expect(() => open()).toThrow(/data format 2, this build knows up to 1/);
    const foreign = new DatabaseSync(join(folder, 'foreign.sqlite'));
    foreign.exec('CREATE TABLE mine (x)');
    foreign.close();
    expect(() => openRegister({ file: join(folder, 'foreign.sqlite') })).toThrow(UnsupportedRegister);
  });

  it('is copied while it is in use', async () => {
    const register = open();
    const refs = await Promise.all(Array.from({ length: 30 }, (_, i) => register.write(`c${i}`, [reason(`text ${i}`)])));
    const copied = register.backupTo(join(folder, 'copy.sqlite'));
    await Promise.all([copied, register.write('later', [reason('meanwhile')])]);
    const copy = openRegister({ file: join(folder, 'copy.sqlite'), readOnly: true });
    opened.push(copy);
    expect(refs.flat().map((r) => copy.verify(r))).toEqual(refs.map(() => 'ok'));
    await expect(register.backupTo(join(folder, 'copy.sqlite'))).rejects.toThrow('exists already');
  });
});
