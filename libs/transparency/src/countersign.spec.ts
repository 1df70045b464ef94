import {
  checkpointText,
  COSIGNATURE,
  cosignText,
  ED25519,
  emptyRoot,
  formatAsked,
  leafHash,
  LogSigner,
  Malformed,
  MerkleTree,
  newSignerKey,
  openCheckpoint,
  originHash,
  parseAsked,
  parseCheckpoint,
  parseNote,
  signText,
  toBase64,
  withSignatures,
  Witness,
  type Hash,
  type LastSigned,
} from './index.js';

const ORIGIN = 'contract-ledger/0190c6f2-0000-7000-8000-000000000001';
const log = newSignerKey(ORIGIN, ED25519);
const tree = new MerkleTree();
for (let i = 0; i < 20; i++) tree.append(leafHash(Buffer.from(`leaf ${i}`)));
const other = new MerkleTree();
for (let i = 0; i < 20; i++) other.append(leafHash(Buffer.from(`leaf ${i === 3 ? 'altered' : i}`)));

const memory = (): LastSigned & { note: string | null; writes: number } => ({
  note: null,
  writes: 0,
  read() {
    return this.note;
  },
  write(note) {
    this.note = note;
    this.writes++;
  },
});
const text = (size: number, of: MerkleTree = tree): string => checkpointText({ origin: ORIGIN, size, root: of.root(size) });
const note = (size: number, of: MerkleTree = tree): string => `${text(size, of)}\n${signText(text(size, of), log)}`;
const body = (old: number, checkpoint: string, proof: readonly Hash[]): string => formatAsked({ old, proof, checkpoint });

describe('checkpoints', () => {
  it('are three lines', () => {
    expect(text(5)).toBe(`${ORIGIN}\n5\n${toBase64(tree.root(5))}\n`);
    expect(parseCheckpoint(text(5))).toEqual({ origin: ORIGIN, size: 5, root: tree.root(5) });
  });

  it.each(['', 'a\n1\n', `${text(5)}more\n`, text(5).replace('\n5\n', '\n05\n'), text(5).replace('\n5\n', '\n-5\n'), text(5).replace('=\n', '\n'), `\n${text(5)}`])(
    '%j is none',
    (wrong) => expect(() => parseCheckpoint(wrong)).toThrow(Malformed),
  );

  it('must be signed by a key under their origin', () => {
    expect(openCheckpoint(note(5), [log]).signers.map((s) => s.key.id)).toEqual([log.id]);
    const stranger = newSignerKey('contract-ledger/other', ED25519);
    expect(() => openCheckpoint(`${text(5)}\n${signText(text(5), stranger)}`, [log, stranger])).toThrow(/no known key/);
  });

  it('take further signatures, each once', () => {
    const key = newSignerKey('w', COSIGNATURE);
    const line = cosignText(text(5), key, 1);
    const with_ = withSignatures(note(5), line);
    expect(withSignatures(with_, line)).toBe(with_);
    expect(openCheckpoint(with_, [log, key]).witnesses).toEqual([{ key, time: 1 }]);
  });

  it.each([
    'old 1\n',
    `old x\n\n${text(5)}`,
    `old 01\n\n${text(5)}`,
    `older 1\n\n${text(5)}`,
    `old 1\nzzz\n\n${text(5)}`,
    `old 1\n${`${toBase64(emptyRoot())}\n`.repeat(64)}\n${text(5)}`,
  ])('what is asked as %j is malformed', (wrong) => expect(() => parseAsked(wrong)).toThrow(Malformed));
});

describe('the signer of a log', () => {
  const ask = (signer: LogSigner, old: number, size: number, of: MerkleTree = tree) =>
    signer.answer('POST', '/sign', body(old, text(size, of), old <= size ? of.consistency(old, size) : []));

  it('signs what goes on from what it signed last, and keeps it before it answers', () => {
    const last = memory();
    const signer = new LogSigner([log], last);
    expect(signer.answer('GET', '/checkpoint', '').status).toBe(404);
    for (const [old, size] of [[0, 5], [5, 13], [13, 13], [13, 20]] as const) {
      const { status, body: lines } = ask(signer, old, size);
      expect(status).toBe(200);
      expect(openCheckpoint(`${text(size)}\n${lines}`, [log]).size).toBe(size);
      expect(last.note).toBe(`${text(size)}\n${lines}`);
    }
    expect(signer.answer('GET', '/checkpoint', '').body).toBe(last.note);
  });

  it('refuses everything else, and signs nothing then', () => {
    const last = memory();
    const signer = new LogSigner([log], last);
    ask(signer, 0, 13);
    const before = last.writes;
    const answers: [string, number, string?][] = [
      ['a smaller tree', ask(signer, 13, 5).status],
      ['a smaller tree as if it were the first', ask(signer, 0, 5).status],
      ['the same size with another root', ask(signer, 13, 13, other).status],
      ['a tree that does not go on from it', ask(signer, 13, 20, other).status],
      ['no proof', signer.answer('POST', '/sign', body(13, text(20), [])).status],
      ['a rewritten log from its start', ask(signer, 0, 20, other).status],
      ['another log', signer.answer('POST', '/sign', body(13, text(20).replace('0001', '0002'), tree.consistency(13, 20))).status],
      ['nonsense', signer.answer('POST', '/sign', 'sign this').status],
      ['a further line', signer.answer('POST', '/sign', body(13, `${text(20)}extra\n`, tree.consistency(13, 20))).status],
      ['another path', signer.answer('GET', '/sign', '').status],
    ];
    expect(answers.map(([, status]) => status)).toEqual([400, 409, 422, 422, 422, 409, 404, 400, 400, 404]);
    expect(last.writes).toBe(before);
    expect(ask(signer, 0, 20).body).toBe('13\n');
  });

  it('signs nothing that it cannot keep', () => {
    const broken: LastSigned = {
      read: () => null,
      write: () => {
        throw new Error('disk full');
      },
    };
    expect(() => ask(new LogSigner([log], broken), 0, 5)).toThrow('disk full');
  });

  it('goes on after a restart, also with another key beside the old one', () => {
    const last = memory();
    ask(new LogSigner([log], last), 0, 5);
    const next = newSignerKey(ORIGIN, ED25519);
    const { status, body: lines } = ask(new LogSigner([next, log], last), 5, 13);
    expect(status).toBe(200);
    for (const key of [log, next]) expect(openCheckpoint(`${text(13)}\n${lines}`, [key]).signers).toHaveLength(1);
    // The old key is gone; what both signed is known to the new one.
    expect(ask(new LogSigner([next], last), 13, 20).status).toBe(200);
    expect(() => new LogSigner([log], last)).toThrow(Malformed);
    expect(() => new LogSigner([log, newSignerKey('another', ED25519)], memory())).toThrow(/one log/);
  });
});

describe('a witness', () => {
  const key = newSignerKey('witness.example/w1', COSIGNATURE);
  const make = () => {
    const last = memory();
    return { last, witness: new Witness({ key, logs: [log], last: () => last, now: () => 1_700_000_000 }) };
  };
  const add = (w: Witness, old: number, size: number, of: MerkleTree = tree, sent = note(size, of)) =>
    w.answer('POST', '/add-checkpoint', body(old, sent, old <= size ? of.consistency(old, size) : []));

  it('cosigns, remembers, and shows what it cosigned last with both signatures', () => {
    const { witness } = make();
    const path = `/${originHash(ORIGIN)}/checkpoint`;
    expect(witness.answer('GET', path, '').status).toBe(404);
    for (const [old, size] of [[0, 5], [5, 20], [20, 20]] as const) {
      const { status, body: line } = add(witness, old, size);
      expect(status).toBe(200);
      expect(openCheckpoint(withSignatures(note(size), line), [log, key]).witnesses).toEqual([{ key, time: 1_700_000_000 }]);
    }
    const { signers, witnesses, size } = openCheckpoint(witness.answer('GET', path, '').body, [log, key]);
    expect([signers.length, witnesses.length, size]).toEqual([1, 1, 20]);
  });

  it('answers as the protocol says', () => {
    const { witness, last } = make();
    add(witness, 0, 13);
    const before = last.writes;
    const stranger = newSignerKey(ORIGIN, ED25519);
    const signed = (by: typeof log, t = text(20)): string => `${t}\n${signText(t, by)}`;
    const answers: [string, { status: number; type: string; body: string }][] = [
      ['old beyond the size', add(witness, 20, 13)],
      ['another old size', add(witness, 5, 20)],
      ['an old size of none', add(witness, 0, 20)],
      ['another log', witness.answer('POST', '/add-checkpoint', body(13, signed(newSignerKey('x', ED25519), text(20).replace(ORIGIN, 'x')), []))],
      ['a key that is not known', add(witness, 13, 20, tree, signed(stranger))],
      ['a signature that is not good', add(witness, 13, 20, tree, note(20).replace(text(20), text(20, other)))],
      ['a log that was rewritten', add(witness, 13, 20, other)],
      ['the same size with another root', add(witness, 13, 13, other)],
      ['a proof where none is due', witness.answer('POST', '/add-checkpoint', body(13, note(13), [emptyRoot()]))],
      ['no note', witness.answer('POST', '/add-checkpoint', 'old 13\n\nnothing')],
      ['a GET', witness.answer('GET', '/add-checkpoint', '')],
      ['another path', witness.answer('GET', '/', '')],
    ];
    expect(answers.map(([what, a]) => [what, a.status])).toEqual(
      answers.map(([what], i) => [what, [400, 409, 409, 404, 403, 403, 422, 422, 422, 400, 405, 404][i]]),
    );
    expect(answers[1]![1]).toEqual({ status: 409, type: 'text/x.tlog.size', body: '13\n' });
    expect(last.writes).toBe(before);
  });

  it('holds an empty tree to the empty root, and a first proof to being empty', () => {
    const { witness } = make();
    const wrong = checkpointText({ origin: ORIGIN, size: 0, root: tree.root(1) });
    const status = (sent: string, proof: readonly Hash[] = []) => witness.answer('POST', '/add-checkpoint', body(0, `${sent}\n${signText(sent, log)}`, proof)).status;
    expect([status(wrong), status(text(5), [emptyRoot()]), status(text(0)), status(text(5))]).toEqual([422, 422, 200, 200]);
  });

  it('cosigns the three lines that were sent, whoever else signed them', () => {
    const { witness, last } = make();
    const extra = withSignatures(note(5), signText(text(5), newSignerKey('somebody.else', ED25519)));
    expect(add(witness, 0, 5, tree, extra).status).toBe(200);
    expect(parseNote(last.note!).signatures.map((s) => s.name)).toEqual([ORIGIN, key.name]);
  });
});
