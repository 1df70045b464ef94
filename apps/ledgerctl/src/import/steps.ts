import { isUuid } from '@app/kernel';
import { CellReader, type CellError, type Cells } from './cells.js';

/** One record of the file. */
export interface Row {
  /** As a spreadsheet counts: the heading is row 1. */
  readonly number: number;
  /** Bytes of the file read so far, for a progress bar. */
  readonly bytes: number;
  readonly cells: Cells;
}

export const KINDS = ['unit', 'contract', 'option', 'count-change', 'notice'] as const;
export type Kind = (typeof KINDS)[number];

/** What one command to the ledger is made of: one row, or the option rows of one application. */
export interface Step {
  readonly kind: Kind;
  readonly rows: readonly Row[];
  /** The external reference of what a row makes, one for each row. */
  readonly refs: readonly (string | null)[];
  /** The reference (or the ledger's own id) of what it belongs to; null: nothing. */
  readonly of: string | null;
  readonly body: { readonly [member: string]: unknown };
}
/** A row that cannot become a command. */
export interface BadRow {
  readonly kind: string;
  readonly row: Row;
  readonly ref: string | null;
  readonly errors: readonly CellError[];
}

const MOST_OPTIONS = 200;

/** One row on its own. */
export function read(row: Row): Step | BadRow {
  const { cells } = row;
  const kind = cells.kind as Kind;
  const r = new CellReader(cells);
  const ref = r.optional('ref') ?? null;
  if (!KINDS.includes(kind)) {
    r.wrong('kind', `must be one of ${KINDS.join(', ')}${cells.kind === undefined ? '' : `, not ${cells.kind}`}`);
    return { kind: cells.kind ?? '', row, ref, errors: r.errors };
  }
  if (ref === null && kind !== 'count-change' && kind !== 'notice') r.required('ref');
  if (ref !== null && isUuid(ref)) r.wrong('ref', 'must be a reference of your own, not an id of the ledger');
  const of = kind === 'unit' ? null : r.required('of');
  const body = { ...READERS[kind](r), ...why(r) };
  r.nothingElse(kind);
  return r.errors.length > 0 ? { kind, row, ref, errors: r.errors } : { kind, rows: [row], refs: [ref], of, body };
}

const READERS: { readonly [K in Kind]: (r: CellReader) => { readonly [member: string]: unknown } } = {
  unit: (r) => ({
    contractor: { id: r.required('contractor_id'), name: r.required('contractor_name') },
    name: r.required('name'),
  }),
  contract(r) {
    const monthly = r.optionalFee('monthly_fee');
    if (monthly === undefined) r.wrong('monthly_fee', 'must be given');
    return {
      item: r.required('item'),
      accountCount: r.whole('accounts'),
      acceptedOn: r.date('accepted_on'),
      billingStartsOn: r.date('billing_starts_on'),
      fees: { initial: r.optionalWhole('initial_fee') ?? null, monthly },
      application: application(r),
      licensorTerms: { document: r.required('terms_document'), agreedOn: r.date('terms_agreed_on') },
    };
  },
  option: (r) => ({
    acceptedOn: r.date('accepted_on'),
    billingStartsOn: r.date('billing_starts_on'),
    application: application(r),
    options: [
      given({
        option: r.whole('option'),
        accountCount: r.optionalWhole('accounts'),
        units: r.optionalWhole('units'),
        fees: given({ initial: r.optionalWhole('initial_fee'), monthly: r.optionalFee('monthly_fee') }),
      }),
    ],
  }),
  'count-change'(r) {
    const monthly = r.optionalFee('monthly_fee');
    return given({
      accountCount: r.whole('accounts'),
      effectiveOn: r.date('effective_on'),
      requestedBy: r.oneOf('requested_by', ['contractor', 'provider']),
      noticedOn: r.optionalDate('noticed_on'),
      fees: monthly && { monthly },
    });
  },
  notice: (r) => ({
    arrivedOn: r.date('arrived_on'),
    designatedOn: r.optionalDate('designated_on') ?? null,
    onForm: r.flag('on_form'),
  }),
};

const application = (r: CellReader) => ({ number: r.required('application'), onForm: r.flag('on_form') });
const why = (r: CellReader) =>
  given({ reason: r.optional('reason'), channel: r.optional('channel'), document: r.optional('document') });
const given = <T extends object>(members: T): T =>
  Object.fromEntries(Object.entries(members).filter(([, v]) => v !== undefined)) as T;

/**
 * Rows as commands: option rows that follow each other with the same contract, application and days are one application,
 * accepted or refused whole.
 */
export async function* stepsOf(rows: AsyncIterable<Row> | Iterable<Row>): AsyncGenerator<Step | BadRow> {
  let open: Step | null = null;
  for await (const row of rows) {
    const step = read(row);
    if (open && !('errors' in step) && belongsTo(open, step)) {
      open = joined(open, step);
      continue;
    }
    if (open) yield open;
    open = null;
    if (!('errors' in step) && step.kind === 'option') open = step;
    else yield step;
  }
  if (open) yield open;
}

function belongsTo(open: Step, next: Step): boolean {
  if (next.kind !== 'option' || open.of !== next.of || open.rows.length >= MOST_OPTIONS) return false;
  const { options: _, ...a } = open.body;
  const { options: __, ...b } = next.body;
  return JSON.stringify(a) === JSON.stringify(b);
}

const joined = (open: Step, next: Step): Step => ({
  ...open,
  rows: [...open.rows, ...next.rows],
  refs: [...open.refs, ...next.refs],
  body: { ...open.body, options: [...(open.body['options'] as object[]), ...(next.body['options'] as object[])] },
});
