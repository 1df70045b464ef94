import { parse } from 'csv-parse/sync';
import { quarterDays, reviewCsv } from './access-review.js';

describe('the quarters', () => {
  it('have their days', () => {
    expect(['2026Q1', '2026Q2', '2026Q3', '2024Q4'].map(quarterDays)).toEqual([
      { from: '2026-01-01', to: '2026-03-31' },
      { from: '2026-04-01', to: '2026-06-30' },
      { from: '2026-07-01', to: '2026-09-30' },
      { from: '2024-10-01', to: '2024-12-31' },
    ]);
  });

  it.each(['2026', '2026Q5', '2026q1', 'Q12026', '2026Q1 '])('%s is none', (quarter) => {
    expect(() => quarterDays(quarter)).toThrow('must be a year and a quarter');
  });
});

describe('the review as a table', () => {
  const review = {
    grants: [
      { tokenId: 't1', subject: 'clerk-1', role: 'operator', label: '=HYPERLINK("http://elsewhere")', state: 'in-force', issueReason: 'asked, twice\nby "A"', revokedAt: null },
      { tokenId: 't2', subject: 'bill', role: 'billing', label: '+1', state: 'revoked', issueReason: '@cmd', revokeReason: '-2' },
    ],
    actors: [{ subject: 'oidc:a', role: 'auditor', by: 'issuer', firstOn: '2026-07-02', lastOn: '2026-07-09', days: 3 }],
  };

  it('has a row for each grant and actor, and no formula', () => {
    const rows = parse(reviewCsv(review), { columns: true, bom: true, record_delimiter: '\r\n' }) as { [column: string]: string }[];
    expect(rows.map((r) => [r['kind'], r['subject'], r['label'], r['issueReason'], r['revokeReason'], r['days']])).toEqual([
      ['grant', 'clerk-1', `'=HYPERLINK("http://elsewhere")`, 'asked, twice\nby "A"', '', ''],
      ['grant', 'bill', "'+1", "'@cmd", "'-2", ''],
      ['actor', 'oidc:a', '', '', '', '3'],
    ]);
    for (const row of rows) for (const cell of Object.values(row)) expect(cell).not.toMatch(/^[=+\-@\t\r]/);
  });
});
