import { silenceOf } from './silence.js';
import { day, TestLedger } from './testing/ledger.js';

const statement = (ledger: TestLedger, contractId: string, term: number) =>
  silenceOf(ledger.log.filter((e) => e.stream === `contract-${contractId}`), { contractId, subject: 'base', term }, { today: ledger.today, holidays: null, discontinuations: [] })!.statement;

describe('what is said of a deadline that passed without a notice', () => {
  test('names the revision that the renewal was decided on', () => {
    const ledger = new TestLedger();
    const contractId = ledger.contract('punctual', { item: 'X', billingStartsOn: '2025-10-01' });
    ledger.today = day('2026-10-01');
    ledger.must(contractId, { name: 'RecordDue', through: ledger.today });
    expect(statement(ledger, contractId, 1)).toMatchObject({ en: expect.stringMatching(/on revision 1 of the contract/), ja: expect.stringContaining('契約の版 1 に基づき') });
  });

  test('names none where the term had passed when the contract was recorded', () => {
    const ledger = new TestLedger();
    ledger.today = day('2027-01-01');
    const contractId = ledger.contract('late', { item: 'X', billingStartsOn: '2025-10-01' });
    const said = statement(ledger, contractId, 1);
    expect(said).toMatchObject({ en: expect.stringMatching(/Decided on 2027-01-01 together with the recording of the acceptance, recorded at/), ja: expect.stringContaining('契約の承諾の記録と同時に、帳簿日 2027-01-01 に判定し') });
    expect(`${said.en}${said.ja}`).not.toContain('-1 ');
  });
});
