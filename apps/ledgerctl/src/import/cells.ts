import { parsePlainDate } from '@app/calendar';
import { validateFee, type Fee } from '@app/money';

/** Every column a file may have; the guide (docs/how-to/import.md) says which kind of row takes which. */
export const COLUMNS = [
  'kind',
  'ref',
  'of',
  'contractor_id',
  'contractor_name',
  'name',
  'item',
  'option',
  'accounts',
  'units',
  'accepted_on',
  'billing_starts_on',
  'initial_fee',
  'monthly_fee',
  'application',
  'on_form',
  'terms_document',
  'terms_agreed_on',
  'effective_on',
  'requested_by',
  'noticed_on',
  'arrived_on',
  'designated_on',
  'reason',
  'channel',
  'document',
] as const;
export type Column = (typeof COLUMNS)[number];
/** Trimmed, empty cells left out. */
export type Cells = { readonly [C in Column]?: string };

export interface CellError {
  readonly column: Column;
  readonly message: string;
}

/** Reads the cells of one row and collects what is wrong with them. Cells nobody asked for are wrong too. */
export class CellReader {
  readonly errors: CellError[] = [];
  private readonly asked = new Set<Column>(['kind']);

  constructor(private readonly cells: Cells) {}

  /** Undefined where the cell is empty. */
  optional(column: Column): string | undefined {
    this.asked.add(column);
    return this.cells[column];
  }

  required(column: Column): string {
    const value = this.optional(column);
    if (value === undefined) this.wrong(column, 'must be given');
    return value ?? '';
  }

  date(column: Column): string {
    return this.judged(column, this.required(column), isDate, 'must be a date YYYY-MM-DD');
  }
  optionalDate(column: Column): string | undefined {
    const value = this.optional(column);
    return value === undefined ? undefined : this.judged(column, value, isDate, 'must be a date YYYY-MM-DD');
  }

  whole(column: Column): number {
    return Number(this.judged(column, this.required(column), isWhole, 'must be a whole number'));
  }
  optionalWhole(column: Column): number | undefined {
    const value = this.optional(column);
    return value === undefined ? undefined : Number(this.judged(column, value, isWhole, 'must be a whole number'));
  }

  optionalFee(column: Column): Fee | undefined {
    const value = this.optional(column);
    if (value === undefined) return undefined;
    const fee = parseFee(value);
    if (fee === null) this.wrong(column, 'must be a fee: 98000, 300/account, or tiers such as 100:500;400:450;*:400');
    return fee ?? undefined;
  }

  /** Empty counts as yes. */
  flag(column: Column): boolean {
    const value = this.optional(column)?.toLowerCase() ?? 'yes';
    if (!YES.has(value) && !NO.has(value)) this.wrong(column, 'must be yes or no');
    return YES.has(value);
  }

  oneOf<T extends string>(column: Column, values: readonly T[]): T {
    const value = this.required(column);
    return this.judged(
      column,
      value,
      (v) => (values as readonly string[]).includes(v),
      `must be one of ${values.join(', ')}`,
    ) as T;
  }

  wrong(column: Column, message: string): void {
    if (!this.errors.some((e) => e.column === column)) this.errors.push({ column, message });
  }

  /** To be called last. */
  nothingElse(kind: string): void {
    for (const column of COLUMNS)
      if (this.cells[column] !== undefined && !this.asked.has(column))
        this.wrong(column, `means nothing in a ${kind} row: leave it empty`);
  }

  private judged(column: Column, value: string, ok: (v: string) => boolean, message: string): string {
    if (value !== '' && !ok(value)) this.wrong(column, `${message}, not ${value}`);
    return value;
  }
}

const isDate = (v: string): boolean => parsePlainDate(v) !== null;
const isWhole = (v: string): boolean => /^\d{1,15}$/.test(v);
const YES = new Set(['yes', 'true', '1']);
const NO = new Set(['no', 'false', '0']);

const AMOUNT = /^\d{1,13}$/;

/** `98000` a month · `300/account` (or `/unit`) · `100:500;400:450;*:400`: up to 100 at 500 each, up to 400 at 450, beyond at 400. */
export function parseFee(text: string): Fee | null {
  const fee = feeIn(text.replaceAll(/\s/g, ''));
  return fee !== null && validateFee(fee).length === 0 ? fee : null;
}

function feeIn(text: string): Fee | null {
  if (AMOUNT.test(text)) return { kind: 'fixed', amount: Number(text) };
  const per = /^(\d{1,13})\/(account|unit)$/.exec(text);
  if (per) return { kind: 'perAccount', unit: Number(per[1]) };
  if (!text.includes(':')) return null;
  const tiers: { upTo?: number; unit: number }[] = [];
  for (const part of text.split(';')) {
    const tier = /^(\d{1,15}|\*):(\d{1,13})$/.exec(part);
    if (!tier) return null;
    tiers.push(tier[1] === '*' ? { unit: Number(tier[2]) } : { upTo: Number(tier[1]), unit: Number(tier[2]) });
  }
  return { kind: 'tiered', tiers };
}
