/** The contract's life: every event in order, and the clauses that decided it. */
import { isCitable, statement } from '@app/agreement';
import { canonicalJson, type Receipt } from '@app/kernel';
import type { PackedEvent, ProvedEvent } from '../pack.js';
import { html, join, type Html } from './html.js';
import { yen, type Page } from './page.js';
import { EVENT_WORDS, inLang, ROLE_WORDS } from './words.js';

/** Told in a section of its own. */
const ELSEWHERE = new Set(['policies', 'months', 'append']);

export const eventWord = (type: string, page: Page): string => (Object.hasOwn(EVENT_WORDS, type) ? inLang(EVENT_WORDS[type as keyof typeof EVENT_WORDS], page.lang) : type);

/** What became of facts and consequences later: event id → revision that struck or undid it. */
function undoings(page: Page): { readonly struck: ReadonlyMap<string, number>; readonly undone: ReadonlyMap<string, number> } {
  const struck = new Map<string, number>();
  const undone = new Map<string, number>();
  for (const { event } of page.pack.events) {
    const { strikes, undoes } = event.data as { readonly strikes?: unknown; readonly undoes?: unknown };
    if (Array.isArray(strikes)) for (const id of strikes as string[]) struck.set(id, event.revision);
    if (typeof undoes === 'string') undone.set(undoes, event.revision);
  }
  return { struck, undone };
}

/** Our statement of what a receipt cites. The pack's own is not signed, so it is shown only where this build has none. */
function stated(clause: string, page: Page): string {
  return isCitable(clause) ? statement(clause)[page.lang] : (page.pack.clauses.find((c) => c.id === clause)?.[page.lang] ?? '');
}

function receiptOf(receipt: Receipt, page: Page): Html {
  const policy = Object.entries(receipt.policy ?? {}).map(([name, value]) => `${name} = ${typeof value === 'string' ? value : canonicalJson(value)}`);
  return html`<div class="why"><p><span class="clause">${receipt.clause}</span> ${stated(receipt.clause, page)}</p>${page.facts(receipt.facts)}${
    policy.length > 0 ? html`<p class="small">${page.say('policy')}: ${join(policy, ', ')}</p>` : null
  }</div>`;
}

function asked({ metadata }: PackedEvent, page: Page): Html {
  const { actor, command, channel, reason, document, approval } = metadata;
  const who = (subject: string, role: string): string => `${subject} (${Object.hasOwn(ROLE_WORDS, role) ? inLang(ROLE_WORDS[role]!, page.lang) : role})`;
  return html`<dl class="small"><dt>${page.say('recordedAt')}</dt><dd>${metadata.recordedAt}</dd><dt>${page.say('actor')}</dt><dd>${who(actor.subject, actor.role)}</dd><dt>${page.say('command')}</dt><dd>${command}</dd>${
    channel === undefined ? null : html`<dt>${page.say('channel')}</dt><dd>${channel}</dd>`
  }${reason ? html`<dt>${page.label('reason')}</dt><dd>${page.text(reason)}</dd>` : null}${document ? html`<dt>${page.label('document')}</dt><dd>${page.text(document)}</dd>` : null}${
    approval ? html`<dt>${page.say('approvedBy')}</dt><dd>${who(approval.decidedBy.subject, approval.decidedBy.role)}: ${page.text(approval.reason)}</dd>` : null
  }<dt>${page.say('agreement')}</dt><dd>${metadata.agreement.revision}</dd></dl>`;
}

interface Marks {
  readonly title: string;
  readonly undone: string | null;
}

function eventOf({ event, proof }: ProvedEvent, page: Page, { title, undone }: Marks): Html {
  return html`<div class="event${undone === null ? '' : ' undone'}"><h3>${title} · ${event.metadata.businessDate} · ${eventWord(event.type, page)}</h3>${
    undone === null ? null : html`<p class="flag">${undone}</p>`
  }${proof === null ? html`<p class="flag">${page.say('unsignedEvent')}</p>` : null}${page.facts(event.data, ELSEWHERE)}${monthsOf(event)}${asked(event, page)}${
    event.metadata.receipts.length > 0 ? html`<p><b>${page.say('why')}</b></p>${event.metadata.receipts.map((r) => receiptOf(r, page))}` : null
  }</div>`;
}

/** The months that a settlement was recorded with. */
function monthsOf({ data }: PackedEvent): Html | null {
  const months = data['months'];
  if (!Array.isArray(months) || months.length === 0) return null;
  const rows = months as unknown as readonly { readonly month: string; readonly days: number; readonly of: number; readonly amount: number }[];
  return html`<p class="small">${join(rows.map((m) => `${m.month} ${m.days}/${m.of}: ${yen(m.amount)}`), ' · ')}</p>`;
}

export function timeline(page: Page): Html {
  const { struck, undone } = undoings(page);
  const marks = (e: PackedEvent): Marks => ({
    title: `${page.say('revision')} ${e.revision}`,
    undone: struck.has(e.id) ? page.say('struckBy', struck.get(e.id)!) : undone.has(e.id) ? page.say('undoneBy', undone.get(e.id)!) : null,
  });
  const { events, related } = page.pack;
  return html`<h2>${page.say('timeline')}</h2><p class="small">${page.say('statementsOwn')}</p>${events.map((row) => eventOf(row, page, marks(row.event)))}${
    related.length === 0 ? null : html`<h3>${page.say('relatedEvents')}</h3>${related.map((row) => eventOf(row, page, { title: `${row.event.stream.split('-', 1)[0]!} ${row.event.revision}`, undone: null }))}`
  }`;
}
