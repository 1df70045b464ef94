/** A whole log in memory, signed and witnessed with keys that are the same on every run, and packs made from it. */
import { tablesHash, revisionAt } from '@app/agreement';
import type { PlainDate } from '@app/calendar';
import { contractStream, recordStream, unitStream, type RecordedEvent } from '@app/contract';
import { canonicalJson, commitment, deriveId, sha256Hex, type TextRef } from '@app/kernel';
import { Story } from '@app/testing';
import { checkpointText, cosignText, eventLeaf, formatProof, MerkleTree, parseSignerKey, signText, type LoggedEvent, type SignerKey } from '@app/transparency';
import { buildPack, concernsAlone, unitsOf, type EvidencePack, type PackedText, type PackInput } from '../index.js';
import { isTextRef } from '../texts.js';

export const LEDGER = '5f0c1d2e-3a4b-5c6d-8e7f-0a1b2c3d4e5f';
export const ORIGIN = `contract-ledger/${LEDGER}`;
export const SIGNER = parseSignerKey(`PRIVATE+KEY+${ORIGIN}+ed4462bc+ARERERERERERERERERERERERERERERERERERERERERER`);
export const OTHER_SIGNER = parseSignerKey(`PRIVATE+KEY+${ORIGIN}+2585d3db+ATMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMzMz`);
export const WITNESS = parseSignerKey('PRIVATE+KEY+witness.example/w1+e0cd2864+BCIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIi');

interface Happening {
  readonly stream: string;
  readonly type: string;
  readonly id: string;
  readonly data: object;
  readonly metadata: object;
}

interface Said {
  readonly kind: string;
  readonly text: string;
}

const salted = (...parts: readonly string[]): string => sha256Hex(parts.join(' ')).slice(0, 32);

/** Streams in the order in which they were told, and the texts beside them. */
export class TestLedger {
  readonly log: LoggedEvent[] = [];
  readonly texts = new Map<string, PackedText>();
  private readonly revisions = new Map<string, number>();

  constructor() {
    this.append({ stream: 'ledger', type: 'LedgerFounded', id: deriveId('founded'), data: { ledgerId: LEDGER }, metadata: this.metadata('2025-10-01', 'Found', []) });
  }

  /** A text in the register, under a salt that is the same on every run. */
  text(kind: string, text: string, ...of: readonly string[]): TextRef {
    const [ref, salt] = [deriveId('text', kind, ...of), salted('text', kind, ...of)];
    this.texts.set(ref, { ref, kind, text, salt, erasedAt: null });
    return { ref, commitment: commitment(salt, text) };
  }

  erase(kind: string): void {
    for (const [ref, text] of this.texts) if (text.kind === kind) this.texts.set(ref, { ...text, text: null, salt: null, erasedAt: '2040-01-01T00:00:00.000Z' });
  }

  metadata(on: string, command: string, receipts: readonly object[], over: object = {}): object {
    return {
      commandId: deriveId('command', on, command), command, requestHash: sha256Hex(command), actor: { subject: 'desk-1', role: 'operator' },
      $correlationId: deriveId('correlation', on), $causationId: deriveId('cause', on), recordedAt: `${on}T03:00:00.000Z`, businessDate: on, schemaVersion: 1,
      agreement: { revision: revisionAt(on as PlainDate).clause, tables: tablesHash() }, build: '0.1.0+test', receipts, ...over,
    };
  }

  append({ stream, type, id, data, metadata }: Happening): LoggedEvent {
    const revision = (this.revisions.get(stream) ?? -1) + 1;
    this.revisions.set(stream, revision);
    const event = { stream, revision, position: String(this.log.length + 1), id, type, rawData: canonicalJson(data), rawMetadata: canonicalJson({ ...metadata, salt: salted('event', id) }) };
    this.log.push(event);
    return event;
  }

  openUnit(managementUnitId: string, contractor: Said, unit: string, on: string): void {
    const contractorId = `of-${managementUnitId}`;
    const data = { managementUnitId, contractorId, contractorName: this.text(contractor.kind, contractor.text, managementUnitId), name: this.text('unitName', unit, managementUnitId) };
    this.append({ stream: unitStream(managementUnitId), type: 'ManagementUnitOpened', id: deriveId('opened', managementUnitId), data, metadata: this.metadata(on, 'OpenManagementUnit', [{ clause: 'A4-1', facts: { managementUnitId, contractorId } }]) });
  }

  /** The unit's own word that it holds an item for a contract. */
  hold(managementUnitId: string, contractId: string, on: string, through: string | null): void {
    const data = { contractId, item: 'X', billingStartsOn: on, through };
    this.append({ stream: unitStream(managementUnitId), type: 'ItemHeld', id: deriveId('held', managementUnitId, contractId), data, metadata: this.metadata(on, 'NotifyCancellation', [{ clause: 'A4-2', facts: { item: 'X', contractId, through } }]) });
  }

  record(contractId: string, note: string, on: string): void {
    const recordId = deriveId('record', contractId, on);
    const data = { recordId, clause: 'A8-4-3', occurredOn: on, contractId, note: this.text('note', note, recordId) };
    this.append({ stream: recordStream(recordId), type: 'FactRecorded', id: deriveId('recorded', recordId), data, metadata: this.metadata(on, 'RecordFact', [{ clause: 'A8-4-3', facts: { occurredOn: on } }]) });
  }

  /** A story's events as the service would have recorded them. */
  tell(story: Story, texts: { readonly reason?: string; readonly document?: string } = {}): void {
    for (const e of story.history) this.append(this.happening(story, e, texts));
  }

  private happening(story: Story, e: RecordedEvent, texts: { readonly reason?: string; readonly document?: string }): Happening {
    const { businessDate, command, receipts, answer } = e.metadata;
    const asks = ['Corrected', 'Terminated', 'NoticeWithdrawn'].includes(e.type);
    const over = {
      commandId: e.metadata.commandId,
      ...(command === 'RecordDue' && { actor: { subject: 'system', role: 'system' } }),
      ...(e.type === 'CancellationNotified' && { channel: 'mail' }),
      ...(asks && { reason: this.text('reason', texts.reason ?? 'It was entered by mistake', e.metadata.commandId) }),
      ...(answer && { answer, status: 200 }),
    };
    return { stream: contractStream(story.contractId), type: e.type, id: e.id, data: this.withTexts(e, texts.document ?? 'EULA 1') as object, metadata: this.metadata(businessDate, command, receipts, over) };
  }

  private withTexts(e: RecordedEvent, document: string): unknown {
    const put = (value: unknown, key: string): unknown => {
      if (isTextRef(value)) return this.text(key, key === 'document' ? document : 'It was entered by mistake', e.metadata.commandId);
      if (Array.isArray(value)) return value.map((v) => put(v, key));
      if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, put(v, k)]));
      return value;
    };
    return put(e.data, '');
  }

  checkpoint(size: number, { keys = [SIGNER], witnesses = [WITNESS] }: Signing = {}): string {
    const root = this.tree().root(size);
    const text = checkpointText({ origin: ORIGIN, size, root });
    return `${text}\n${keys.map((k) => signText(text, k)).join('')}${witnesses.map((k) => cosignText(text, k, 1_790_000_000)).join('')}`;
  }

  tree(): MerkleTree {
    const tree = new MerkleTree();
    for (const e of this.log) tree.append(eventLeaf(e));
    return tree;
  }

  input(contractId: string, { signing = {}, upTo = this.log.length, texts = true, on = '2027-03-01' }: Packing = {}): PackInput {
    const events = this.log.filter((e) => e.stream === contractStream(contractId));
    const units = unitsOf(events);
    const related = this.log.filter((e) => concernsAlone(e, contractId, units));
    const checkpoint = signing === null ? null : this.checkpoint(upTo, signing);
    const tree = this.tree();
    const proofs = new Map(
      checkpoint === null ? [] : [...events, ...related].flatMap((e) => {
        const index = this.log.indexOf(e);
        return index < upTo ? [[e.id, formatProof({ index, proof: tree.inclusion(index, upTo), checkpoint })] as const] : [];
      }),
    );
    return {
      ledgerId: LEDGER, origin: ORIGIN, contractId, made: { at: `${on}T00:00:00.000Z`, on }, events, related, checkpoint, proofs, holidays: null,
      textsOf: texts ? (refs) => refs.map((ref) => this.texts.get(ref) ?? { ref, kind: null, text: null, salt: null, erasedAt: null }) : null,
      keys: { log: signing === null ? [] : (signing.keys ?? [SIGNER]).map((k) => k.vkey), witnesses: signing === null ? [] : (signing.witnesses ?? [WITNESS]).map((k) => k.vkey) },
    };
  }

  pack(contractId: string, packing: Packing = {}): EvidencePack {
    return buildPack(this.input(contractId, packing));
  }
}

export interface Signing {
  readonly keys?: readonly SignerKey[];
  readonly witnesses?: readonly SignerKey[];
}
export interface Packing {
  /** Null: unsigned. */
  readonly signing?: Signing | null;
  /** Events under the checkpoint. */
  readonly upTo?: number;
  readonly texts?: boolean;
  /** The business day on which it is made. */
  readonly on?: string;
}

/** A contract with options, a correction, a renewal, an early end with settlements, and another contractor's beside it. */
export function aLedger(): { readonly ledger: TestLedger; readonly story: Story; readonly other: Story } {
  const story = new Story();
  story.contract({ item: 'X', billed: '2025-10-15', accounts: 120, fee: { kind: 'tiered', tiers: [{ upTo: 100, unit: 900 }, { unit: 700 }] }, initial: null }).accepted();
  story.at('2025-11-01').options([{ no: 1, as: 'tunnel', fee: { kind: 'perAccount', unit: 1_600 }, units: 2, initial: 0 }, { no: 2, as: 'device', fee: 5_000, initial: 0 }, { no: 34, fee: 5_555 }], { accepted: '2025-11-01', billed: '2025-12-01' }).accepted();
  const wrong = story.at('2026-02-01').change({ accounts: 130, effective: '2026-03-01' });
  story.correct(wrong.eventId('AccountCountChanged'), story.changeCommand({ accounts: 103, effective: '2026-03-01' })).accepted();
  story.at('2026-06-10').excess(7, { charge: null }).accepted();
  story.at('2026-07-01').fault('device', { attributable: true, charge: 30_000 }).accepted();
  story.at('2026-07-05').replacement('device').accepted();
  story.onDay('2026-12-05');
  story.notice('base', { arrived: '2026-12-01', designated: null, onForm: false }).accepted();
  story.notice('base', { designated: '2027-02-28', as: 'second' }).accepted();
  story.onDay('2027-03-01');
  const other = new Story({ contractId: deriveId('contract', 'other') });
  other.contract({ item: 'X', billed: '2025-10-15' }).accepted();
  const ledger = new TestLedger();
  ledger.openUnit('unit', { kind: 'contractorName', text: '株式会社テスト' }, '本社', '2025-10-01');
  ledger.openUnit('unit-of-another', { kind: 'contractorName', text: '別の契約者' }, '別の本社', '2025-10-01');
  ledger.tell(story);
  ledger.append({ ...otherEvent(ledger, other) });
  ledger.hold('unit', story.contractId, '2026-11-01', '2027-02-28');
  ledger.hold('unit', other.contractId, '2026-11-01', null);
  ledger.record(story.contractId, '故障の届出を電話で受けた', '2026-05-01');
  ledger.record(other.contractId, '別の契約の記録', '2026-05-02');
  return { ledger, story, other };
}

function otherEvent(ledger: TestLedger, other: Story): Happening {
  const [first] = other.history;
  return { stream: contractStream(other.contractId), type: first!.type, id: first!.id, data: { ...(first!.data as object), managementUnitId: 'unit-of-another', applicationNumber: 'OTHER-7' }, metadata: ledger.metadata('2025-10-15', 'ContractItem', []) };
}
