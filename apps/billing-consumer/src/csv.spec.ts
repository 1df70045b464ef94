import { parse } from 'csv-parse/sync';
import { csv } from './csv.js';

it('is RFC 4180, and reads back as it was', () => {
  const rows = [['plain', 'a,b', 'say "so"', 'two\r\nlines', '日本'], ['', null, 0, -100, 1_000_000]] as const;
  const text = csv(['a', 'b', 'c', 'd', 'e'], rows);
  expect(text.startsWith('a,b,c,d,e\r\nplain,"a,b","say ""so""","two\r\nlines",日本\r\n')).toBe(true);
  expect(parse(text)).toEqual([['a', 'b', 'c', 'd', 'e'], ['plain', 'a,b', 'say "so"', 'two\r\nlines', '日本'], ['', '', '0', '-100', '1000000']]);
});

it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '＝1', '＋1', '－1', '＠a'])('takes the formula out of %j', (text) => {
  const [[cell]] = parse(csv(['h'], [[text]]), { from: 2, record_delimiter: '\r\n' }) as [[string]];
  expect(cell).toBe(`'${text}`);
});

it('leaves alone what is none', () => expect(csv(['h'], [["O'Brien"], ['a=1'], [-5]])).toBe("h\r\nO'Brien\r\na=1\r\n-5\r\n"));

it('begins with a byte order mark where one is asked for', () => {
  expect(csv(['h'], [], { bom: true })).toBe('\uFEFFh\r\n');
  expect(csv(['h'], [])).toBe('h\r\n');
});
