import {
  COSIGNATURE,
  cosignText,
  ED25519,
  Malformed,
  newSignerKey,
  parseNote,
  parseSignerKey,
  parseVerifierKey,
  signersOf,
  signText,
} from './index.js';

// Of the format's own document and of its first implementation.
const FOO = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
const FOO_NOTE = 'This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n';
const NEUMANN = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const NEUMANN_SECRET = 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz';
const NEUMANN_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const NEUMANN_LINE = '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';

describe('signed notes', () => {
  it('of others verify, and their keys are read as they are written', () => {
    expect(signersOf(parseNote(FOO_NOTE), [parseVerifierKey(FOO)]).map((s) => s.key.vkey)).toEqual([FOO]);
    const key = parseSignerKey(NEUMANN_SECRET);
    expect([key.vkey, key.skey]).toEqual([NEUMANN, NEUMANN_SECRET]);
    expect(signText(NEUMANN_TEXT, key)).toBe(NEUMANN_LINE);
  });

  it('are good only as they were signed', () => {
    const key = parseVerifierKey(FOO);
    expect(() => signersOf(parseNote(FOO_NOTE.replace('example message', 'Example message')), [key])).toThrow(Malformed);
    expect(() => signersOf(parseNote(FOO_NOTE.replace('Uw2QOkn8', 'Uw2QOkn9')), [key])).toThrow(/is not good/);
    // Another id is another key's signature, and nobody knows it.
    expect(signersOf(parseNote(FOO_NOTE.replace('Uw2Q', 'Vw2Q')), [key])).toEqual([]);
    expect(signersOf(parseNote(FOO_NOTE), [parseVerifierKey(NEUMANN)])).toEqual([]);
  });

  it('carry signatures of several keys, each told once', () => {
    const [a, b] = [newSignerKey('log', ED25519), newSignerKey('log', ED25519)];
    const text = 'x\n\ny\n';
    const note = parseNote(`${text}\n${signText(text, a)}${signText(text, b)}${signText(text, a)}`);
    expect(note.text).toBe(text);
    expect(signersOf(note, [a, b]).map((s) => s.key.id)).toEqual([a.id, b.id]);
  });

  it('are cosigned with a time, which is signed too', () => {
    const key = newSignerKey('witness.example/w1', COSIGNATURE);
    const text = 'log\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n';
    const line = cosignText(text, key, 1_679_315_147);
    expect(signersOf(parseNote(`${text}\n${line}`), [key])).toEqual([{ key, time: 1_679_315_147 }]);
    const bytes = Buffer.from(line.split(' ')[2]!, 'base64');
    bytes[11]! ^= 1;
    expect(() => signersOf(parseNote(`${text}\n— ${key.name} ${bytes.toString('base64')}\n`), [key])).toThrow(/is not good/);
    expect(() => signText(text, key)).toThrow(TypeError);
  });

  it.each([
    ['no signatures', 'text\n'],
    ['a signature without its line end', FOO_NOTE.slice(0, -1)],
    ['a control character', FOO_NOTE.replace('an', 'an\t')],
    ['a dash of another kind', FOO_NOTE.replace('—', '-')],
    ['base64 of two ways', FOO_NOTE.replace('yaQM=', 'yaQN=')],
  ])('with %s are malformed', (_, note) => expect(() => parseNote(note)).toThrow(Malformed));

  it.each([
    ['another id', FOO.replace('530d903a', '530d903b')],
    ['a kind that is not known', FOO.replace('+Aeky', '+Beky')],
    ['too few bytes', `${FOO.slice(0, -4)}`],
    ['no parts', 'example.com/foo'],
    ['a secret key', NEUMANN_SECRET],
  ])('a key with %s is refused', (_, key) => expect(() => parseVerifierKey(key)).toThrow(Malformed));

  it('a secret key that does not fit never shows itself', () => {
    const wrong = NEUMANN_SECRET.replace('c74f20a3', 'c74f20a4');
    expect(() => parseSignerKey(wrong)).toThrow(Malformed);
    try {
      parseSignerKey(wrong);
    } catch (error) {
      expect((error as Error).message).not.toContain('AYEKFALV');
    }
  });

  it.each(['', 'a b', 'a+b', 'a\u3000b', 'a\n'])('"%s" names no key', (name) => expect(() => newSignerKey(name, ED25519)).toThrow(Malformed));
});
