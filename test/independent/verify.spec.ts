/** A second implementation, in another language, judges what the first one signs and proves; and is told of faults. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bookEvidence } from '../../apps/ledgerctl/src/audit/evidence.js';
import { evidenceLines, headerLine } from '../../apps/ledgerctl/src/audit/export.js';
import { openEmbeddedStore } from '@app/event-store';
import { formatProof, leafText, LeafTree, consistencyProof, inclusionProof, textLeafHash, toBase64 } from '@app/transparency';
import { KEY, makeLedger, ORIGIN, removeScratch, scratch, verifyFolder, WITNESS } from '../tamper/support.js';

const PROGRAM = fileURLToPath(new URL('./verify.py', import.meta.url));
const EVENTS = 300;
const SIGNED = [1, 2, 3, 7, 64, 65, 255, 256, 257, 290];

const python = spawnSync('python3', ['-c', 'import sys; assert sys.version_info >= (3, 8)']);
const there = python.status === 0;
if (!there) process.stderr.write('verify.spec.ts: NOT checked by the independent verifier: there is no python3 (3.8 or later) on this machine\n');
/** Without Python there is nothing to run; the line above says so, and the one test below holds it to that. */
const checked = there ? describe : describe.skip;

let folder: string;
let lines: string[];
let checkpoints: Map<number, string>;
let leaves: LeafTree;
beforeAll(async () => {
  folder = scratch();
  checkpoints = await makeLedger(folder, { events: EVENTS, signed: SIGNED, witnessed: [257] });
  const store = await openEmbeddedStore({ file: join(folder, 'log.sqlite') });
  const events = (await store.readAll({ after: null, limit: EVENTS })).map(leafText);
  await store.close();
  leaves = LeafTree.of(Buffer.concat(events.map(textLeafHash)));
  const { evidence } = bookEvidence(join(folder, 'audit.sqlite'));
  lines = [headerLine(ORIGIN, true), ...events.map((e) => `${e}\n`), ...evidenceLines(evidence, EVENTS)];
  evidence.close();
});
afterAll(removeScratch);

interface Said {
  readonly ok: boolean;
  readonly findings?: readonly string[];
  readonly [member: string]: unknown;
}
function judge(...args: string[]): Said {
  const { status, stdout, stderr } = spawnSync('python3', [PROGRAM, ...args], { encoding: 'utf8' });
  const said = JSON.parse(stdout || `{"ok":null,"stderr":${JSON.stringify(stderr)}}`) as Said;
  expect(status).toBe(said.ok ? 0 : 1);
  return said;
}
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const exported = (altered: readonly string[] = lines): Said => judge('export', file('export', altered.join('')), '--key', KEY.vkey, '--witness', WITNESS.vkey);

test('the independent verifier needs nothing but the language itself', () => {
  const imports = [...readFileSync(PROGRAM, 'utf8').matchAll(/^(?:import|from) (\w+)/gm)].map((m) => m[1]);
  expect(imports).toEqual(['argparse', 'base64', 'hashlib', 'hmac', 'json', 'sys']);
});

checked('in another language', () => {
  test('an export says the same to both', async () => {
    const { events, streams, root, signed } = await verifyFolder(folder);
    expect(exported()).toEqual({ ok: true, events, streams, root, signed, unknown: 0, witnessed: { [WITNESS.name]: 257 }, findings: [] });
  });

  test.each<[string, (l: string[]) => string[], RegExp]>([
    ['a value altered', (l) => l.map((x, i) => (i === 100 ? x.replace('"by":99', '"by":98') : x)), /first 255 events do not have the root/],
    ['an event taken out', (l) => l.filter((_, i) => i !== 100), /position 101: 100 was to come next|not as many/],
    ['another way of writing', (l) => l.map((x, i) => (i === 100 ? x.replace('"by":99', '"by": 99') : x)), /line 101: not canonical/],
    ['two events swapped', (l) => l.with(100, l[103]!).with(103, l[100]!), /position 103: 100 was to come next/],
    ['a root altered', (l) => l.map((x) => (x.startsWith('{"checkpoint"') ? x.replace('\\n290\\n', '\\n291\\n') : x)), /signature of .* is not good/],
    ['its end cut off', (l) => l.slice(0, -1), /cut off/],
    ['no checkpoints', (l) => l.filter((x) => !x.startsWith('{"checkpoint"')), /no checkpoint is signed/],
  ])('an export with %s does not hold', (_, alter, why) => {
    const { ok, findings } = exported(alter(lines));
    expect(ok).toBe(false);
    expect(findings!.join('\n')).toMatch(why);
  });

  const leafOf = (index: number): string => lines[index + 1]!.slice(0, -1);
  const holds = (cases: readonly object[]): unknown => judge('cases', file('cases', JSON.stringify(cases)), '--key', KEY.vkey)['holds'];

  test('inclusion is proved for every kind of place, and nothing else', () => {
    const places = [[0, 1], [0, 2], [1, 3], [6, 7], [63, 64], [64, 65], [254, 255], [100, 256], [256, 257], [289, 290]] as const;
    const sound = places.map(([index, size]) => ({
      proof: formatProof({ index, proof: inclusionProof(index, size, leaves.node), checkpoint: checkpoints.get(size)! }),
      leaf: leafOf(index),
    }));
    expect(holds(sound)).toEqual(places.map(() => true));
    expect(holds(sound.map((c) => ({ ...c, leaf: `${c.leaf} ` })))).toEqual(places.map(() => false));
    expect(holds(sound.map((c) => ({ ...c, proof: c.proof.replace(/index (\d+)/, (_, i) => `index ${Number(i) + 1}`) })))).toEqual(places.map(() => false));
  });

  test('consistency is proved for every pair of sizes, and nothing else', () => {
    const pairs = SIGNED.flatMap((from) => SIGNED.filter((to) => to >= from).map((to) => [from, to] as const));
    const root = (size: number): string => toBase64(leaves.root(size));
    const sound = pairs.map(([from, to]) => ({ from, to, fromRoot: root(from), toRoot: root(to), proof: consistencyProof(from, to, leaves.node).map(toBase64) }));
    expect(holds(sound)).toEqual(pairs.map(() => true));
    expect(holds(sound.map((c) => ({ ...c, toRoot: root(c.to + 1) })))).toEqual(pairs.map(() => false));
    expect(holds(sound.map((c) => ({ ...c, fromRoot: root(c.from + 1) })))).toEqual(pairs.map(() => false));
  });
});
