import type { Lang } from '@app/agreement';
import type { PlainDate } from '@app/calendar';
import { BASE, contractEvents, fold, lifeOf, NONE, type Life, type RecordedContract, type RecordedEvent } from '@app/contract';
import type { TextRef } from '@app/kernel';
import type { Fee, Yen } from '@app/money';
import type { EvidencePack, PackedEvent, PackedText } from '../pack.js';
import { isTextRef } from '../texts.js';
import type { PackReport } from '../verify.js';
import { Html, html, join } from './html.js';
import { FACT_WORDS, inLang, PAGE_WORDS, VALUE_WORDS, type PageWord } from './words.js';

/** Members whose numbers are yen. */
const YEN = new Set(['amount', 'charge', 'initial', 'monthlyFee', 'unit', 'refund', 'total']);
/** Members that name a line: the base contract or an option. */
const SUBJECT = new Set(['subject', 'optionId', 'follow', 'optionIds']);
/** Members that name an event of the contract. */
const EVENT = new Set(['eventId', 'strikes', 'undoes', 'inPlaceOf', 'cause']);

/** Members whose texts are words of the program; in others the same word is what somebody entered. */
const WORDED = new Set(['kind', 'status', 'rule', 'reason', 'ground', 'because', 'requestedBy', 'taxTreatment']);

/** 1234567 → 1,234,567 */
export const yen = (amount: Yen): string => String(amount).replace(/\B(?=(\d{3})+$)/g, ',');

/** What every part of the report is written from. */
export class Page {
  readonly state: RecordedContract;
  /** Null once its own entry is struck without a replacement. */
  readonly life: Life | null;
  readonly today: PlainDate;
  private readonly texts: ReadonlyMap<string, PackedText> | null;
  private readonly revisions: ReadonlyMap<string, number>;

  constructor(
    readonly pack: EvidencePack,
    readonly report: PackReport,
    readonly lang: Lang,
  ) {
    const events = pack.events.map(({ event }): RecordedEvent => ({ id: event.id, type: event.type, revision: event.revision, data: contractEvents.upcast(event.type, event.metadata.schemaVersion, event.data), metadata: event.metadata }));
    this.state = fold(NONE, events) as RecordedContract;
    this.life = lifeOf(this.state, { holidays: pack.holidays && { ...pack.holidays, from: pack.holidays.from as PlainDate, to: pack.holidays.to as PlainDate, days: new Set(pack.holidays.days) } });
    this.today = pack.made.on as PlainDate;
    this.texts = pack.texts && new Map(pack.texts.map((t) => [t.ref, t]));
    this.revisions = new Map(pack.events.map(({ event }) => [event.id, event.revision]));
  }

  /** Words of the page; `{0}`, `{1}` stand for what follows. */
  say(word: PageWord, ...given: readonly (string | number)[]): string {
    return inLang(PAGE_WORDS[word], this.lang).replace(/\{(\d)\}/g, (_, n: string) => String(given[Number(n)]));
  }

  /** A word of the program in the reader's language; other texts as they are. */
  word(value: string): string {
    return Object.hasOwn(VALUE_WORDS, value) ? inLang(VALUE_WORDS[value]!, this.lang) : value;
  }

  label(name: string): string {
    return Object.hasOwn(FACT_WORDS, name) ? inLang(FACT_WORDS[name]!, this.lang) : name;
  }

  /** The base contract, or an option by its number and name. */
  line(subject: string): string {
    if (subject === BASE) return this.word(BASE);
    const entry = this.state.entries.find((e) => e.type === 'OptionAdded' && e.data.optionId === subject);
    const found = this.life?.options.find((o) => o.subject === subject);
    if (found) return `${this.label('option')} ${found.row.option} ${found.row.name}`;
    return entry?.type === 'OptionAdded' ? `${this.label('option')} ${entry.data.option}` : subject;
  }

  text(ref: TextRef): Html {
    if (this.texts === null) return html`<i>${this.say('leftOut')}</i>`;
    const found = this.texts.get(ref.ref);
    if (found?.text != null) return html`${this.lang === 'ja' ? '「' : '“'}${found.text}${this.lang === 'ja' ? '」' : '”'}`;
    return html`<i>${this.say(found?.erasedAt != null ? 'erased' : 'lost')}</i>`;
  }

  /** The text alone, for a title; null: not here. */
  plainText(ref: TextRef): string | null {
    return this.texts?.get(ref.ref)?.text ?? null;
  }

  fee(fee: Fee): Html {
    switch (fee.kind) {
      case 'fixed':
        return html`${this.word('fixed')} ${yen(fee.amount)}`;
      case 'perAccount':
        return html`${this.word('perAccount')} ${yen(fee.unit)}`;
      case 'tiered':
        return html`${this.word('tiered')} ${join(fee.tiers.map((t) => (t.upTo === undefined ? `… ${yen(t.unit)}` : `≤ ${t.upTo}: ${yen(t.unit)}`)), ' / ')}`;
    }
  }

  /** Any value of an event or a receipt. `key`: the member it stands under. */
  value(value: unknown, key: string): Html {
    if (value === null || value === undefined) return html`—`;
    if (typeof value === 'boolean') return html`${this.say(value ? 'yes' : 'no')}`;
    // Decided in the append that began the contract: there was no revision yet.
    if (key === 'expectedRevision' && value === -1) return html`${this.say('noRevision')}`;
    if (typeof value === 'number') return html`${YEN.has(key) ? yen(value) : value}`;
    if (typeof value === 'string') return html`${this.words(value, key)}`;
    if (Array.isArray(value)) return value.length === 0 ? html`—` : join((value as unknown[]).map((v) => this.value(v, key)), this.lang === 'ja' ? '、' : '; ');
    if (isTextRef(value)) return this.text(value);
    const kind = (value as { readonly kind?: unknown }).kind;
    if (kind === 'fixed' || kind === 'perAccount' || kind === 'tiered') return this.fee(value as Fee);
    return html`(${join(Object.entries(value).map(([k, v]) => html`${this.label(k)} ${this.value(v, k)}`), this.lang === 'ja' ? '、' : ', ')})`;
  }

  private words(value: string, key: string): string {
    if (SUBJECT.has(key)) return this.line(value);
    const revision = EVENT.has(key) ? this.revisions.get(value) : undefined;
    if (revision !== undefined) return `${this.say('revision')} ${revision}`;
    return WORDED.has(key) ? this.word(value) : value;
  }

  /** Members of an object as a list of terms; those in `without` are told elsewhere. */
  facts(data: object, without: ReadonlySet<string> = new Set()): Html {
    const members = Object.entries(data).filter(([k, v]) => v !== undefined && !without.has(k));
    return members.length === 0 ? html`` : html`<dl>${members.map(([k, v]) => html`<dt>${this.label(k)}</dt><dd>${this.value(v, k)}</dd>`)}</dl>`;
  }

  revisionOf(eventId: string): number | null {
    return this.revisions.get(eventId) ?? null;
  }

  opening(): PackedEvent | null {
    return this.pack.related.find((r) => r.event.type === 'ManagementUnitOpened')?.event ?? null;
  }
}
