import {
  CLAUSES,
  CLAUSE_IDS,
  INTERPRETATIONS,
  PARAGRAPH_IDS,
  VIOLATION_TEXT,
  WARNING_TEXT,
  cite,
  clause,
  clausesOf,
  detail,
  isCitable,
  isClauseId,
  receipt,
  statement,
  violation,
  warningDetail,
} from './index.js';

describe('the inventory of clauses', () => {
  it('has 169, each once: 126 enforced, 41 recorded, 2 for information', () => {
    expect([CLAUSE_IDS.length, new Set(CLAUSE_IDS).size]).toEqual([169, 169]);
    expect(['M', 'R', 'I'].map((c) => CLAUSES.filter((x) => x.class === c).length)).toEqual([126, 41, 2]);
  });

  it('counts per article as the text does', () => {
    const per = new Map<string, number>();
    for (const c of CLAUSES) per.set(c.article, (per.get(c.article) ?? 0) + 1);
    expect(Object.fromEntries(per)).toEqual({
      A1: 8,
      A2: 1,
      A3: 5,
      A4: 2,
      A5: 20,
      A6: 4,
      A7: 2,
      A8: 72,
      A9: 1,
      A10: 5,
      A11: 4,
      A12: 3,
      A13: 1,
      S: 30,
      X1: 9,
      X2: 2,
    });
  });

  it('says each in Japanese and in English, and never the same twice but where the text does', () => {
    for (const c of [...CLAUSES, ...INTERPRETATIONS]) {
      expect(c.ja).toMatch(/[\u3040-\u30ff\u4e00-\u9fff].*。$/u);
      expect(c.en).toMatch(/^[A-Z].*\.$/);
    }
    expect(CLAUSES.filter((c) => CLAUSES.some((o) => o !== c && o.en === c.en)).map((c) => c.id)).toEqual(['A3-2c', 'A8-7c']);
  });

  it('N1 to N42: the decided readings, with the switch that chooses another', () => {
    expect(INTERPRETATIONS.map((n) => n.id)).toEqual(Array.from({ length: 42 }, (_, i) => `N${i + 1}`));
    expect(INTERPRETATIONS.filter((n) => n.policy !== null).map((n) => [n.id, n.policy])).toEqual([
      ['N1', 'optionTerm'],
      ['N4', 'optionExempt'],
      ['N5', 'optionExempt'],
      ['N8', 'lateDesignation'],
      ['N10', 'chainAnchor'],
      ['N11', 'storageCascade'],
      ['N17', 'minAccounts'],
      ['N18', 'prerequisiteRemoval'],
      ['N29', 'limitsScope'],
      ['N41', 'severalNotices'],
    ]);
  });

  it('states renamings from the names of the items', () => {
    expect(clause('S-R7-10-1-6').en).toBe(
      'Contracts for IT 資産管理/S concluded by 2025-09-30 go on as IT 資産管理:タイプ X; nothing but the name changes.',
    );
    expect(clause('S-R4-7-1-2').ja).toContain('2022-06-30');
  });

  it('knows what can be cited, and no more', () => {
    for (const p of PARAGRAPH_IDS) expect(clausesOf(p).length).toBeGreaterThan(1);
    expect(['A5-3', 'N18', 'A8-3', 'A3-2'].map(isCitable)).toEqual([true, true, true, true]);
    expect(['A5-21', 'N43', 'N0', 'A8-2', 'A8-2-46', '', 'toString'].map(isCitable)).toEqual(
      Array.from({ length: 7 }, () => false),
    );
    expect(isClauseId('A8-3')).toBe(false);
    expect(statement('A8-3').en).toBe('One unit of option 1 allows ten connections. There are at most four units of option 1.');
    expect(statement('N10').en).toContain('previous end');
  });

  it('does not compile where a clause that does not exist is cited', () => {
    expect(cite('A10-2')).toBe('A10-2');
    // @ts-expect-error: Art. 5 has 20 paragraphs
    expect(cite('A5-21')).toBe('A5-21');
    // @ts-expect-error: there is no such clause
    expect(violation('A99', 'made-up').clause).toBe('A99');
    expect(receipt('N10', { from: '2025-10-01' }, { chainAnchor: 'previousEnd' })).toEqual({
      clause: 'N10',
      facts: { from: '2025-10-01' },
      policy: { chainAnchor: 'previousEnd' },
    });
  });
});

describe('sentences about refusals and warnings', () => {
  it('are filled with their facts in both languages', () => {
    const v = violation('A5-11', 'prerequisite-missing', { option: 18, anyOf: [13] });
    expect(detail(v, 'en')).toBe('Option 18 needs one of option 13 in use.');
    expect(detail(v, 'ja')).toBe('オプション 18 には、オプション 13 のいずれかの利用が要る。');
    expect(
      warningDetail({ code: 'settlement', clause: 'A12-2', facts: { endsOn: '2026-10-01', amount: 1196774 } }, 'en'),
    ).toContain('1196774 yen');
  });

  it('fall back on our statement of the clause, and on the code', () => {
    expect(detail(violation('A5-12', 'no-such-code'), 'en')).toBe(clause('A5-12').en);
    expect(detail({ clause: null, code: 'no-such-code', facts: {} }, 'ja')).toBe('no-such-code');
    expect(warningDetail({ clause: 'A99', code: 'toString', facts: {} }, 'ja')).toBe('toString');
  });

  it('are there for every code in both languages', () => {
    for (const text of [...Object.values(VIOLATION_TEXT), ...Object.values(WARNING_TEXT)]) {
      const { ja, en } = text({});
      expect([ja.endsWith('。'), en.endsWith('.')]).toEqual([true, true]);
    }
  });
});
