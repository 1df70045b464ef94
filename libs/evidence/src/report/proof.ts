import { limitsOf } from '../limits.js';
import { html, type Html } from './html.js';
import type { Page } from './page.js';

/** What was checked, against which keys, and with what result. */
export function proof(page: Page): Html {
  const { report, pack } = page;
  const { checkpoint } = report;
  const how = page.say(report.keys === 'given' ? 'proofGiven' : report.keys === 'pack' ? 'proofOwn' : 'proofNone');
  const all = pack.events.length + pack.related.length;
  return html`<h2>${page.say('proof')}</h2><p${report.ok && report.unsigned === 0 ? null : classWarn}>${how} <b>${page.say(report.ok ? 'good' : 'bad')}</b></p>${
    report.findings.length === 0 ? null : html`<ul class="flag">${report.findings.map((f) => html`<li>${f.kind} · ${f.at}: ${f.detail}</li>`)}</ul>`
  }${report.notes.length === 0 ? null : html`<p class="small">${page.say('otherWords')}</p>`}<dl><dt>${page.say('provedEvents')}</dt><dd>${page.say('ofAll', report.proved, all)}</dd><dt>${page.label('contractId')}</dt><dd>${page.say('through', report.through ?? '—')}</dd>${
    checkpoint
      ? html`<dt>${page.say('checkpoint')}</dt><dd>${checkpoint.origin}</dd><dt>${page.say('size')}</dt><dd>${checkpoint.size}</dd><dt>${page.say('root')}</dt><dd class="mono">${checkpoint.root}</dd><dt>${page.say('signatures')}</dt><dd>${checkpoint.signers.map((s) => html`${s.name} (${s.id})<br>`)}</dd><dt>${page.say('witnesses')}</dt><dd>${
          checkpoint.witnesses.length === 0 ? page.say('none') : checkpoint.witnesses.map((w) => html`${w.name} (${w.id}), ${w.at}<br>`)
        }</dd>`
      : null
  }<dt>${page.say('keys')}</dt><dd class="mono">${[...pack.keys.log, ...pack.keys.witnesses].map((k) => html`${k}<br>`)}</dd><dt>${page.say('digest')}</dt><dd class="mono">${pack.digest}</dd></dl>${
    pack.checkpoint === null ? null : html`<pre>${pack.checkpoint}</pre>`
  }`;
}

const classWarn = html` class="warn"`;

/** In words of ours: those that the pack brings are not signed. */
export function limits(page: Page): Html {
  return html`<h2>${page.say('limits')}</h2><ul>${limitsOf(page.pack).map((l) => html`<li>${l[page.lang]}</li>`)}</ul>`;
}
