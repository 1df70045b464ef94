/** What every decision must keep, whatever it decides. Checked for free at each step of a story; a broken vow throws. */
import assert from 'node:assert/strict';
import { isCitable, revisionAt, VIOLATION_TEXT, WARNING_TEXT } from '@app/agreement';
import {
  UNDO, contractEvents, decide, fold, isConsequence, lifeOf, reconcile, reevaluate, stateFromJson, stateToJson,
  type Asked, type ContractCommand, type ContractEvent, type ContractState, type Decision, type RecordedContract, type RecordedEvent, type Refusal,
} from '@app/contract';
import { canonicalJson, Rejected } from '@app/kernel';

const UNDOING: ReadonlySet<string> = new Set(Object.values(UNDO));

/** Everything of a state but which commands were seen. */
const substance = (s: RecordedContract): unknown => ({ ...s, commands: null, written: [...s.written] });
const throughStore = <T>(value: T): T => JSON.parse(canonicalJson(value)) as T;

export const isDecision = (x: Decision | Refusal): x is Decision => 'events' in x && 'state' in x;

/** The decided events as a store would hand them back. */
export const recorded = (d: Decision, command: ContractCommand, asked: Asked, revision: number): RecordedEvent[] =>
  d.events.map((e, i) => ({
    id: e.id,
    type: e.type,
    revision: revision + 1 + i,
    data: contractEvents.upcast(e.type, contractEvents.version(e.type), throughStore(e.data) as never),
    metadata: {
      commandId: asked.commandId,
      requestHash: asked.requestHash,
      command: command.name,
      businessDate: asked.today,
      agreement: { revision: revisionAt(asked.today).clause },
      receipts: throughStore(e.receipts),
      ...(i === 0 && { answer: throughStore({ warnings: d.warnings }) }),
    } as unknown as RecordedEvent['metadata'],
  }));

/** A refusal cites clauses that exist, sorted, with codes that are said in both languages. */
export function keepRefusalVows(r: Refusal): void {
  if (!(r instanceof Rejected)) return;
  throughStore({ v: r.violations, f: r.facts });
  const clauses = r.violations.map((v) => v.clause);
  assert.deepEqual(clauses, clauses.toSorted(), 'violations are sorted by clause');
  for (const v of r.violations) {
    assert.ok(isCitable(v.clause), `violation cites ${v.clause}`);
    assert.ok(v.code in VIOLATION_TEXT, `no words for the violation ${v.code}`);
  }
}

/**
 * Decides and checks: deciding is pure (the preview equals the append), events survive canonical JSON, folding step by
 * step equals folding everything and what was decided on, decided again from what was stored it is the same, nothing is left to say afterwards, receipts cite clauses that
 * exist, and a consequence is undone only while it stands.
 */
export function decideWithVows(history: readonly RecordedEvent[], state: ContractState, command: ContractCommand, asked: Asked): { outcome: Decision | Refusal; state: ContractState; events: RecordedEvent[] } {
  const outcome = decide(state, command, asked);
  const again = decide(fold({ status: 'none' }, throughStore(history)), throughStore(command), asked);
  if (!isDecision(outcome)) {
    assert.deepEqual(again, outcome, 'a refusal is repeated as it was');
    keepRefusalVows(outcome);
    return { outcome, state, events: [] };
  }
  assert.ok(isDecision(again), 'the same history decides the same');
  const said = (d: Decision): string => canonicalJson({ events: d.events, warnings: d.warnings, answer: d.answer });
  assert.equal(said(again), said(outcome), 'the preview equals the append');
  for (const w of outcome.warnings) {
    assert.ok(w.clause === null || isCitable(w.clause), `warning cites ${w.clause}`);
    assert.ok(w.code in WARNING_TEXT, `no words for the warning ${w.code}`);
  }
  const standing = new Set(state.status === 'recorded' ? [...state.written.values()].map((w) => w.eventId) : []);
  for (const e of outcome.events) {
    assert.ok(e.receipts.length > 0, `${e.type} has no receipt`);
    for (const r of e.receipts) assert.ok(isCitable(r.clause), `${e.type} cites ${r.clause}`);
    if (UNDOING.has(e.type)) assert.ok(standing.delete((e.data as { undoes: string }).undoes), `${e.type} undoes what does not stand`);
    else if (isConsequence(e as ContractEvent)) standing.add(e.id);
  }

  if (outcome.events.length === 0) {
    assert.deepEqual(substance(outcome.state), state.status === 'recorded' ? substance(state) : null);
    return { outcome, state, events: [] };
  }
  const events = recorded(outcome, command, asked, state.status === 'recorded' ? state.revision : -1);
  const after = fold(state, events) as RecordedContract;
  const replayed = fold({ status: 'none' }, [...history, ...events]) as RecordedContract;
  assert.deepEqual(substance(after), substance(throughStoreState(outcome.state)), 'the decision foresaw the state');
  assert.deepEqual(replayed, after, 'folding everything equals folding step by step');
  assert.deepEqual(stateFromJson(throughStore(stateToJson(after))), after, 'the state survives JSON');
  assert.deepEqual(reevaluate(state, events, asked).differences, [], 'decided again from its own inputs, it comes out the same');
  assert.deepEqual(lifeOf(replayed, asked), lifeOf(after, asked), 'the same facts lead to the same life');
  if (!(command.name === 'RecordDue')) assert.deepEqual(reconcile(after, asked.today, asked), [], 'nothing is left to say');
  return { outcome, state: after, events };
}

const throughStoreState = (s: RecordedContract): RecordedContract => stateFromJson(throughStore(stateToJson(s)));
