/** The evidence of a contract for people: one page of HTML that prints well and loads nothing. */
import type { Lang } from '@app/agreement';
import { amountOn, minimumEnd, periodAt, valueAt, type Contracted, type Line } from '@app/contract';
import type { TextRef } from '@app/kernel';
import { limitsOf } from '../limits.js';
import type { EvidencePack } from '../pack.js';
import type { PackReport } from '../verify.js';
import { Html, html, join } from './html.js';
import { charges, settlements } from './money.js';
import { Page, yen } from './page.js';
import { notices, open } from './points.js';
import { limits, proof } from './proof.js';
import { REPORT_CSP, STYLE } from './style.js';
import { timeline } from './timeline.js';

export { REPORT_CSP } from './style.js';

/**
 * The same pack, verification and language make the same bytes.
 * @throws events that no contract can have, as somebody who signs for himself could put into a pack
 */
export function renderReport(pack: EvidencePack, verified: PackReport, lang: Lang): string {
  const page = new Page(pack, verified, lang);
  const title = `${page.say('title')} ${pack.contractId}`;
  const body = [summary(page), timeline(page), settlements(page), charges(page), notices(page), open(page), proof(page), limits(page)];
  return `<!doctype html>\n${
    html`<html lang="${lang}"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${REPORT_CSP}"><meta name="viewport" content="width=device-width"><title>${title}</title><style>${new Html(STYLE)}</style></head><body>${body}</body></html>`.text
  }\n`;
}

function statusOf({ acceptedOn, billingStartsOn, end }: Line, page: Page): string {
  if (end) return page.say(page.today > end.on ? 'ended' : 'cancelling');
  return page.say(page.today < acceptedOn || page.today < billingStartsOn ? 'acceptedState' : 'active');
}

/** A line that has ended stays as it was on its last day. */
const dayOf = (line: Line, page: Page): Page['today'] => (line.end && page.today > line.end.on ? line.end.on : page.today);

function periodOf(line: Line, page: Page): string {
  const minimum = minimumEnd(line);
  if (minimum !== null) return page.say('minimumUntil', minimum);
  const t = page.life && periodAt(line, dayOf(line, page), page.life.policies);
  return t ? page.say('termOf', t.index, t.startsOn, t.endsOn, t.noticeDeadline) : page.say('noPeriod');
}

function endOf(line: Line, page: Page): string {
  return line.end ? `${line.end.on} (${page.word(line.end.reason)}${line.end.clause ? ` ${line.end.clause}` : ''})` : '—';
}

function contractorOf(page: Page, contractorId: string): Html {
  const name = page.opening()?.data['contractorName'];
  return html`${contractorId}${name ? html` ${page.text(name as unknown as TextRef)}` : null}`;
}

function unitOf(page: Page, managementUnitId: string): Html {
  const name = page.opening()?.data['name'];
  return html`${managementUnitId}${name ? html` ${page.text(name as unknown as TextRef)}` : null}`;
}

function summary(page: Page): Html {
  const { life, pack } = page;
  const contract = (life?.contract ?? page.state.entries.findLast((e) => e.type === 'Contracted')?.data) as Contracted | undefined;
  const row = (word: Parameters<Page['say']>[0], value: Html | string): Html => html`<dt>${page.say(word)}</dt><dd>${value}</dd>`;
  const head = html`<h1>${page.say('title')}</h1><dl>${row('contract', pack.contractId)}${row('asOf', pack.made.on)}${row('made', pack.made.at)}</dl>${page.report.ok ? null : html`<p class="warn flag">${page.say('bad')}</p>`}${
    pack.checkpoint === null ? html`<p class="warn flag">${limitsOf(pack).find((l) => l.code === 'unsigned')?.[page.lang] ?? page.say('proofNone')}</p>` : null
  }<h2>${page.say('summary')}</h2>`;
  if (!contract) return head;
  const common = html`${row('contractor', contractorOf(page, contract.contractorId))}${row('unit', unitOf(page, contract.managementUnitId))}${row('item', `${contract.item} ${contract.itemName}`)}${row('application', contract.applicationNumber)}${row('accepted', contract.acceptedOn)}${row('billing', contract.billingStartsOn)}`;
  const policies = row('policies', join(Object.entries(contract.policies).map(([name, value]) => `${name} = ${value}`), ', '));
  if (!life) return html`${head}<dl>${common}${row('status', page.say('voided'))}${policies}</dl><p>${page.say('voidedContract')}</p>`;
  const { base } = life;
  const day = dayOf(base, page);
  return html`${head}<dl>${common}${row('status', statusOf(base, page))}${row('accounts', String(valueAt(base.counts!, day)))}${row('monthly', yen(amountOn(base, day)))}${row('period', periodOf(base, page))}${row('end', endOf(base, page))}${policies}</dl>${optionTable(page)}`;
}

function optionTable(page: Page): Html {
  const options = page.life!.options;
  if (options.length === 0) return html``;
  const rows = options.map(
    (o) =>
      html`<tr><td>${page.line(o.subject)}</td><td class="short">${o.voided ? page.say('voided') : statusOf(o, page)}</td><td class="short">${o.billingStartsOn}</td><td>${periodOf(o, page)}</td><td class="yen">${yen(amountOn(o, dayOf(o, page)))}</td><td>${endOf(o, page)}</td></tr>`,
  );
  return html`<h3>${page.say('lines')}</h3><table><thead><tr><th>${page.say('subject')}</th><th>${page.say('status')}</th><th>${page.say('billing')}</th><th>${page.say('period')}</th><th>${page.say('monthly')}</th><th>${page.say('end')}</th></tr></thead><tbody>${rows}</tbody></table>`;
}
