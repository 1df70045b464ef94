import { isUuid } from '@app/kernel';
import { complaintOf, type Answer, type Client } from '../client.js';
import { keyOf } from './key.js';
import type { Earlier, ReportLine, RowStatus } from './report.js';
import type { BadRow, Kind, Row, Step } from './steps.js';

export interface RunOptions {
  /** Where rows go that hang on what is in the ledger already; null: nothing is. */
  readonly ledger: Client | null;
  /** Where everything else goes: the same, or in a preview a ledger that is thrown away. */
  readonly rest: Client;
  readonly preview: boolean;
  readonly earlier: Earlier;
  /** Commands under way at the same time. */
  readonly concurrency: number;
  /** No new command once it is aborted. */
  readonly signal: AbortSignal;
  /** Hears of every step, in any order; `place` counts steps from 0. */
  readonly report: (place: number, lines: readonly ReportLine[]) => Promise<void>;
  readonly onProgress?: (row: Row, counts: Counts) => void;
}

export type Counts = { readonly [S in RowStatus]: number };
export const noCounts = (): { [S in RowStatus]: number } => ({
  accepted: 0,
  'accepted-before': 0,
  acceptable: 0,
  refused: 0,
  malformed: 0,
  changed: 0,
  'not-tried': 0,
});

/** What a reference of the file stands for. */
interface Known {
  readonly kind: 'unit' | 'contract' | 'option';
  /** The unit it all hangs on: what shares it keeps its order. */
  readonly root: string;
  readonly row: number;
  /** Set once the ledger has answered; null: it was not accepted. */
  id?: string | null;
  /** Of an option: its contract. */
  contractId?: string;
  /** Previewed on the ledger itself, so nothing can be previewed on top of it. */
  dry?: boolean;
}

/** Steps read ahead: enough to keep every lane busy, few enough to keep memory flat. */
const AHEAD = 32;

const MEMBER: { readonly [K in Kind]: string } = {
  unit: 'managementUnitId',
  contract: 'contractId',
  option: 'optionIds',
  'count-change': 'changeId',
  notice: 'noticeId',
};
const PARENTS: { readonly [K in Kind]: readonly Known['kind'][] } = {
  unit: [],
  contract: ['unit'],
  option: ['contract'],
  'count-change': ['contract'],
  notice: ['contract', 'option'],
};

/**
 * Sends steps to the ledger: those of one unit in the order of the file, units beside each other. Only what the file's
 * references stand for is remembered. @throws whatever a call throws (the service is away); what was under way is finished first
 */
export async function runImport(steps: AsyncIterable<Step | BadRow>, o: RunOptions): Promise<Counts> {
  const counts = noCounts();
  const refs = new Map<string, Known>();
  const lanes = new Map<string, Promise<void>>();
  const slots = new Slots(o.concurrency);
  const window = new Slots(o.concurrency * AHEAD);
  let failure: unknown = null;
  let place = 0;

  const settle = async (at: number, step: Step | BadRow, lines: readonly ReportLine[]): Promise<void> => {
    for (const l of lines) counts[l.status]++;
    await o.report(at, lines);
    o.onProgress?.('row' in step ? step.row : step.rows.at(-1)!, counts);
  };

  for await (const step of steps) {
    if (o.signal.aborted || failure !== null) break;
    const at = place++;
    const problem = 'errors' in step ? malformed(step) : announce(step);
    if (problem) {
      await settle(at, step, problem);
      continue;
    }
    const good = step as Step;
    const lane = rootOf(good);
    await window.take();
    const work = (lanes.get(lane) ?? Promise.resolve()).then(async () => {
      await slots.take();
      try {
        if (failure === null) await settle(at, good, await send(good));
      } catch (error) {
        failure ??= error;
      } finally {
        slots.free();
        window.free();
      }
    });
    lanes.set(lane, work);
    void work.then(() => lanes.get(lane) === work && lanes.delete(lane));
  }
  await Promise.all(lanes.values());
  if (failure !== null) throw failure;
  return counts;

  /** Lines of a step that cannot be sent for what it refers to; null: its references are known from now on. */
  function announce(step: Step): ReportLine[] | null {
    for (const ref of step.refs) {
      const before = ref === null ? undefined : refs.get(ref);
      if (before) return lines(step, 'malformed', { detail: `the reference ${ref} is that of row ${before.row} already` });
    }
    const parent = parentOf(step);
    if (step.of !== null && parent === null)
      return lines(step, 'malformed', { detail: `${step.of} is neither a row above nor an id of the ledger` });
    if (parent && !PARENTS[step.kind].includes(parent.kind))
      return lines(step, 'malformed', {
        detail: `rows of kind ${step.kind} belong to a ${PARENTS[step.kind].join(' or an ')}; ${step.of} is of kind ${parent.kind}`,
      });
    if (step.kind === 'unit' || step.kind === 'contract' || step.kind === 'option')
      step.refs.forEach((ref, i) => {
        const { kind } = step as { kind: Known['kind'] };
        if (ref !== null) refs.set(ref, { kind, root: parent?.root ?? ref, row: step.rows[i]!.number });
      });
    return null;
  }

  /** What a step belongs to: something of the file, or of the ledger by its id. */
  function parentOf({ of, kind }: Step): Known | null {
    if (of === null) return null;
    const known = refs.get(of);
    if (known || !isUuid(of)) return known ?? null;
    // A notice of an option is sent to its contract, which an id alone does not tell.
    const parent = kind === 'contract' ? 'unit' : 'contract';
    return { kind: parent, root: of, row: 0, id: of };
  }

  function rootOf(step: Step): string {
    return parentOf(step)?.root ?? step.refs[0]!;
  }

  async function send(step: Step): Promise<ReportLine[]> {
    const parent = parentOf(step);
    const outcome = await attempt(step, parent);
    step.refs.forEach((ref, i) => {
      const known = ref === null ? undefined : refs.get(ref);
      if (!known) return;
      known.id = outcome.ids?.[i] ?? null;
      known.dry = outcome.dry ?? false;
      if (step.kind === 'option' && parent?.id) known.contractId = parent.id;
    });
    return outcome.lines;
  }

  async function attempt(
    step: Step,
    parent: Known | null,
  ): Promise<{ readonly lines: ReportLine[]; readonly ids: readonly string[] | null; readonly dry?: boolean }> {
    const none = (l: ReportLine[]) => ({ lines: l, ids: null });
    if (parent && parent.id == null)
      return none(
        lines(step, 'not-tried', {
          detail: parent.dry
            ? `row ${parent.row}, to which it belongs, hangs on the ledger itself and was only previewed`
            : `row ${parent.row}, to which it belongs, was not accepted`,
        }),
      );
    const key = keyOf(step, parent?.kind === 'option' ? `${parent.contractId}/${parent.id}` : (parent?.id ?? null));
    const done = o.preview ? undefined : o.earlier.ids.get(key);
    // A report that was cut short may lack some rows of an application; the ledger then answers it again.
    if (done?.length === step.rows.length) return { lines: lines(step, 'accepted-before', { key, ids: done }), ids: done };
    for (const ref of step.refs) {
      const other = ref === null ? undefined : o.earlier.keys.get(`${step.kind} ${ref}`);
      if (other !== undefined && other !== key)
        return none(
          lines(step, 'changed', {
            key: other,
            ids: o.earlier.ids.get(other) ?? [],
            detail: `the ledger has ${ref} as an earlier run imported it; what is wrong there is mended by a correction, not by importing the row again`,
          }),
        );
    }
    if (o.signal.aborted) return none(lines(step, 'not-tried', { detail: 'the import was interrupted before it' }));
    // What hangs on the ledger itself can only be previewed there.
    const dry = o.preview && parent?.row === 0;
    const client = dry ? o.ledger : o.rest;
    if (!client) return none(lines(step, 'not-tried', { detail: `there is no ledger to find ${step.of} in` }));
    const body = step.kind === 'contract' ? { managementUnitId: parent!.id, ...step.body } : step.body;
    const answer = await client.post(pathOf(step.kind, parent), body, dry ? { preview: true } : { key });
    if (answer.status !== 200 && answer.status !== 201) return none(refusal(step, answer));
    const made = answer.body?.[MEMBER[step.kind]];
    const ids = Array.isArray(made) ? (made as string[]) : [typeof made === 'string' ? made : ''];
    const warnings = ((answer.body?.['warnings'] ?? []) as { clause: string | null; code: string }[]).map((w) =>
      w.clause === null ? w.code : `${w.clause}:${w.code}`,
    );
    if (o.preview) return { lines: lines(step, 'acceptable', { warnings }), ids: dry ? null : ids, dry };
    return { lines: lines(step, answer.replayed ? 'accepted-before' : 'accepted', { key, ids, warnings }), ids };
  }
}

function pathOf(kind: Kind, parent: Known | null): string {
  switch (kind) {
    case 'unit':
      return '/v1/management-units';
    case 'contract':
      return '/v1/contracts';
    case 'option':
      return `/v1/contracts/${parent!.id}/options`;
    case 'count-change':
      return `/v1/contracts/${parent!.id}/account-count`;
    case 'notice':
      return parent!.kind === 'option'
        ? `/v1/contracts/${parent!.contractId}/options/${parent!.id}/cancellation-notices`
        : `/v1/contracts/${parent!.id}/cancellation-notices`;
  }
}

interface Said {
  readonly detail?: string;
  readonly code?: string;
  readonly clauses?: readonly string[];
  readonly warnings?: readonly string[];
  readonly key?: string;
  readonly ids?: readonly string[];
}

const lines = (
  step: Step,
  status: RowStatus,
  { detail = '', code = '', clauses = [], warnings = [], key = '', ids = [] }: Said,
): ReportLine[] =>
  step.rows.map((row, i) => ({
    row: row.number,
    kind: step.kind,
    ref: step.refs[i] ?? null,
    status,
    clauses,
    code,
    detail,
    warnings,
    id: ids[i] ?? null,
    key,
  }));

function refusal(step: Step, answer: Answer): ReportLine[] {
  const { code = '', violations = [] } = (answer.body ?? {}) as { code?: string; violations?: { clause: string }[] };
  const clauses = [...new Set(violations.map((v) => v.clause))];
  return lines(step, answer.status === 409 ? 'refused' : 'malformed', { code, clauses, detail: complaintOf(answer) });
}

const malformed = ({ kind, row, ref, errors }: BadRow): ReportLine[] => [
  {
    row: row.number,
    kind,
    ref,
    status: 'malformed',
    clauses: [],
    code: 'cells',
    detail: errors.map((e) => `${e.column} ${e.message}`).join('; '),
    warnings: [],
    id: null,
    key: '',
  },
];

/** So many at a time; the others wait in order. */
class Slots {
  private readonly waiting: (() => void)[] = [];
  constructor(private left: number) {}

  async take(): Promise<void> {
    if (this.left > 0) this.left--;
    else await new Promise<void>((turn) => this.waiting.push(turn));
  }

  free(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.left++;
  }
}
