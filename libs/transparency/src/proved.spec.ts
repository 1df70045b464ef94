import {
  checkpointText,
  COSIGNATURE,
  cosignText,
  ED25519,
  eventLeaf,
  formatProof,
  inclusionProof,
  LeafTree,
  Malformed,
  newSignerKey,
  parseProof,
  signText,
  toBase64,
  verifyProof,
  verifyProved,
  type LoggedEvent,
  type ProvedEvent,
} from './index.js';

const key = newSignerKey('log', ED25519);
const witness = newSignerKey('w', COSIGNATURE);
const event = (n: number): LoggedEvent => ({
  stream: `counter-${n % 3}`,
  revision: Math.floor(n / 3),
  position: `C${n * 10}P${n * 10}`,
  id: `00000000-0000-5000-8000-${String(n).padStart(12, '0')}`,
  type: 'Counted',
  rawData: `{"by":${n}}`,
  rawMetadata: '{"salt":"00"}',
});
const tree = LeafTree.of(Buffer.concat(Array.from({ length: 20 }, (_, n) => eventLeaf(event(n)))));
const note = (size: number): string => {
  const text = checkpointText({ origin: 'log', size, root: tree.root(size) });
  return `${text}\n${signText(text, key)}${cosignText(text, witness, 1_767_225_600)}`;
};
const proved = (n: number, size = 20): ProvedEvent => ({ event: event(n), proof: formatProof({ index: n, proof: inclusionProof(n, size, tree.node), checkpoint: note(size) }) });
/** The events of one stream. */
const stream = [1, 4, 7, 10];

describe('a proof that stands alone', () => {
  it('is read as it is written, and leads to the checkpoint', () => {
    const { proof } = proved(7);
    const read = parseProof(proof);
    expect([read.index, formatProof(read)]).toEqual([7, proof]);
    expect(verifyProof(proof, eventLeaf(event(7)), [key]).size).toBe(20);
    expect(parseProof(proof.replace('\nindex', '\nextra AAAA\nindex')).index).toBe(7);
  });

  it.each([
    ['nothing', ''],
    ['another first line', proved(7).proof.replace('@v1', '@v2')],
    ['no index', proved(7).proof.replace('index 7', 'at 7')],
    ['an index of two ways', proved(7).proof.replace('index 7', 'index 07')],
    ['a line that is no hash', proved(7).proof.replace(/index 7\n.*\n/, 'index 7\nxyz\n')],
  ])('with %s is malformed', (_, text) => expect(() => parseProof(text)).toThrow(Malformed));
});

describe('some events with their proofs', () => {
  it('hold', () => {
    expect(verifyProved(stream.map((n) => proved(n)), [key], [witness])).toEqual({
      findings: [],
      checkpoint: { origin: 'log', size: 20, root: toBase64(tree.root()) },
      witnessed: [{ name: 'w', at: '2026-01-01T00:00:00.000Z' }],
    });
  });

  const altered = (change: Partial<LoggedEvent>): ProvedEvent[] => stream.map((n) => (n === 7 ? { ...proved(7), event: { ...event(7), ...change } } : proved(n)));
  it.each<[string, ProvedEvent[], { kind: string; index: number | null }]>([
    ['data altered', altered({ rawData: '{"by":8}' }), { kind: 'altered', index: 2 }],
    ['metadata altered', altered({ rawMetadata: '{"salt":"01"}' }), { kind: 'altered', index: 2 }],
    ['another way of writing', altered({ rawData: '{ "by":7}' }), { kind: 'altered', index: 2 }],
    ['another position', altered({ position: 'C71P71' }), { kind: 'altered', index: 2 }],
    ['an event left out', [1, 4, 10].map((n) => proved(n)), { kind: 'revision', index: 2 }],
    ['the first left out', [4, 7, 10].map((n) => proved(n)), { kind: 'revision', index: 0 }],
    ['two swapped', [1, 7, 4, 10].map((n) => proved(n)), { kind: 'revision', index: 1 }],
    ['streams out of order', [2, 1].map((n) => proved(n)).map((p, i) => (i === 1 ? p : proved(2))), { kind: 'reordered', index: 1 }],
    ['proofs of two checkpoints', stream.map((n) => proved(n, n === 7 ? 15 : 20)), { kind: 'checkpoint', index: null }],
    ['a proof of another place', stream.map((n) => (n === 7 ? { event: event(7), proof: proved(8).proof } : proved(n))), { kind: 'altered', index: 2 }],
  ])('with %s do not', (_, events, first) => expect(verifyProved(events, [key], []).findings[0]).toMatchObject(first));

  it('do not under a key, or a witness, that nobody knows', () => {
    const stranger = newSignerKey('log', ED25519);
    expect(verifyProved([proved(1)], [stranger], []).findings[0]).toMatchObject({ kind: 'altered', detail: expect.stringMatching(/no known key/) });
    expect(verifyProved([proved(1)], [key], [newSignerKey('w', COSIGNATURE)]).findings).toEqual([expect.objectContaining({ kind: 'witness', at: 'w' })]);
  });
});
