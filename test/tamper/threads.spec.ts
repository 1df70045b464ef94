/** A log that is long enough is read by two threads, each a part of it: what they tell together is what one tells. */
import { spawnSync } from 'node:child_process';
import { statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { program } from '../e2e/support/ledgerctl.js';
import { copyLedger, KEY, makeLedger, removeScratch, scratch, sql, verifyFolder } from './support.js';

const EVENTS = 41_000;
/** Where the second thread begins. */
const HALF = 20_480;

let sound: string;
beforeAll(async () => {
  program();
  sound = scratch();
  await makeLedger(sound, { events: EVENTS, signed: [10_000, HALF, 30_000, EVENTS], atOnce: 500 });
}, 300_000);
afterAll(removeScratch);

interface Report {
  readonly ok: boolean;
  readonly findings: readonly { readonly kind: string }[];
  readonly first: object | null;
  readonly events: number;
  readonly streams: number;
  readonly head: string | null;
  readonly signed: number;
}
/** What must be the same; a thread cannot say where streams stood before its part, so other findings may be told from another side. */
const essence = ({ ok, findings, first, events, streams, head, signed }: Report) => ({ ok, first, kinds: new Set(findings.map((f) => f.kind)), events, streams, head, signed });

/** What the command line says, which reads with two threads. */
function told(folder: string): { readonly exit: number | null; readonly report: Report } {
  const args = ['audit', 'verify', '--json', '--log', join(folder, 'log.sqlite'), '--audit', join(folder, 'audit.sqlite'), '--key', KEY.vkey];
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(program(), 'apps/ledgerctl/src/main.js'), ...args], { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } });
  if (stdout === '') throw new Error(`no report: ${stderr}`);
  return { exit: status, report: JSON.parse(stdout) as Report };
}

const row = (position: number): string => `position = ${position}`;
const swap = (a: number, b: number): string => `UPDATE events SET position = -1 WHERE ${row(a)}; UPDATE events SET position = ${a} WHERE ${row(b)}; UPDATE events SET position = ${b} WHERE position = -1`;

test.each<readonly [what: string, alter: string | ((folder: string) => void) | null]>([
  ['nothing', null],
  ['a value in the first part', `UPDATE events SET data = replace(data, '"by":', '"by":1') WHERE ${row(7)}`],
  ['a value in the second part', `UPDATE events SET data = replace(data, '"by":', '"by":1') WHERE ${row(40_000)}`],
  ['the last of the first part', `UPDATE events SET type = 'Kounted' WHERE ${row(HALF)}`],
  ['the first of the second part', `UPDATE events SET type = 'Kounted' WHERE ${row(HALF + 1)}`],
  ['one deleted in the first part', `DELETE FROM events WHERE ${row(300)}`],
  ['one deleted at the end of the first part', `DELETE FROM events WHERE ${row(HALF)}`],
  ['one deleted at the beginning of the second part', `DELETE FROM events WHERE ${row(HALF + 1)}`],
  ['two swapped across the parts', swap(100, 40_100)],
  ['two swapped where the parts meet', swap(HALF, HALF + 1)],
  ['all of the first part deleted', `DELETE FROM events WHERE position <= ${HALF}`],
  ['all of the second part deleted', `DELETE FROM events WHERE position > ${HALF}`],
  ['one written in another way in each part', `UPDATE events SET data = replace(data, ':', ': ') WHERE position IN (9, 40009)`],
  ['the file cut short', (folder) => truncateSync(join(folder, 'log.sqlite'), Math.floor((statSync(join(folder, 'log.sqlite')).size * 0.7) / 4096) * 4096)],
])('%s', async (what, alter) => {
  const folder = copyLedger(sound);
  if (typeof alter === 'string') sql(folder, alter);
  else alter?.(folder);
  const one = await verifyFolder(folder);
  const { exit, report } = told(folder);
  expect(one.ok).toBe(what === 'nothing');
  expect(exit).toBe(one.ok ? 0 : 1);
  expect(essence(report)).toEqual(essence(one));
}, 60_000);
