import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedScan, openEmbeddedStore } from '@app/event-store';
import { fileLog, serverLog, type Tail } from './tail.js';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tail-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const events = (n: number) => Array.from({ length: n }, (_, i) => ({ id: `00000000-0000-5000-8000-${String(i).padStart(12, '0')}`, type: 'T', data: { i }, metadata: {} }));

test.each(['file', 'server'])('the log as a %s gives the same events, then what comes, and says when there is no more', async (kind) => {
  const file = join(folder, 'log.sqlite');
  const store = await openEmbeddedStore({ file, pollMs: 20 });
  await store.append('counter-1', 'no_stream', events(5));
  const tail: Tail = kind === 'file' ? fileLog(EmbeddedScan.beside(file)) : serverLog(store);
  const stop = new AbortController();
  const seen: string[] = [];
  let appended = false;
  for await (const lot of tail.follow('1', 3, () => new Promise((r) => void setTimeout(r, 5)), stop.signal)) {
    seen.push(lot.map((e) => `${e.position}${e.rawData}`).join(' '));
    if (lot.length > 0) continue;
    if (appended) stop.abort();
    else await store.append('counter-2', 'no_stream', events(2));
    appended = true;
  }
  expect(seen).toEqual(['2{"i":1} 3{"i":2} 4{"i":3}', '5{"i":4}', '', '6{"i":0} 7{"i":1}', '']);
  expect(await tail.at('3')).toMatchObject({ position: '3', stream: 'counter-1', revision: 2, rawData: '{"i":2}' });
  expect(await tail.at('99')).toBeNull();
  await tail.close();
  await store.close();
});
