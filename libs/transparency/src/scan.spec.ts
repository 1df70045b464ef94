import { eventLeaf, LeafTree, Scan, toHex, type LoggedEvent } from './index.js';

const event = (n: number, more: Partial<LoggedEvent> = {}): LoggedEvent => ({
  stream: `counter-${n % 2}`,
  revision: Math.floor(n / 2),
  position: String(n + 1),
  id: `00000000-0000-5000-8000-${String(n).padStart(12, '0')}`,
  type: 'Counted',
  rawData: `{"by":${n}}`,
  rawMetadata: '{"salt":"00"}',
  ...more,
});
const scanned = (events: readonly LoggedEvent[]): Scan => {
  const scan = new Scan({ from: 0, dense: true, compare: (a, b) => Number(a) - Number(b) });
  events.forEach((e) => scan.take(e));
  return scan;
};
/** Texts of every kind, longer and shorter by turns, and what a damaged file gives where texts were. */
const KINDS: readonly Partial<LoggedEvent>[] = [
  {},
  { rawData: `{"名":"${'あ😀é'.repeat(20_000)}"}` },
  { rawData: '{}', rawMetadata: '{}' },
  { type: 'Ünïcode"\\', stream: 'Stream "あ"' },
  { rawData: `{"a":"${'x'.repeat(200_000)}"}`, rawMetadata: `{"b":"${'あ'.repeat(100_000)}"}` },
  { rawData: '{"half":"\ud800"}' },
  { rawData: '' },
  { rawData: 7 as unknown as string, rawMetadata: null as unknown as string, revision: null as unknown as number },
  { rawData: Buffer.from('{}') as unknown as string },
];

test('leaves laid out in bytes are the leaves of the events', () => {
  const events = KINDS.map((more, n) => event(n, more));
  const { leaves } = scanned(events);
  expect(leaves.count).toBe(events.length);
  expect(toHex(leaves.all())).toBe(events.map((e) => toHex(eventLeaf(e))).join(''));
});

test('more leaves than a run begins with', () => {
  const events = Array.from({ length: 5_000 }, (_, n) => event(n));
  const { leaves, findings } = scanned(events);
  expect(findings).toEqual([]);
  expect(toHex(leaves.all())).toBe(events.map((e) => toHex(eventLeaf(e))).join(''));
});

test('each text is held to being canonical, and only that of the event at hand', () => {
  const tell = (more: Partial<LoggedEvent>): string[] => scanned([event(0), event(1, more), event(2)]).findings.map((f) => `${f.kind} ${f.index} ${f.detail.split(':')[0]}`);
  expect(tell({})).toEqual([]);
  expect(tell({ rawData: '{"名":"あ😀","f":1.5}' })).toEqual(['canonical 1 data']);
  expect(tell({ rawData: '{"f":1.5,"名":"あ😀\\n"}' })).toEqual([]);
  expect(tell({ rawData: '{"by": 1}', rawMetadata: '{"b":1,"a":2}' })).toEqual(['canonical 1 data', 'canonical 1 metadata']);
  // What would be canonical together with what stands behind it.
  expect(tell({ rawData: '{"by":1' })).toEqual(['canonical 1 data']);
  expect(tell({ rawData: '"' })).toEqual(['canonical 1 data']);
  expect(tell({ rawData: '1,"id":2' })).toEqual(['canonical 1 data']);
  expect(tell({ rawData: '{"half":"\ud800"}' })).toEqual(['canonical 1 data']);
});

test('trees over parts are one tree, wherever it is cut', () => {
  const { leaves } = scanned(Array.from({ length: 300 }, (_, n) => event(n)));
  const whole = LeafTree.of(leaves.all());
  const cut = (...at: number[]): Uint8Array[][] => [0, ...at].map((from, i) => [...LeafTree.of(leaves.all().subarray(from * 32, (at[i] ?? 300) * 32)).levels]);
  for (const parts of [cut(), cut(128), cut(256), cut(64, 192), cut(96, 160), cut(1), cut(299), cut(150), cut(300), cut(0), cut(0, 0), cut(37, 38, 256), cut(256, 256)]) {
    const joined = LeafTree.joined(parts);
    expect(joined.levels.map((level) => toHex(level))).toEqual(whole.levels.map((level) => toHex(level)));
    for (const size of [0, 1, 128, 255, 300]) expect(toHex(joined.root(size))).toBe(toHex(whole.root(size)));
  }
});
