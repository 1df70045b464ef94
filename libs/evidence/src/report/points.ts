/** Notices with their deadlines and effect, and what is still open. */
import { addDays } from '@app/calendar';
import { consequenceKey, pending, periodAt, subjectOf, type Life, type Notice } from '@app/contract';
import { html, type Html } from './html.js';
import type { Page } from './page.js';
import { eventWord } from './timeline.js';

function noticeRow(n: Notice, page: Page): Html {
  const { status, rule, endsOn, thirtiethDay, timely, noticeDeadline } = n.effect;
  return html`<tr><td>${page.line(n.subject)}</td><td class="short">${n.arrivedOn}</td><td class="short">${n.designatedOn ?? '—'}</td><td class="short">${thirtiethDay}</td><td class="short">${noticeDeadline ?? '—'}</td><td>${timely === null ? '—' : page.say(timely ? 'yes' : 'no')}</td><td>${page.word(status)}${
    rule === null ? '' : ` (${page.word(rule)})`
  }</td><td class="short">${endsOn ?? '—'}</td></tr>`;
}

export function notices(page: Page): Html {
  const all = page.life?.notices ?? [];
  return html`<h2>${page.say('notices')}</h2>${
    all.length === 0
      ? html`<p>${page.say('none')}</p>`
      : html`<table><thead><tr><th>${page.say('subject')}</th><th>${page.say('arrived')}</th><th>${page.say('designated')}</th><th>${page.say('thirtieth')}</th><th>${page.say('deadline')}</th><th>${page.say('timely')}</th><th>${page.say('effect')}</th><th>${page.say('endsOn')}</th></tr></thead><tbody>${all.map((n) => noticeRow(n, page))}</tbody></table>`
  }`;
}

/** What has not come to rest: amounts, deadlines, devices, consequences to come. */
function openPoints(life: Life, page: Page): string[] {
  const out: string[] = [];
  for (const c of life.oneOffs)
    if (c.amount === null && c.voidedBy === undefined && c.dueOn <= page.today) out.push(page.say('amountMissing', page.line(c.subject), page.word(c.kind), c.dueOn));
  for (const line of [life.base, ...life.options]) {
    if (line.voided || line.end) continue;
    const t = periodAt(line, page.today, life.policies);
    if (t && page.today <= t.endsOn) out.push(page.say('noDeadlinePassed', page.line(line.subject), t.noticeDeadline, addDays(t.endsOn, 1)));
  }
  for (const d of life.devices) {
    if (d.returnDueOn !== null && d.returnedOn === null && (d.deemedLostOn === null || page.today < d.deemedLostOn)) out.push(page.say('devicesOut', page.line(d.optionId), d.returnDueOn));
    for (const f of d.faults) if (f.replacementArrivedOn === null) out.push(page.say('replacementOut', page.line(d.optionId), f.occurredOn));
  }
  for (const { on, event } of pending(life, (e) => page.state.written.has(consequenceKey(e)))) {
    if (event.type === 'Renewed') continue;
    const what = `${eventWord(event.type, page)} (${page.line(subjectOf(event))})`;
    out.push(on === null ? page.say('dueNow', what) : page.say('nextDue', on, what));
  }
  return out;
}

export function open(page: Page): Html {
  const points = page.life ? openPoints(page.life, page) : [];
  return html`<h2>${page.say('open')}</h2>${points.length === 0 ? html`<p>${page.say('none')}</p>` : html`<ul>${points.map((p) => html`<li>${p}</li>`)}</ul>`}`;
}
