/** The frozen evidence of a contract, judged by a second implementation in another language; and faults told by both. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { canonicalJson, sha256Hex } from '@app/kernel';
import { verifyPack } from '@app/evidence';
import { parseVerifierKey } from '@app/transparency';

const PROGRAM = fileURLToPath(new URL('./verify.py', import.meta.url));
const VECTORS = new URL('../../libs/evidence/vectors/', import.meta.url);
const vector = (name: string): string => readFileSync(new URL(name, VECTORS), 'utf8');
const keyIn = (name: string): string => vector(name).split('\n').find((l) => l !== '' && !l.startsWith('#'))!;
const [KEY, WITNESS] = [keyIn('keys.txt'), keyIn('witnesses.txt')];

const there = spawnSync('python3', ['-c', 'import sys; assert sys.version_info >= (3, 8)']).status === 0;
if (!there) process.stderr.write('evidence.spec.ts: NOT checked by the independent verifier: there is no python3 (3.8 or later) on this machine\n');
/** Without Python there is nothing to run, and the line above says so. */
const checked = there ? describe : describe.skip;

const scratch = mkdtempSync(join(tmpdir(), 'evidence-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

interface Said {
  readonly ok: boolean;
  readonly findings: readonly string[];
}
function python(text: string, keys: readonly string[] = ['--key', KEY, '--witness', WITNESS]): Said {
  const file = join(scratch, 'pack.json');
  writeFileSync(file, text);
  const { status, stdout, stderr } = spawnSync('python3', [PROGRAM, 'evidence', file, ...keys], { encoding: 'utf8' });
  const said = JSON.parse(stdout || `{"ok":null,"stderr":${JSON.stringify(stderr)}}`) as Said;
  expect(status).toBe(said.ok ? 0 : 1);
  return said;
}
const ours = (text: string) => verifyPack(Buffer.from(text), { keys: [parseVerifierKey(KEY)], witnesses: [parseVerifierKey(WITNESS)] });

/** The pack with something changed, written as it would have to be, digest and all. */
function altered(change: (pack: any) => void): string {
  const pack = JSON.parse(vector('pack.json')) as { digest?: string };
  change(pack);
  delete pack.digest;
  return canonicalJson({ ...pack, digest: sha256Hex(canonicalJson(pack)) });
}

checked('in another language', () => {
  test('the frozen packs hold, and say the same to both', () => {
    const { contractId, events, related, proved, checkpoint } = ours(vector('pack.json'));
    expect(python(vector('pack.json'))).toEqual({ ok: true, contractId, events, related, proved, size: checkpoint!.size, witnessed: [checkpoint!.witnesses[0]!.name], findings: [] });
    expect(python(vector('unsigned.json'), [])).toMatchObject({ ok: true, proved: 0, size: null });
    expect(python(vector('unsigned.json'))).toMatchObject({ ok: false });
  });

  test.each<[string, (p: any) => void, RegExp]>([
    ['data', (p) => (p.events[1].event.data.agreedOn = '2020-01-01'), /revision 1 \(LicensorTermsAgreed\): it is not as it was signed/],
    ['metadata', (p) => (p.events[9].event.metadata.actor.role = 'admin'), /revision 9 \(DeviceFaultReported\): it is not as it was signed/],
    ['an event taken out', (p) => p.events.splice(4, 1), /revision 5 \(AccountCountChanged|revision 5 .*: revision 4 was to come next/],
    ['a proof of another event', (p) => (p.events[4].proof = p.events[5].proof), /revision 4 .*: it is not as it was signed/],
    ['a text', (p) => (p.texts[0].text += ' '), /is not the one that was committed to/],
    ['a text taken out', (p) => p.texts.pop(), /is not there/],
    ['an event of another contract', (p) => (p.related[2].event.data.contractId = p.ledgerId), /does not concern this contract/],
    ['positions exchanged', (p) => ([p.events[4].event.position, p.events[5].event.position] = [p.events[5].event.position, p.events[4].event.position]), /its position does not come after/],
    ['no events', (p) => (p.events = []), /index out of range/],
    ['another beginning', (p) => (p.events[0].event.type = 'Renewed'), /does not begin with the contract/],
    ['a sibling named', (p) => (p.related[1].event.metadata.answer = { contractId: p.ledgerId }), /names another contract or unit/],
    ['a text more', (p) => p.texts.push({ ...p.texts[0], ref: 'x' }), /no event refers to text x/],
    ['another ledger', (p) => (p.ledgerId = p.contractId), /the checkpoint is of/],
    ['no signature', (p) => ((p.checkpoint = null), p.events.concat(p.related).forEach((r: any) => (r.proof = null))), /unsigned/],
  ])('%s altered is told by both', (_, change, why) => {
    const text = altered(change);
    const said = python(text);
    expect(said.ok).toBe(false);
    expect(said.findings.join('\n')).toMatch(why);
    expect(ours(text).ok).toBe(false);
  });

  test('bytes altered on the way are told by both', () => {
    const text = vector('pack.json');
    for (const spoilt of [`${text}\n`, text.replace(',"', ', "'), text.replace(/"digest":"./, '"digest":"x'), text.slice(0, -3)]) {
      expect(python(spoilt).ok).toBe(false);
      expect(ours(spoilt).ok).toBe(false);
    }
  });
});
