import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { canonicalJson, sha256Bytes } from '@app/kernel';
import { story } from '@app/testing';
import { packText, readPack, renderReport, verifyPack, type EvidencePack } from './index.js';
import { html } from './report/html.js';
import { quotient } from './report/money.js';
import { REPORT_CSP } from './report/style.js';
import { EVENT_WORDS, FACT_WORDS, PAGE_WORDS } from './report/words.js';
import { contractEvents, recordEvents, unitEvents } from '@app/contract';
import { aLedger, SIGNER, TestLedger, WITNESS, type Packing } from './testing/ledger.js';

const GIVEN = { keys: [SIGNER], witnesses: [WITNESS] };
const FROZEN = new URL('../vectors/', import.meta.url);
const LANGUAGES = ['ja', 'en'] as const;

const { ledger, story: told } = aLedger();
const render = (pack: EvidencePack, lang: 'ja' | 'en' = 'en', keys = GIVEN): string => renderReport(pack, verifyPack(Buffer.from(packText(pack)), keys), lang);
const report = (lang: 'ja' | 'en', packing?: Packing): string => render(ledger.pack(told.contractId, packing), lang);
/** What a reader sees. */
const seen = (page: string): string => page.replace(/<style>.*<\/style>/s, '').replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');

/** `EVIDENCE_VECTORS=write` writes them anew; what is frozen is what other languages are tested against. */
if (process.env['EVIDENCE_VECTORS'] === 'write') {
  const frozen = packText(ledger.pack(told.contractId));
  writeFileSync(new URL('pack.json', FROZEN), frozen);
  writeFileSync(new URL('unsigned.json', FROZEN), packText(ledger.pack(told.contractId, { signing: null, texts: false })));
  writeFileSync(new URL('keys.txt', FROZEN), `# the log's signer\n${SIGNER.vkey}\n`);
  writeFileSync(new URL('witnesses.txt', FROZEN), `# a witness\n${WITNESS.vkey}\n`);
  for (const lang of LANGUAGES) writeFileSync(new URL(`report.${lang}.html`, FROZEN), render(readPack(Buffer.from(frozen)), lang));
}
const frozenPack = readFileSync(new URL('pack.json', FROZEN));

describe('the frozen pack', () => {
  test('verifies, and so does the unsigned one', () => {
    expect(verifyPack(frozenPack, GIVEN)).toMatchObject({ ok: true, unsigned: 0, events: 21 });
    expect(verifyPack(readFileSync(new URL('unsigned.json', FROZEN)), { keys: [], witnesses: [] })).toMatchObject({ ok: true, keys: 'none', proved: 0, texts: { leftOut: true } });
  });

  test.each(LANGUAGES)('is told in %s by the same bytes as ever', (lang) => {
    expect(existsSync(new URL(`report.${lang}.html`, FROZEN))).toBe(true);
    const page = render(readPack(frozenPack), lang);
    expect(page).toBe(readFileSync(new URL(`report.${lang}.html`, FROZEN), 'utf8'));
    expect(render(readPack(frozenPack), lang)).toBe(page);
  });
});

describe('the page', () => {
  test.each(LANGUAGES)('in %s loads nothing, runs nothing, and prints on A4', (lang) => {
    const page = report(lang);
    expect(page).toMatch(/^<!doctype html>\n<html lang="(ja|en)">/);
    expect(page).not.toMatch(/<(script|link|img|iframe|object|embed|form|base)\b/i);
    expect(page).not.toMatch(/(\son\w+=|javascript:|https?:\/\/|url\(|@import| style=)/i);
    expect(page).toContain('@page { size: A4;');
    const style = /<style>(.*)<\/style>/s.exec(page)![1]!;
    expect(REPORT_CSP).toContain(`'sha256-${Buffer.from(sha256Bytes(style)).toString('base64')}'`);
    expect(REPORT_CSP).toMatch(/^default-src 'none'; /);
    expect(page).toContain(html`content="${REPORT_CSP}"`.text);
  });

  test('every open tag is closed, in order', () => {
    const stack: string[] = [];
    for (const [, end, name] of report('en').replace(/<style>.*<\/style>/s, '').matchAll(/<(\/?)([a-z0-9]+)\b[^>]*>/g)) {
      if (['meta', 'br'].includes(name!)) continue;
      if (end === '/') expect(stack.pop()).toBe(name);
      else stack.push(name!);
    }
    expect(stack).toEqual([]);
  });

  const attacks = ['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', "'; alert(1) //", '</style><script>1</script>', '&lt;b&gt;', ']]><!--'];
  test.each(attacks)('shows %s as text wherever somebody entered it', (attack) => {
    const s = story();
    s.contract({ item: 'X', billed: '2025-10-15' });
    s.terminate('2026-03-31');
    const l = new TestLedger();
    l.openUnit('unit', { kind: 'contractorName', text: attack }, attack, '2025-10-01');
    l.tell(s, { reason: attack, document: attack });
    l.record(s.contractId, attack, '2026-01-01');
    for (const lang of LANGUAGES) {
      const page = render(l.pack(s.contractId), lang);
      const shown = html`${attack}`.text;
      expect(shown).not.toMatch(/[<>"']/);
      expect(page.split(shown).length - 1).toBeGreaterThanOrEqual(5);
      expect(page.replaceAll(shown, '')).not.toContain(attack);
      expect(page.match(/<script|<img|<!--/g)).toBeNull();
    }
  });

  test('shows what an event holds as text too, whoever wrote it', () => {
    const s = story();
    s.contract({ item: 'X', billed: '2025-10-15' });
    const l = new TestLedger();
    l.tell(s);
    const pack = structuredClone(l.pack(s.contractId)) as any;
    pack.events[0].event.metadata.actor.subject = '<b>me</b>';
    pack.events[0].event.metadata.channel = '<i>mail</i>';
    pack.events[0].event.data.applicationNumber = '<u>A-1</u>';
    pack.events[0].event.metadata.receipts[0].facts['<s>'] = '<s>';
    pack.clauses[0].en = '<script>';
    expect(render(pack as EvidencePack)).not.toMatch(/<(b|i|u)>(me|mail|A-1)|<s>|<script/);
  });

  test('leaves what was entered as it is, also where it is a word of ours', () => {
    const pack = structuredClone(ledger.pack(told.contractId)) as any;
    Object.assign(pack.events[0].event.data, { applicationNumber: 'notice', contractorId: 'base' });
    const page = seen(render(pack as EvidencePack));
    expect(page).toContain(' application notice ');
    expect(page).toContain(' contractor base ');
    expect(page).toContain('standing not on the form: no effect');
  });

  test('says the same of a contract in both languages', () => {
    for (const lang of LANGUAGES) {
      const page = seen(report(lang));
      for (const fact of ['2025-10-15', 'desk-1', 'mail', '2027-02-28', 'A10-2', '株式会社テスト', '故障の届出を電話で受けた', 'N42', 'X2-1']) expect(page).toContain(fact);
      expect(page).not.toMatch(/undefined|\[object|NaN|\{\d\}/);
    }
  });

  test('has every event in order, with who, when, and each clause with our statement', () => {
    const pack = ledger.pack(told.contractId);
    const page = seen(report('en'));
    let at = 0;
    for (const { event } of pack.events) {
      const found = page.indexOf(`revision ${event.revision} · ${event.metadata.businessDate}`, at);
      expect(found).toBeGreaterThan(at);
      at = found;
      for (const r of event.metadata.receipts) expect(page).toContain(`${r.clause} ${seen(html`${pack.clauses.find((c) => c.id === r.clause)!.en}`.text)}`);
    }
    expect(page).toContain('struck by the correction at revision 6');
  });

  test('lays settlements out so that they can be computed again', () => {
    const lines = told.life.settlements.filter((s) => s.months.length > 0);
    expect(lines.length).toBeGreaterThan(1);
    const page = seen(report('en'));
    for (const s of lines) {
      expect(s.months.reduce((sum, m) => sum + m.amount, 0)).toBe(s.amount);
      for (const m of s.months.filter((x) => x.days < x.of)) expect(page).toContain(`× ${m.days} ÷ ${m.of} = ${quotient(s.monthlyFee, m.days, m.of)}`);
      expect(page).toContain(`Total ${String(s.amount).replace(/\B(?=(\d{3})+$)/g, ',')}`);
    }
    expect(page).toContain('floor (a fraction of a yen is dropped)');
  });

  test('says where what was recorded is not what the facts come to', () => {
    expect(seen(report('en'))).toContain('As recorded at revision 20');
    const broken = structuredClone(ledger.pack(told.contractId)) as any;
    const event = broken.events.findLast((r: any) => r.event.type === 'SettlementAssessed').event;
    event.data.months[0].amount--;
    event.data.amount--;
    expect(seen(render(broken as EvidencePack))).toContain(`Recorded otherwise at revision 20: ${quotient(event.data.amount, 1, 1)} yen`);
  });

  test.each([[3_200, 30, 31, '3,096.774…'], [3_100, 1, 31, '100'], [1_000, 1, 8, '125'], [1, 1, 8, '0.125'], [1, 1, 3, '0.333…'], [10 ** 12, 30, 31, '967,741,935,483.870…'], [31, 1, 4, '7.750']])('%i × %i ÷ %i = %s', (fee, days, of, said) => {
    expect(quotient(fee, days, of)).toBe(said);
  });

  test('does not show a contract that was recorded late with a revision that never was', () => {
    const pack = readPack(Buffer.from(packText(ledger.pack(told.contractId)).replaceAll(/"expectedRevision":\d+/g, '"expectedRevision":-1')));
    expect(seen(render(pack))).toContain('expected revision none (recorded with the acceptance)');
    expect(seen(render(pack, 'ja'))).toMatch(/前提とした改訂番号 なし/);
  });

  test('names what is open: amounts to be quoted, devices to come back', () => {
    const page = seen(report('en'));
    expect(page).toMatch(/6\. Open points The amount of base contract \(initial fee, 2025-10-15\) is still to be quoted/);
    expect(page).toMatch(/devices are due back on 2027-03-30/);
  });

  test('says how it was proved, and what not', () => {
    expect(seen(report('en'))).toMatch(/Checked against keys that the reader brought along\. Result: nothing differs/);
    expect(seen(render(ledger.pack(told.contractId), 'en', { keys: [], witnesses: [] }))).toContain('keys that this evidence itself names');
    expect(seen(report('en'))).toContain('That the last of them is the last one recorded is not proved here');
    expect(seen(render(ledger.pack(told.contractId, { signing: null }), 'en', { keys: [], witnesses: [] }))).toContain('UNSIGNED');
    const broken = structuredClone(ledger.pack(told.contractId)) as any;
    broken.events[2].event.metadata.actor.subject = 'desk-2';
    expect(seen(render(broken as EvidencePack))).toMatch(/Result: DIFFERENCES altered · revision 2/);
  });

  test('says what a clause is and what is not proved in its own words, whatever words the pack brings', () => {
    const forged = structuredClone(ledger.pack(told.contractId)) as any;
    for (const said of [...forged.clauses, ...forged.limits]) said.en = said.ja = 'FORGED WORDS';
    expect(verifyPack(Buffer.from(packText(forged)), GIVEN).notes).toContain('its limits are said in other words by this build');
    for (const lang of LANGUAGES) {
      const page = seen(render(forged as EvidencePack, lang));
      expect(page).not.toContain('FORGED');
      expect(page).toContain(seen(PAGE_WORDS.otherWords[lang === 'ja' ? 0 : 1]));
      expect(seen(report(lang))).not.toContain(seen(PAGE_WORDS.otherWords[lang === 'ja' ? 0 : 1]));
    }
    const bare = structuredClone(ledger.pack(told.contractId, { signing: null })) as any;
    for (const said of bare.limits) said.en = 'FORGED WORDS';
    expect(seen(render(bare as EvidencePack))).toMatch(/^(?!.*FORGED).*UNSIGNED/);
  });

  test('shows erased texts as erased, and left out ones as left out', () => {
    const { ledger: erased, story: s } = aLedger();
    erased.erase('contractorName');
    expect(seen(render(erased.pack(s.contractId), 'ja'))).toContain('契約者 contractor (消去済み)');
    expect(seen(report('ja', { texts: false }))).toContain('契約者 contractor (この文書には収めない)');
    expect(seen(report('ja', { texts: false }))).not.toContain('株式会社テスト');
  });

  test('tells a contract that counts as never concluded', () => {
    const s = story();
    const made = s.contract({ item: 'X', billed: '2025-10-15' });
    s.correct(made.eventId('Contracted'));
    const l = new TestLedger();
    l.tell(s);
    expect(seen(render(l.pack(s.contractId)))).toContain('it counts as never concluded');
  });
});

describe('words', () => {
  test('there are some for every event and every fact of the log', () => {
    const types = [...contractEvents.types, ...unitEvents.types, ...recordEvents.types];
    expect(types.filter((t) => !(t in EVENT_WORDS))).toEqual([]);
    const names = new Set<string>();
    for (const { event } of ledger.pack(told.contractId).events) for (const r of event.metadata.receipts) Object.keys(r.facts).forEach((k) => names.add(k));
    for (const file of ['contract', 'managementUnit', 'record'])
      for (const name of samples(file)) names.add(name);
    expect(names.size).toBeGreaterThan(50);
    expect([...names].filter((n) => !(n in FACT_WORDS) && !['policies', 'append', 'months'].includes(n))).toEqual([]);
  });

  test('both languages have the same places to fill', () => {
    const places = (text: string): string => [...text.matchAll(/\{\d\}/g)].map(String).sort().join();
    for (const [ja, en] of Object.values(PAGE_WORDS)) expect(places(ja)).toBe(places(en));
    for (const words of [EVENT_WORDS, FACT_WORDS]) for (const [ja, en] of Object.values(words)) expect([ja, en].every((w) => w !== '')).toBe(true);
    expect(canonicalJson(PAGE_WORDS)).toContain('証跡');
  });
});

/** Members of the frozen samples of events. */
function samples(folder: string): string[] {
  const at = new URL(`../../../test/golden/samples/${folder}/`, import.meta.url);
  return contractEvents.types
    .concat(unitEvents.types, recordEvents.types)
    .map((t) => new URL(`${t}.v1.json`, at))
    .filter((file) => existsSync(file))
    .flatMap((file) => Object.keys(JSON.parse(readFileSync(file, 'utf8')) as object));
}
