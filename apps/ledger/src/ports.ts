/**
 * What the HTTP layer needs from the rest of the service. Controllers know nothing else: whoever implements these
 * interfaces decides, stores and reads.
 */
import type { RuleMessage } from './http/rule-texts.js';
import type { Role } from '@app/access';
import type { PlainDate } from '@app/calendar';
import type { StoredEvent } from '@app/event-store';
import type { Json, PathError as ErrorAt, Rejected } from '@app/kernel';

/** Who calls, as the token says. */
export interface Caller {
  readonly subject: string;
  readonly role: Role;
  readonly tokenId: string;
}

/** Every command the HTTP layer sends, by the name it has in the pure command types. */
export const COMMAND_NAMES = [
  'OpenManagementUnit',
  'ContractItem',
  'AddOptions',
  'ChangeAccountCount',
  'WithdrawAccountCountChange',
  'NotifyCancellation',
  'NotifyOptionCancellation',
  'WithdrawNotice',
  'Terminate',
  'Quote',
  'DetectExcess',
  'ReportFault',
  'ReceiveReplacement',
  'ReturnDevices',
  'ReportLoss',
  'ReportRecovery',
  'Correct',
  'Discontinue',
  'CorrectDiscontinuation',
  'RecordFact',
  'IssueToken',
  'RevokeToken',
  'DecideApproval',
  'EraseContractor',
  'RegisterWebhook',
  'ChangeWebhook',
  'RemoveWebhook',
  'RotateWebhookSecret',
  'SkipWebhookEvent',
  'RedeliverWebhook',
] as const;
export type CommandName = (typeof COMMAND_NAMES)[number];

/** A command that stands in another one (a correction's replacement), parsed and validated like one of its own. */
export interface NestedCommand {
  readonly name: CommandName;
  /** Path parameters of the replacement beside the contract's id: `optionId`, `noticeId`, `changeId`. */
  readonly params: { readonly [name: string]: string };
  readonly body: object;
}

export interface CommandEnvelope {
  readonly name: CommandName;
  /** Path parameters: `id`, `optionId`, `noticeId`, `changeId`, `vendor`, `discontinuationId`, `approvalId`, `contractor`. */
  readonly params: { readonly [name: string]: string };
  /** An instance of the command's DTO, validated; its members are exactly those that were sent. */
  readonly body: object;
  /** Only for `Correct`: the replacement, parsed; null where only something is struck. */
  readonly replacement: NestedCommand | null;
  readonly caller: Caller;
  /** Null: the application makes one up. */
  readonly idempotencyKey: string | null;
  /** SHA-256 (hex) of method, path without query, and canonical JSON of the body, joined by line feeds. */
  readonly requestHash: string;
  readonly ifMatch: number | null;
  readonly preview: boolean;
  /** Id of the HTTP request, as in the log and in `X-Request-Id`. */
  readonly requestId: string;
  /** What the caller says this belongs to, and what brought it about; default: the request, and the command itself. */
  readonly correlationId?: string;
  readonly causationId?: string;
}

export type { RuleMessage };
/** What is wrong with the input and where, language-neutral: the HTTP layer says the rule in the caller's language. */
export type PathError = ErrorAt<RuleMessage>;

/**
 * Language-neutral: receipts in `body.receipts` are `{clause, facts, policy?}`, warnings `{clause, code, facts}`;
 * the HTTP layer adds statements and details in the caller's language.
 */
export type CommandOutcome =
  | { readonly status: 200 | 201 | 202; readonly body: object; readonly replayed: boolean }
  | { readonly status: 409; readonly rejected: Rejected; readonly replayed: boolean }
  | { readonly status: 400; readonly errors: readonly PathError[] }
  /** `what` names what is not there: `contract`, `management-unit`, `option`, `notice`, `change`, … */
  | { readonly status: 404; readonly what: string }
  | { readonly status: 412; readonly revision: number | null }
  | { readonly status: 422 };

export interface LedgerApplication {
  /** Throws {@link Unavailable} (503) where the store cannot answer now. */
  execute(envelope: CommandEnvelope): Promise<CommandOutcome>;
}

/** Thrown by any port: it cannot be answered now; 503 with Retry-After. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
  constructor(
    /** `projection-stopped`, `not-caught-up`, `starting`, `store-unavailable`, … */
    readonly code: string,
    readonly retryAfterSeconds = 1,
    readonly facts: { readonly [key: string]: Json } = {},
  ) {
    super(code);
  }
}

/** Thrown by a query about a parameter only it can judge (a cursor, a position): 400 with the path. */
export class BadParameter extends Error {
  override readonly name = 'BadParameter';
  constructor(readonly errors: readonly PathError[]) {
    super(errors.map((e) => `${e.path}: ${e.message}`).join('; '));
  }
}

/** The position a read must hold; the query waits for it (bounded), then throws {@link Unavailable}. */
export interface Fresh {
  readonly atLeast?: string;
}
export interface Page extends Fresh {
  readonly cursor?: string;
  /** 1…500. */
  readonly limit: number;
}
/** What is asked of another time: how things stand on a day, by what was known then. */
export interface Then {
  /** Default: the service's today. */
  readonly asOf?: PlainDate;
  /** RFC 3339 UTC; default: now. */
  readonly knownAt?: string;
  /** The same as a position of the log, whatever its clocks said; not both. */
  readonly knownAtPosition?: string;
}
export interface Window extends Page {
  readonly from?: PlainDate;
  readonly to?: PlainDate;
}
export interface ContractAt extends Fresh, Then {}
export const CONTRACT_STATUSES = ['accepted', 'active', 'cancelling', 'ended'] as const;
export interface ContractFilter extends Page, Then {
  /** An item code. */
  readonly item?: string;
  readonly status?: (typeof CONTRACT_STATUSES)[number];
  readonly contractorId?: string;
  readonly managementUnitId?: string;
  readonly applicationNumber?: string;
}
export interface RecordFilter extends Page {
  readonly contractId?: string;
  readonly clause?: string;
}
export interface ChargeFilter extends Page, Then {
  /** `YYYY-MM`. */
  readonly month: string;
  readonly contractId?: string;
}

export const APPROVAL_STATES = ['pending', 'approved', 'rejected'] as const;
export interface ApprovalFilter extends Page {
  readonly state?: (typeof APPROVAL_STATES)[number];
  readonly contractId?: string;
}
export interface RefusalFilter extends Page {
  /** Days in Japan on which it was refused, both included. */
  readonly from?: PlainDate;
  readonly to?: PlainDate;
  /** Who asked. */
  readonly subject?: string;
  readonly clause?: string;
}
export interface SilenceQuestion extends Fresh {
  readonly contractId: string;
  /** `base` or an option's id. */
  readonly subject: string;
  /** The term that ran out, from 1. */
  readonly term: number;
}
export interface AccessFilter extends Page {
  readonly subject?: string;
  readonly contractId?: string;
  readonly from?: PlainDate;
  readonly to?: PlainDate;
}
export interface ReviewedDays extends Fresh {
  readonly from: PlainDate;
  readonly to: PlainDate;
}

/** What a list answers: its rows under their plural, and where to go on. */
export type Listed<K extends string> = { readonly [P in K]: readonly object[] } & { readonly nextCursor: string | null };

/** Webhook endpoints and how their deliveries stand. */
export interface WebhookQueries {
  webhooks(page: Page): Promise<Listed<'webhooks'>>;
  webhook(id: string): Promise<object | null>;
  webhookDeliveries(id: string, page: Page): Promise<Listed<'deliveries'> | null>;
}

/** Every read that needs the store. A single thing that is not there (yet, at `knownAt`) is null: 404. */
export interface LedgerQueries extends WebhookQueries {
  contract(id: string, at: ContractAt): Promise<object | null>;
  contracts(filter: ContractFilter): Promise<Listed<'contracts'>>;
  history(id: string, page: Page): Promise<Listed<'events'> | null>;
  managementUnits(page: Page): Promise<Listed<'managementUnits'>>;
  managementUnit(id: string, at: Fresh): Promise<object | null>;
  records(filter: RecordFilter): Promise<Listed<'records'>>;
  renewals(window: Window & Then): Promise<Listed<'renewals'>>;
  settlements(window: Window & Then): Promise<Listed<'settlements'>>;
  charges(filter: ChargeFilter): Promise<Listed<'charges'> & { readonly total: number | null }>;
  discontinuation(vendor: string, id: string, page: Page): Promise<object | null>;
  tokens(page: Page): Promise<Listed<'tokens'>>;
  approvals(filter: ApprovalFilter): Promise<Listed<'approvals'>>;
  approval(id: string, at: Fresh): Promise<object | null>;
  refusals(filter: RefusalFilter): Promise<Listed<'refusals'>>;
  policies(page: Page): Promise<Listed<'policies'>>;
  erasures(page: Page): Promise<Listed<'erasures'>>;
  silence(question: SilenceQuestion): Promise<object | null>;
  /** Reads by auditors, and exports. */
  reads(filter: AccessFilter): Promise<Listed<'reads'>>;
  accessReview(days: ReviewedDays): Promise<object>;
  projections(): Promise<Listed<'projections'>>;
}

/** A place in the feed: an event, by its sequence and its id. */
export interface FeedCursor {
  readonly sequence: number;
  readonly id: string;
}
export interface FeedFilter {
  readonly types?: readonly string[];
  readonly contractId?: string;
}
export interface FeedPage {
  /** `rawData` are the stored bytes. */
  readonly events: readonly StoredEvent[];
  /** Where to go on: behind the last event looked at. */
  readonly next: FeedCursor | null;
  /** As many unfiltered events as were asked for: this page will never change. */
  readonly full: boolean;
}

/** The reader holds an event that this feed does not have: after a restore, or of another feed (409). */
export class FeedRewound extends Error {
  override readonly name = 'FeedRewound';
  constructor(
    readonly asked: FeedCursor,
    /** The last event there is; null: none. */
    readonly head: FeedCursor | null,
  ) {
    super(`the feed has no event ${asked.id} at ${asked.sequence}`);
  }
}

/** The published log. Every method throws {@link Unavailable} until it is known where the feed stands. */
export interface FeedDoor {
  /** The last event that is published and indexed. */
  head(): FeedCursor | null;
  /** Never throws. */
  report(): { readonly head: FeedCursor | null; readonly publisher: { readonly state: string; readonly stopped: object | null; readonly problem: string | null; readonly position: string | null } };
  /** @throws {FeedRewound} */
  check(cursor: FeedCursor): void;
  /** @throws {FeedRewound} */
  page(after: FeedCursor | null, limit: number, filter?: FeedFilter): Promise<FeedPage>;
  /** Published events from a sequence on. */
  read(from: number, limit: number): Promise<readonly StoredEvent[]>;
  /** Resolves when there is an event behind a sequence, when the time is up, when the signal aborts, or when the doors close. */
  arrived(after: number, ms: number, signal?: AbortSignal): Promise<void>;
  /** Sequences of a contract's events, in order. */
  contractSequences(contractId: string, through?: number): readonly number[];
  /** @throws {BadParameter} there are not so many events */
  digest(size: number | undefined, contractId?: string): { readonly size: number; readonly root: string };
  /** Null: before the first event. @throws {FeedRewound} */
  acknowledge(name: string, cursor: FeedCursor | null): Promise<{ readonly name: string; readonly acknowledgedAt: string }>;
  consumers(): readonly ({
    readonly name: string;
    readonly cursor: FeedCursor | null;
    readonly acknowledgedAt: string;
    /** The feed does not hold the event that it acknowledged. */
    readonly rewound: boolean;
    readonly lag: { readonly events: number; readonly seconds: number };
  })[];
  /** Aborted when streams are to end. */
  readonly closing: AbortSignal;
  /** Ends streams and waits, so that the server can close. */
  closeDoors(): void;
}

/** Who the bearer of a token is; null: unknown, revoked or expired. `hash` is SHA-256 of the token in hex. */
export interface TokenLookup {
  lookup(hash: string): Caller | null;
}

/** What an issuer's token is worth: who its bearer is, or why nobody is let in with it. */
export type Verdict =
  | { readonly caller: Caller }
  /** 401; `why`: `malformed`, `algorithm`, `type`, `key`, `signature`, `issuer`, `audience`, `expired`, `not-yet`, `subject`. */
  | { readonly refused: 'token-invalid'; readonly why: string }
  /** 403: the token is genuine, and its bearer has no role here. */
  | { readonly refused: 'role-unknown' | 'role-ambiguous'; readonly subject: string };
export interface TokenIssuer {
  /** Throws {@link Unavailable} (503) while it cannot be told which keys the issuer has. */
  judge(jwt: string): Promise<Verdict>;
}

/** A read that is written down in the log. */
export interface Accessed {
  readonly type: 'AuditorRead' | 'Exported';
  readonly caller: Caller;
  readonly requestId: string;
  /** Method and path pattern. */
  readonly route: string;
  /** What was asked for; null where the value stays out of the log. */
  readonly parameters: { readonly [name: string]: string | null };
  readonly status: number;
  /** Null where it cannot be told. */
  readonly rows: number | null;
}
export interface AccessRecorder {
  /** Resolves when it is durable. Throws {@link Unavailable} (503) where that cannot be had: the answer is then not given. */
  record(accessed: Accessed): Promise<void>;
}

export interface ReadinessReport {
  /** `starting` and `stopping` answer 503; `degraded` 200, with the stopped projections named in `checks`. */
  readonly status: 'ready' | 'degraded' | 'starting' | 'stopping';
  readonly checks?: { readonly [name: string]: Json };
}
export interface Readiness {
  report(): ReadinessReport;
}

/** The service's day: real JST time, or the sandbox's clock. */
export interface BusinessClock {
  today(): PlainDate;
}
/** Only with LEDGER_SANDBOX=true. */
export interface SandboxClock extends BusinessClock {
  /** Moves on and makes everything due happen before it answers; `behind` where the clock already stands later. */
  move(today: PlainDate, caller: Caller): Promise<{ readonly today: PlainDate } | 'behind'>;
}

export interface Administration {
  /** Starts a rebuild beside the running projection; null: no projection of that name. */
  rebuild(projection: string, caller: Caller): Promise<object | null>;
}

/** Exactly one of `eventId` and `position`. */
export interface InclusionAsked {
  readonly eventId?: string;
  readonly position?: string;
  /** Leaves of the tree proved in; default: the smallest signed one that holds the event, else the tree as it is. */
  readonly size?: number;
}

/** The proof that nothing was altered: checkpoints of the tree over the log, and what follows from it. */
export interface AuditQueries {
  checkpoints(page: Page): Promise<Listed<'checkpoints'>>;
  latestCheckpoint(): Promise<object>;
  /** As signed (C2SP tlog-checkpoint); null: nothing was signed yet. */
  latestNote(): Promise<string | null>;
  /** Null: no such event in the tree. */
  inclusion(asked: InclusionAsked): Promise<object | null>;
  /** `to`: default the tree as it is. */
  consistency(from: number, to: number | undefined): Promise<object>;
  keys(): Promise<object>;
}

export interface EvidenceAsked extends Fresh {
  /** Whether names and free texts go into it. */
  readonly texts: boolean;
}
/** The evidence of one contract: for those who check it elsewhere. */
export interface EvidenceQueries {
  /** The bytes of the document; null: no such contract. Throws {@link LogAltered}. */
  pack(contractId: string, asked: EvidenceAsked): Promise<string | null>;
  /** The same as a page of HTML. */
  report(contractId: string, asked: EvidenceAsked & { readonly language: 'en' | 'ja' }): Promise<string | null>;
}

/** What the log holds is not what was signed, or cannot have been written: 409, no evidence is made of it. */
export class LogAltered extends Error {
  override readonly name = 'LogAltered';
  constructor(
    readonly at: string,
    readonly why: string,
  ) {
    super(`${at}: ${why}`);
  }
}

/** Everything the service is made of behind its HTTP layer. */
export interface Ledger {
  readonly application: LedgerApplication;
  readonly queries: LedgerQueries;
  readonly tokens: TokenLookup;
  /** Null: only the ledger's own tokens are taken. */
  readonly issuer: TokenIssuer | null;
  readonly accesses: AccessRecorder;
  readonly readiness: Readiness;
  readonly clock: BusinessClock;
  /** Null unless the sandbox is on. */
  readonly sandbox: SandboxClock | null;
  readonly administration: Administration;
  readonly audit: AuditQueries;
  readonly evidence: EvidenceQueries;
  readonly feed: FeedDoor;
  /** Finishes what was begun, then lets go of everything. Idempotent. */
  close(): Promise<void>;
}

export const LEDGER_APPLICATION = Symbol('LedgerApplication');
export const LEDGER_QUERIES = Symbol('LedgerQueries');
export const TOKEN_LOOKUP = Symbol('TokenLookup');
export const TOKEN_ISSUER = Symbol('TokenIssuer');
export const READINESS = Symbol('Readiness');
export const BUSINESS_CLOCK = Symbol('BusinessClock');
export const SANDBOX_CLOCK = Symbol('SandboxClock');
export const ADMINISTRATION = Symbol('Administration');
export const AUDIT = Symbol('Audit');
export const EVIDENCE = Symbol('Evidence');
export const FEED = Symbol('Feed');
export const CONFIG = Symbol('Config');
