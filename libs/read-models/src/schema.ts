/** The tables of the read models, for typed queries. Days and instants are text, booleans 0 and 1, JSON is text. */
import type { Generated } from 'kysely';
import type { PlainDate } from '@app/calendar';

/** One contract and what lists filter by. `no` counts contracts in the order in which they were recorded. */
export interface ContractsTable {
  no: Generated<number>;
  contract_id: string;
  management_unit_id: string;
  contractor_id: string;
  item: string;
  application_number: string;
  accepted_on: PlainDate;
  billing_starts_on: PlainDate;
  /** Last day in force once it is fixed; of a void contract the day of acceptance. */
  end_on: PlainDate | null;
  void: number;
  rounding: 'floor' | 'halfUp';
  /** Last event of its stream in these rows; -1 while nothing is derived yet. */
  revision: number;
  position: string;
  /** What falls due next. */
  due_on: PlainDate | null;
  /** Place of the kind in the order of due work. */
  due_kind: number | null;
  due_subject: string | null;
  /** How many events the log held when what it says of the contract itself became known; null while nothing is derived yet. */
  known_from: number | null;
}

/** Since when a row stands: how many events the log held once it was known. */
interface Standing {
  known_from: number;
}

/** A row that was known once, and from where in the log it was not known any more. */
export type Past<T> = Omit<T, 'known_from'> & { known_from: number; known_to: number };

/** What was known of a contract itself. */
export type ContractsPastTable = Past<Pick<ContractsTable, 'contract_id' | 'management_unit_id' | 'contractor_id' | 'item' | 'application_number' | 'accepted_on' | 'billing_starts_on' | 'end_on' | 'void'> & { no: number }>;

export interface LogLengthTable {
  events: number;
}

/** The contract's events as far as its state is folded from them, one row for what one command appended. */
export interface ContractAppendsTable {
  n: Generated<number>;
  no: number;
  /** Of the first event. */
  revision: number;
  /** How many events the log held with the last one. */
  at: number;
  /** JSON, see `AppendBody`. */
  body: string;
}

/** Contracts whose derived rows are behind their events; only while the rows are not complete. */
export interface PutOffTable {
  no: number;
}

/** Lines with renewing terms; where one is over as far as the contract's last event knows, without a next term end. */
export interface RenewalsTable extends Standing {
  no: number;
  /** 0 the base, then the options in the order of their entry. */
  line: number;
  subject: string;
  option: number | null;
  starts_on: PlainDate;
  chain_anchor: 'previousEnd' | 'originalStart';
  end_on: PlainDate | null;
  end_reason: string | null;
  end_clause: string | null;
  term_ends_on: PlainDate | null;
  deadline: PlainDate | null;
}

/** What fixed ends cost, by contract and end day. */
export interface SettlementsTable extends Standing {
  no: number;
  due_on: PlainDate;
  total: number;
  /** JSON: `SettlementLine[]`. */
  lines: string;
}

/** Charges other than monthly ones. */
export interface ChargesTable extends Standing {
  no: number;
  n: number;
  id: string;
  kind: string;
  subject: string;
  clause: string;
  due_on: PlainDate;
  amount: number | null;
  voided_by: string | null;
}

/** Days of a line with one monthly amount. */
export interface SegmentsTable extends Standing {
  no: number;
  line: number;
  subject: string;
  from_day: PlainDate;
  /** 9999-12-31 while no end is fixed. */
  to_day: PlainDate;
  amount: number;
  /** Whether the line is first charged on `from_day`. */
  first: number;
}

/** What a vendor's discontinuation means for a contract. */
export interface OutcomesTable {
  discontinuation_id: string;
  no: number;
  outcome: string;
  ends_on: PlainDate | null;
  reason: string | null;
  /** Whether the contract's own events say so already. */
  told: number;
}

export interface VendorAppendsTable {
  vendor: string;
  revision: number;
  at: number;
  body: string;
}

export interface UnitsTable {
  no: Generated<number>;
  management_unit_id: string;
  contractor_id: string;
  /** JSON: references into the register. */
  contractor_name: string;
  name: string;
  revision: number;
  position: string;
}

/** Appends that a unit prepared for a contract's stream and that have not been seen there. */
export interface ReservationsTable {
  event_id: string;
  management_unit_id: string;
  contract_id: string;
}

export interface RecordsTable {
  no: Generated<number>;
  record_id: string;
  clause: string;
  occurred_on: PlainDate;
  contract_id: string | null;
  option_id: string | null;
  document: string | null;
  note: string;
  recorded_at: string;
  position: string;
}

export interface CommandsTable {
  n: Generated<number>;
  key: number;
  command_id: string;
  stream: string;
  request_hash: string;
  name: string;
}

/** Where a command is found: by the first 48 bits of its id, so that this stays small. */
export interface CommandKeysTable {
  key: number;
  n: number;
}

export interface TokensTable {
  no: Generated<number>;
  token_id: string;
  subject: string;
  role: string;
  hash: string;
  label: string | null;
  expires_on: PlainDate | null;
  issued_at: string;
  issued_by: string;
  issue_reason: string | null;
  revoked_at: string | null;
  revoked_by: string | null;
  revoke_reason: string | null;
}

/** A read by an auditor, or an export. */
export interface AccessesTable {
  no: Generated<number>;
  event_id: string;
  type: 'AuditorRead' | 'Exported';
  subject: string;
  role: string;
  route: string;
  /** JSON: strings by name. */
  parameters: string;
  contract_id: string | null;
  status: number;
  rows: number | null;
  /** Day in Japan of `recorded_at`. */
  day: PlainDate;
  recorded_at: string;
  request_id: string;
  position: string;
}

/** A day (in Japan) on which the log has something by a subject in a role. */
export interface ActsTable {
  subject: string;
  role: string;
  day: PlainDate;
  first_at: string;
}

export interface WebhooksTable {
  no: Generated<number>;
  webhook_id: string;
}

export interface ClockMarksTable {
  n: number;
  position: string;
  known_time: string;
}

export interface ClockDropsTable {
  position: string;
  known_time: string;
}

export interface RefusalsTable {
  no: Generated<number>;
  command_id: string;
  type: string;
  name: string;
  subject: string;
  /** JSON: the clauses cited, in order. */
  clauses: string;
  /** JSON: the event's data. */
  data: string;
  recorded_at: string;
  position: string;
  role: string;
  business_date: PlainDate;
  channel: string | null;
  correlation_id: string;
  /** JSON: references into the register. */
  reason: string | null;
  document: string | null;
}

/** Commands that wait for a second subject, or waited. */
export interface ApprovalsTable {
  no: Generated<number>;
  approval_id: string;
  state: 'pending' | 'approved' | 'rejected';
  command: string;
  command_id: string;
  /** JSON: the ids of its path. */
  params: string;
  contract_id: string | null;
  contractor_id: string | null;
  /** JSON: a reference to the body. */
  request: string;
  /** JSON: `Said`. */
  asked: string;
  decided: string | null;
  revision: number;
  position: string;
}

/** The settings that decided, from when on. */
export interface PoliciesTable {
  no: Generated<number>;
  /** JSON: the event's data. */
  data: string;
  build: string;
  recorded_at: string;
  position: string;
}

export interface ErasuresTable {
  no: Generated<number>;
  erasure_id: string;
  contractor_id: string;
  texts: number;
  /** JSON: `Said`, and who approved. */
  asked: string;
  approved: string | null;
  position: string;
}

export interface ReadModels {
  contracts: ContractsTable;
  contract_appends: ContractAppendsTable;
  put_off: PutOffTable;
  renewals: RenewalsTable;
  settlements: SettlementsTable;
  charges: ChargesTable;
  segments: SegmentsTable;
  outcomes: OutcomesTable;
  contracts_past: ContractsPastTable;
  renewals_past: Past<Omit<RenewalsTable, 'term_ends_on' | 'deadline'>>;
  settlements_past: Past<SettlementsTable>;
  charges_past: Past<ChargesTable>;
  segments_past: Past<SegmentsTable>;
  log_length: LogLengthTable;
  vendor_appends: VendorAppendsTable;
  units: UnitsTable;
  reservations: ReservationsTable;
  records: RecordsTable;
  commands: CommandsTable;
  command_keys: CommandKeysTable;
  tokens: TokensTable;
  accesses: AccessesTable;
  acts: ActsTable;
  webhooks: WebhooksTable;
  clock_marks: ClockMarksTable;
  clock_drops: ClockDropsTable;
  refusals: RefusalsTable;
  approvals: ApprovalsTable;
  policies: PoliciesTable;
  erasures: ErasuresTable;
}

/** Stands for "without end" where a range is compared. */
export const OPEN = '9999-12-31' as PlainDate;
