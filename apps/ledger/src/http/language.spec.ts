import { CALLS } from '../openapi/calls.js';
import { languageOf } from './language.js';
import { problemBody } from './problem.js';
import { DETAILED_CODES, PROBLEMS, detailOf } from './problem-texts.js';
import { ruleMessage, RULES, type RuleName } from './rule-texts.js';

const JAPANESE = /[\u3040-\u30ff\u4e00-\u9fff]/;

describe('the language of answers', () => {
  it.each([
    [undefined, 'en'],
    ['', 'en'],
    ['ja', 'ja'],
    ['en', 'en'],
    ['ja-JP', 'ja'],
    ['JA', 'ja'],
    ['en-US,en;q=0.9,ja;q=0.8', 'en'],
    ['en;q=0.5, ja;q=0.9', 'ja'],
    ['fr, de;q=0.9', 'en'],
    ['fr, ja;q=0.1', 'ja'],
    ['ja;q=0', 'en'],
    ['*', 'en'],
    ['ja;q=nonsense', 'en'],
    ['java', 'en'],
  ])('%s is %s', (header, language) => {
    expect(languageOf(header)).toBe(language);
  });

  it('has every title, detail and rule in both languages', () => {
    for (const [code, { title }] of Object.entries(PROBLEMS)) expect([code, JAPANESE.test(title.ja), JAPANESE.test(title.en)]).toEqual([code, true, false]);
    for (const code of DETAILED_CODES) {
      expect([code, JAPANESE.test(detailOf(code, null, {}, 'ja'))]).toEqual([code, true]);
      expect([code, JAPANESE.test(detailOf(code, null, {}, 'en'))]).toEqual([code, false]);
    }
    for (const name of Object.keys(RULES) as RuleName[]) {
      expect([name, JAPANESE.test(ruleMessage(`${name}|1|2`, 'ja'))]).toEqual([name, true]);
      expect([name, JAPANESE.test(ruleMessage(`${name}|1|2`, 'en'))]).toEqual([name, false]);
    }
    for (const [route, call] of Object.entries(CALLS)) expect([route, JAPANESE.test(call.summaryJa)]).toEqual([route, true]);
  });

  it('gives a code of its own the title of its kind', () => {
    expect(problemBody({ status: 503, code: 'starting' }, 'en')).toMatchObject({ title: 'Not available at the moment', code: 'starting', detail: 'Try again shortly.' });
    expect(problemBody({ status: 409, code: 'contract-void', violations: [] }, 'en')).toMatchObject({ title: 'Refused', violations: [] });
  });
});
