import { statement } from '@app/agreement';
import { canonicalJson, sha256Hex } from '@app/kernel';
import { cosignText, parseNote, parseProof } from '@app/transparency';
import { BrokenHistory, buildPack, packText, readPack, verifyPack, type EvidencePack, type PackReport } from './index.js';
import { digestOf } from './pack.js';
import { aLedger, LEDGER, OTHER_SIGNER, SIGNER, WITNESS, type Packing } from './testing/ledger.js';

const { ledger, story, other } = aLedger();
const GIVEN = { keys: [SIGNER], witnesses: [WITNESS] };
const NONE = { keys: [], witnesses: [] };
const bytes = (pack: EvidencePack): Uint8Array => Buffer.from(packText(pack));
const pack = (packing?: Packing): EvidencePack => ledger.pack(story.contractId, packing);
/** The pack with something changed, and a digest that fits again, as whoever changes it would make it. */
function changed(change: (pack: { -readonly [K in keyof EvidencePack]: any }) => void, packing?: Packing): EvidencePack {
  const copy = structuredClone(pack(packing)) as any;
  change(copy);
  return { ...copy, digest: digestOf(copy) };
}
const kinds = (r: PackReport): string[] => r.findings.map((f) => f.kind);

describe('a pack', () => {
  const whole = pack();
  const text = packText(whole);

  test('is canonical JSON whose digest fits, and reads back as it was', () => {
    expect(canonicalJson(JSON.parse(text))).toBe(text);
    const { digest, ...rest } = whole;
    expect(digest).toBe(sha256Hex(canonicalJson(rest)));
    expect(readPack(Buffer.from(text))).toEqual(JSON.parse(text));
  });

  test('holds each event of the contract with its leaf byte for byte, and a proof of each', () => {
    const own = ledger.log.filter((e) => e.stream === `contract-${story.contractId}`);
    expect(own.map((e) => e.type)).toEqual([
      'Contracted', 'LicensorTermsAgreed', 'OptionAdded', 'OptionAdded', 'OptionAdded', 'AccountCountChanged', 'Corrected', 'AccountCountChanged', 'ExcessDetected', 'DeviceFaultReported', 'ReplacementArrived',
      'Renewed', 'Renewed', 'CancellationNotified', 'CancellationNotified', 'OptionEnded', 'OptionEnded', 'OptionEnded', 'Ended', 'SettlementAssessed', 'SettlementAssessed',
    ]);
    expect(whole.events.map((e) => e.event.id)).toEqual(own.map((e) => e.id));
    own.forEach((e, i) => {
      expect(canonicalJson(whole.events[i]!.event.data)).toBe(e.rawData);
      expect(canonicalJson(whole.events[i]!.event.metadata)).toBe(e.rawMetadata);
      expect(parseProof(whole.events[i]!.proof!).index).toBe(ledger.log.indexOf(e));
    });
  });

  test('holds of other streams what concerns this contract alone', () => {
    expect(whole.related.map((r) => r.event.type)).toEqual(['ManagementUnitOpened', 'ItemHeld', 'FactRecorded']);
  });

  test('reveals nothing of others: no events, ids, names', () => {
    const others = [other.contractId, 'unit-of-another', 'OTHER-7', '別の', ...ledger.log.filter((e) => !text.includes(`"id":"${e.id}"`)).map((e) => e.id), ...[...ledger.texts.values()].filter((t) => t.text?.startsWith('別')).map((t) => t.salt!)];
    expect(others.length).toBeGreaterThan(8);
    expect(others.filter((o) => text.includes(o))).toEqual([]);
    for (const e of ledger.log) expect(text.includes(`"id":"${e.id}"`)).toBe(e.rawData.includes(story.contractId) || e.stream === `contract-${story.contractId}` || (e.stream === 'managementUnit-unit' && e.type === 'ManagementUnitOpened'));
  });

  test('states every clause that its events cite', () => {
    const cited = new Set([...whole.events, ...whole.related].flatMap((r) => r.event.metadata.receipts.map((x) => x.clause)));
    expect(cited.size).toBeGreaterThan(15);
    for (const id of cited) expect(whole.clauses).toContainEqual({ id, en: statement(id as 'A4-2').en, ja: statement(id as 'A4-2').ja });
    // The policies that decided have their readings; the revision in force is there.
    expect(whole.clauses.map((c) => c.id)).toEqual(expect.arrayContaining(['N10', 'N1', whole.events[0]!.event.metadata.agreement.revision]));
  });

  test('says what it does not prove', () => {
    expect(whole.limits.map((l) => l.code)).toEqual(['last', 'related', 'unlogged', 'statements', 'truth']);
    expect(pack({ signing: null }).limits.map((l) => l.code)).toContain('unsigned');
    expect(pack({ signing: { witnesses: [] } }).limits.map((l) => l.code)).toContain('unwitnessed');
    expect(pack({ upTo: 8 }).limits.map((l) => l.code)).toContain('tail');
    expect(pack({ texts: false }).limits.map((l) => l.code)).toContain('textsLeftOut');
  });

  test('is not made of a history with a gap, of another stream, of none, or of bytes that are not canonical', () => {
    const input = ledger.input(story.contractId);
    const events = [...input.events];
    const swapped = [...events.slice(0, 2), events[3]!, events[2]!, ...events.slice(4)];
    for (const [broken, why] of [
      [events.toSpliced(3, 1), /revision 4 .*: revision 3 was to come next/],
      [swapped, /revision 2 was to come next/],
      [events.toSpliced(0, 1), /revision 0 was to come next/],
      [[...events, { ...events[0]!, revision: events.length, stream: `contract-${other.contractId}` }], /it is of contract-/],
      [events.with(1, { ...events[1]!, rawData: events[1]!.rawData.replace(':', ': ') }), /not stored as canonical JSON/],
      [[], /it has no events/],
    ] as const)
      expect(() => buildPack({ ...input, events: broken })).toThrow(why);
    expect(() => buildPack({ ...input, events: events.toSpliced(3, 1) })).toThrow(BrokenHistory);
  });

  test('is not made with a text that the event did not commit to', () => {
    const input = ledger.input(story.contractId);
    expect(() => buildPack({ ...input, textsOf: (refs) => input.textsOf!(refs).map((t) => (t.kind === 'contractorName' ? { ...t, text: 'somebody else' } : t)) })).toThrow(/not the text that the event committed to/);
  });

  test('takes the table of holidays along only where the contract reckons with it', () => {
    const holidays = { name: 'test', from: '2026-01-01', to: '2026-12-31', days: ['2026-01-01'] };
    expect(buildPack({ ...ledger.input(story.contractId), holidays }).holidays).toBeNull();
  });
});

describe('verification', () => {
  test('of a whole pack, with keys and witness', () => {
    const r = verifyPack(bytes(pack()), GIVEN);
    const all = r.events + r.related;
    expect(r).toMatchObject({ ok: true, findings: [], first: null, notes: [], keys: 'given', ledgerId: LEDGER, contractId: story.contractId, related: 3, proved: all, unsigned: 0, through: r.events - 1, texts: { erased: 0, leftOut: false } });
    expect(r.checkpoint).toMatchObject({ size: ledger.log.length, signers: [{ id: SIGNER.id }], witnesses: [{ name: 'witness.example/w1', at: '2026-09-21T14:13:20.000Z' }] });
    expect(r.notExcluded).toEqual([expect.stringMatching(/^later events: that revision \d+ is the last/)]);
  });

  test('without keys says that a forgery is not excluded', () => {
    const r = verifyPack(bytes(pack()), NONE);
    expect(r).toMatchObject({ ok: true, keys: 'pack' });
    expect(r.notExcluded).toEqual([expect.stringMatching(/^later/), expect.stringMatching(/^forgery/), expect.stringMatching(/^a log rewritten/)]);
    // A forger makes it all anew under a key of his own.
    const forged = bytes(pack({ signing: { keys: [OTHER_SIGNER], witnesses: [] } }));
    expect(verifyPack(forged, NONE).ok).toBe(true);
    expect(verifyPack(forged, GIVEN).findings.map((f) => f.detail)).toEqual([expect.stringMatching(/no known key/)]);
  });

  test('with another key, a witness that did not cosign, or nothing signed: told', () => {
    expect(kinds(verifyPack(bytes(pack()), { keys: [OTHER_SIGNER], witnesses: [] }))).toEqual(['signature']);
    expect(kinds(verifyPack(bytes(pack({ signing: { witnesses: [] } })), GIVEN))).toEqual(['witness']);
    const unsigned = bytes(pack({ signing: null }));
    expect(verifyPack(unsigned, NONE)).toMatchObject({ ok: true, keys: 'none', checkpoint: null, proved: 0 });
    expect(verifyPack(unsigned, NONE).notExcluded).toContain('alteration of any event: the pack is unsigned');
    expect(kinds(verifyPack(unsigned, GIVEN))).toEqual(['checkpoint', 'witness']);
  });

  test('of a witness that says a time beyond all calendars', () => {
    const text = ledger.checkpoint(ledger.log.length, { witnesses: [] });
    const late = text + cosignText(parseNote(text).text, WITNESS, Number.MAX_SAFE_INTEGER);
    const r = verifyPack(bytes(changed((p) => {
      p.events.concat(p.related).forEach((row: any) => (row.proof = row.proof.replace(p.checkpoint, late)));
      p.checkpoint = late;
    })), GIVEN);
    expect([r.ok, r.checkpoint!.witnesses[0]!.at]).toEqual([true, `${Number.MAX_SAFE_INTEGER} s`]);
  });

  test('of events behind the checkpoint: they are counted as unsigned', () => {
    const r = verifyPack(bytes(pack({ upTo: 8 })), GIVEN);
    expect(r.ok).toBe(true);
    expect(r.unsigned).toBeGreaterThan(5);
    expect(r.notExcluded.join()).toMatch(/alteration of \d+ events that no signed checkpoint reaches/);
  });

  test.each<[string, Parameters<typeof changed>[0], string, RegExp]>([
    ['data of an event', (p) => (p.events[2].event.data.acceptedOn = '2025-11-02'), 'altered', /^revision 2 \(OptionAdded /],
    ['the actor of an event', (p) => (p.events[4].event.metadata.actor.subject = 'desk-2'), 'altered', /^revision 4 /],
    ['the salt of an event', (p) => (p.events[0].event.metadata.salt = '0'.repeat(32)), 'altered', /^revision 0 /],
    ['the position of an event', (p) => (p.events.at(-1).event.position = '9999'), 'altered', /^revision \d+ /],
    ['a unit’s event', (p) => (p.related[1].event.data.through = null), 'altered', /^managementUnit-unit revision 1 /],
    ['an event is taken out', (p) => p.events.splice(3, 1), 'missing', /^revision 4 /],
    ['the first event is taken out', (p) => p.events.splice(0, 1), 'missing', /^revision 1 /],
    ['two events are swapped', (p) => ([p.events[2], p.events[3]] = [p.events[3], p.events[2]]), 'missing', /^revision 3 /],
    ['an event is doubled', (p) => p.events.splice(3, 0, p.events[2]), 'reordered', /^revision 2 /],
    ['an event of another stream is put in', (p) => p.events.push({ ...p.related[1], event: { ...p.related[1].event, revision: p.events.length } }), 'inserted', /ItemHeld/],
    ['proofs are exchanged', (p) => ([p.events[2].proof, p.events[3].proof] = [p.events[3].proof, p.events[2].proof]), 'altered', /^revision 2 /],
    ['a proof is made nonsense', (p) => (p.events[2].proof = 'x'), 'proof', /^revision 2 /],
    ['a proof in another checkpoint', (p) => (p.events[2].proof = p.events[2].proof.replace('\n\n', '\n\nx')), 'proof', /^revision 2 /],
    ['a text', (p) => (p.texts.find((t: any) => t.kind === 'contractorName').text = '株式会社テスト2'), 'text', /contractorName/],
    ['the salt of a text', (p) => (p.texts[0].salt = '0'.repeat(32)), 'text', /^text /],
    ['a text is taken out', (p) => p.texts.shift(), 'text', /^text /],
    ['a text that is neither there nor erased', (p) => ((p.texts[0].text = null), (p.texts[0].salt = null)), 'text', /^text /],
    ['a text nobody refers to', (p) => p.texts.push({ ...p.texts[0], ref: 'x' }), 'text', /^text x/],
    ['a clause is taken out', (p) => p.clauses.shift(), 'clause', /./],
    ['a clause that nothing cites', (p) => p.clauses.push({ id: 'A1', en: '', ja: '' }), 'clause', /A1/],
    ['a table of holidays that nothing reckons with', (p) => (p.holidays = { name: 'x', from: '2026-01-01', to: '2026-12-31', days: [] }), 'holidays', /holidays/],
    ['a limit is hidden', (p) => p.limits.shift(), 'limits', /limits/],
    ['the checkpoint’s size', (p) => (p.checkpoint = p.checkpoint.replace(`\n${ledger.log.length}\n`, `\n${ledger.log.length + 1}\n`)), 'signature', /checkpoint/],
    ['the ledger', (p) => (p.ledgerId = story.contractId), 'checkpoint', /checkpoint/],
    ['the contract', (p) => (p.contractId = other.contractId), 'inserted', /^revision 0 /],
    ['a record of another contract', (p) => p.related.push({ event: { ...p.related[2].event, data: { ...p.related[2].event.data, contractId: other.contractId } }, proof: null }), 'inserted', /FactRecorded/],
  ])('names what was changed: %s', (_, change, kind, at) => {
    const r = verifyPack(bytes(changed(change)), GIVEN);
    expect(r.ok).toBe(false);
    expect(r.findings).toContainEqual(expect.objectContaining({ kind, at: expect.stringMatching(at) }));
  });

  test.each<[string, (text: string) => string | Uint8Array, RegExp]>([
    ['nothing', () => '', /is not JSON/],
    ['no JSON', (t) => t.slice(0, -1), /is not JSON/],
    ['no pack', () => '{}', /format is missing/],
    ['a list', () => '[]', /must be an object/],
    ['null', () => 'null', /must be an object/],
    ['another format', (t) => t.replace('evidence/1', 'evidence/2'), /this build knows contract-ledger-evidence\/1/],
    ['a member more', (t) => `{"extra":1,${t.slice(1)}`, /extra is not a member/],
    ['a member less', (t) => t.replace('"holidays":null,', ''), /holidays is missing/],
    ['another type of member', (t) => t.replace('"holidays":null', '"holidays":7'), /holidays must be an object/],
    ['a day that is none', (t) => t.replace(/"on":"[-0-9]{10}"\}/g, '"on":"2026-13-01"}'), /made\.on must be a date/],
    ['white space', (t) => t.replace(',', ', '), /byte \d+ the document is not canonical/],
    ['a line end', (t) => `${t}\n`, /byte \d+ the document is not canonical/],
    ['a member twice', (t) => t.replace('"holidays":null', '"holidays":null,"holidays":null'), /not canonical/],
    ['lists without end', (t) => t.replace('"holidays":null', `"holidays":${'['.repeat(200_000)}${']'.repeat(200_000)}`), /nested deeper than 64 levels/],
    ['bytes that are not UTF-8', (t) => Buffer.concat([Buffer.from(t.slice(0, 40)), Buffer.of(0xff), Buffer.from(t.slice(40))]), /is not UTF-8 at byte 40/],
  ])('of %s says so', (_, spoil, said) => {
    const r = verifyPack(Buffer.from(spoil(packText(pack()))), GIVEN);
    expect(r.ok).toBe(false);
    expect(r.findings.map((f) => `${f.at} ${f.detail}`).join('\n')).toMatch(said);
  });

  test('finds a flipped bit in any member', () => {
    const small = bytes(ledger.pack(other.contractId));
    const step = 11;
    let tried = 0;
    for (let at = 0; at < small.length; at += step, tried++) {
      const spoilt = Buffer.from(small);
      spoilt[at]! ^= 1 << (at % 8);
      const r = verifyPack(spoilt, NONE);
      if (r.ok || r.first === null) throw new Error(`a flipped bit at byte ${at} is not found`);
    }
    expect(tried).toBeGreaterThan(300);
  });
});

describe('names and free texts', () => {
  test('stand with their salts and are held to the commitments', () => {
    expect(pack().texts!.map((t) => [t.kind, t.text])).toEqual(expect.arrayContaining([['contractorName', '株式会社テスト'], ['unitName', '本社'], ['document', 'EULA 1'], ['note', '故障の届出を電話で受けた']]));
  });

  test('that were erased are shown as erased, and every proof stays good', () => {
    const { ledger: erased, story: s } = aLedger();
    erased.erase('contractorName');
    const p = erased.pack(s.contractId);
    expect(packText(p)).not.toContain('株式会社テスト');
    expect(p.limits.map((l) => l.code)).toContain('textsErased');
    expect(verifyPack(bytes(p), GIVEN)).toMatchObject({ ok: true, unsigned: 0, texts: { erased: 1 } });
  });

  test('are left out where that is asked for', () => {
    const p = pack({ texts: false });
    expect(p.texts).toBeNull();
    for (const text of ledger.texts.values()) expect(packText(p)).not.toContain(text.salt!);
    expect(verifyPack(bytes(p), GIVEN)).toMatchObject({ ok: true, texts: { leftOut: true } });
  });
});
