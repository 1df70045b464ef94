import fc from 'fast-check';
import { Webhook as Scheme } from 'standardwebhooks';
import { newSigningSecret, purposeOf, SecretBox, SecretUnreadable, signed } from './index.js';

const box = new SecretBox(new Uint8Array(32).fill(1));
const other = new SecretBox(new Uint8Array(32).fill(2));

describe('a sealed secret', () => {
  it('opens under its key and for its purpose alone', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (secret, purpose) => {
        const sealed = box.seal(secret, purpose);
        expect(box.open(sealed, purpose)).toBe(secret);
        expect(() => box.open(sealed, `${purpose}x`)).toThrow(SecretUnreadable);
        expect(() => other.open(sealed, purpose)).toThrow(`sealed under key ${box.keyId}`);
      }),
    );
  });

  it('never looks the same twice, and shows nothing of what it holds', () => {
    const secret = newSigningSecret();
    const sealed = Array.from({ length: 50 }, () => box.seal(secret, 'p'));
    expect(new Set(sealed).size).toBe(50);
    const bytes = Buffer.from(secret.slice('whsec_'.length), 'base64');
    for (const text of sealed) expect(Buffer.from(text.split('.')[2]!, 'base64url').includes(bytes)).toBe(false);
    expect(box.keyId).toMatch(/^[0-9a-f]{16}$/);
    expect(box.keyId).not.toBe(other.keyId);
  });

  it('is noticed when one bit of it is another', () => {
    const sealed = box.seal('whsec_abc', 'p');
    const [format, keyId, text] = sealed.split('.') as [string, string, string];
    const bytes = Buffer.from(text, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const altered = Buffer.from(bytes);
      altered[bit >> 3]! ^= 1 << (bit & 7);
      expect(() => box.open(`${format}.${keyId}.${altered.toString('base64url')}`, 'p')).toThrow(SecretUnreadable);
    }
    for (const wrong of ['', 'v1', `v2.${keyId}.${text}`, `v1.${keyId}.`, `v1.${keyId}.AAAA`, `${sealed}.x`]) expect(() => box.open(wrong, 'p')).toThrow(SecretUnreadable);
  });

  it('needs a key of 32 bytes', () => expect(() => new SecretBox(new Uint8Array(31))).toThrow(RangeError));

  it('is bound to its endpoint and its id', () => expect(purposeOf('w', 's')).not.toBe(purposeOf('s', 'w')));
});

describe('a signature', () => {
  const body = '{"note":"費用 ¥1 — 😀"}';
  const at = new Date();

  it("is verified by the scheme's own library, whichever of the secrets the receiver holds", () => {
    const [fresh, old, strange] = [newSigningSecret(), newSigningSecret(), newSigningSecret()] as const;
    const headers = signed('msg_1', at, body, [fresh, old]);
    for (const secret of [fresh, old]) expect(new Scheme(secret).verify(body, headers)).toEqual({ note: '費用 ¥1 — 😀' });
    expect(new Scheme(fresh).verify(Buffer.from(body, 'utf8') as never, headers)).toEqual({ note: '費用 ¥1 — 😀' });
    expect(() => new Scheme(strange).verify(body, headers)).toThrow('No matching signature');
  });

  it('does not hold for another body, id or time, or long after', () => {
    const secret = newSigningSecret();
    const headers = signed('msg_1', at, body, [secret]);
    const scheme = new Scheme(secret);
    expect(() => scheme.verify(`${body} `, headers)).toThrow('No matching signature');
    expect(() => scheme.verify(body, { ...headers, 'webhook-id': 'msg_2' })).toThrow('No matching signature');
    expect(() => scheme.verify(body, { ...headers, 'webhook-timestamp': String(Number(headers['webhook-timestamp']) + 1) })).toThrow('No matching signature');
    expect(() => scheme.verify(body, signed('msg_1', new Date(at.getTime() - 301_000), body, [secret]))).toThrow('too old');
  });

  it('is made by somebody', () => expect(() => signed('msg_1', at, body, [])).toThrow('nothing signs'));

  it('has secrets of 256 random bits', () => {
    const secrets = Array.from({ length: 100 }, newSigningSecret);
    expect(new Set(secrets).size).toBe(100);
    for (const secret of secrets) expect(Buffer.from(/^whsec_([A-Za-z0-9+/]{43}=)$/.exec(secret)![1]!, 'base64').length).toBe(32);
  });
});
