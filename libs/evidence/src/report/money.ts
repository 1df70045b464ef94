/** Settlements and charges, laid out so that a reader can compute them again. */
import { chargesThrough, consequenceKey, type Charge, type SettlementLine } from '@app/contract';
import { canonicalJson } from '@app/kernel';
import type { Yen } from '@app/money';
import { html, join, type Html } from './html.js';
import { yen, type Page } from './page.js';

/** fee × days ÷ of to three places, exactly; `…` where more would follow. */
export function quotient(fee: Yen, days: number, of: number): string {
  const [product, by] = [BigInt(fee) * BigInt(days), BigInt(of)];
  const rest = product % by;
  const whole = yen(Number(product / by));
  if (rest === 0n) return whole;
  return `${whole}.${String((rest * 1_000n) / by).padStart(3, '0')}${(rest * 1_000n) % by === 0n ? '' : '…'}`;
}

/** What the log says of a line, beside what its facts come to. */
function asRecorded(s: SettlementLine, page: Page): Html | null {
  const key = consequenceKey({ type: 'SettlementAssessed', data: { ...s, taxTreatment: 'undetermined' } });
  const written = page.state.written.get(key);
  if (written?.event.type !== 'SettlementAssessed') return null;
  const { amount, months, from, to, monthlyFee } = written.event.data;
  const same = canonicalJson({ amount, months, from, to, monthlyFee }) === canonicalJson({ amount: s.amount, months: s.months, from: s.from, to: s.to, monthlyFee: s.monthlyFee });
  const revision = page.revisionOf(written.eventId) ?? '—';
  return same ? html`<p class="small">${page.say('asRecorded', revision)}</p>` : html`<p class="flag">${page.say('recordedOtherwise', revision, yen(amount))}</p>`;
}

function lineOf(s: SettlementLine, page: Page): Html {
  const estimated = page.today <= s.dueOn;
  const head = html`<h3>${page.say('settlementOf', page.line(s.subject), s.dueOn)}</h3>${estimated ? html`<p class="flag">${page.say('estimated')}</p>` : null}${asRecorded(s, page)}`;
  const terms = html`<dl><dt>${page.say('clause')}</dt><dd>${join([s.clause, s.annex, ...(s.basis === s.clause ? [] : [s.basis])], ' · ')}</dd>${
    s.from === null ? null : html`<dt>${page.say('residual')}</dt><dd>${s.from} – ${s.to}</dd>`
  }<dt>${page.say('feeOnEnd')}</dt><dd>${yen(s.monthlyFee)}</dd>${Object.entries(s.policy).map(
    ([name, value]) => html`<dt>${name === 'rounding' ? page.say('rounding') : name === 'proration' ? page.say('proration') : name}</dt><dd>${value === 'contract' && name === 'proration' ? value : page.word(value)}</dd>`,
  )}</dl>`;
  if (s.exemption !== null) return html`${head}${terms}<p>${page.say('notDue', s.exemption)}</p>`;
  if (s.months.length === 0) return html`${head}${terms}<p>${page.say('nothingRemains')}</p>`;
  const rows = s.months.map(
    (m) =>
      html`<tr><td class="short">${m.month}</td><td class="count">${m.days}</td><td class="count">${m.of}</td><td class="yen">${yen(s.monthlyFee)}</td><td>${
        m.days === m.of ? page.say('fullMonth') : `${yen(s.monthlyFee)} × ${m.days} ÷ ${m.of} = ${quotient(s.monthlyFee, m.days, m.of)}`
      }</td><td class="yen">${yen(m.amount)}</td></tr>`,
  );
  return html`${head}${terms}<table><thead><tr><th>${page.say('month')}</th><th>${page.say('days')}</th><th>${page.say('ofDays')}</th><th>${page.say('fee')}</th><th>${page.say('exact')}</th><th>${page.say('amount')}</th></tr></thead><tbody>${rows}<tr class="sum"><td colspan="5">${page.say('total')}</td><td class="yen">${yen(s.amount)}</td></tr></tbody></table>`;
}

export function settlements(page: Page): Html {
  const lines = page.life?.settlements ?? [];
  return html`<h2>${page.say('settlements')}</h2>${lines.length === 0 ? html`<p>${page.say('none')}</p>` : [...lines.map((s) => lineOf(s, page)), html`<p class="small">${page.say('taxNote')}</p>`]}`;
}

function chargeRow(c: Charge, page: Page): Html {
  const parts = c.parts === undefined ? '' : c.parts.map((p) => `${p.from} – ${p.to} (${p.days}/${p.of}): ${yen(p.amount)}`).join(' · ');
  const amount = c.amount === null ? html`<i>${page.say('awaiting')}</i>` : html`${yen(c.amount)}`;
  return html`<tr><td class="short">${c.dueOn}</td><td>${page.word(c.kind)}${c.month ? ` ${c.month}` : ''}</td><td>${page.line(c.subject)}${parts === '' ? null : html`<br><span class="small">${parts}</span>`}</td><td>${c.clause}</td><td class="yen">${
    c.voidedBy === undefined ? amount : html`<s>${amount}</s> ${page.say('chargeVoided', c.voidedBy.split(' ', 1)[0]!)}`
  }</td></tr>`;
}

export function charges(page: Page): Html {
  const all = page.life ? chargesThrough(page.life, page.today) : [];
  const total = all.reduce((sum, c) => sum + (c.voidedBy === undefined ? BigInt(c.amount ?? 0) : 0n), 0n);
  return html`<h2>${page.say('charges')}</h2><p class="small">${page.say('throughDay', page.today)}</p>${
    all.length === 0
      ? html`<p>${page.say('none')}</p>`
      : html`<table><thead><tr><th>${page.say('dueOn')}</th><th>${page.say('kind')}</th><th>${page.say('subject')}</th><th>${page.say('clause')}</th><th>${page.say('amount')}</th></tr></thead><tbody>${all.map((c) => chargeRow(c, page))}<tr class="sum"><td colspan="4">${page.say('total')}</td><td class="yen">${yen(Number(total))}</td></tr></tbody></table>`
  }`;
}

