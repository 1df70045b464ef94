import { hashToken } from '@app/access';
import { DEFAULT_POLICIES } from '@app/agreement';
import { plainDate } from '@app/calendar';
import { DEFAULT_SCHEDULE } from '@app/delivery';
import { pino } from 'pino';
import { createServer } from '../http/server.js';
import { ROLES } from '@app/access';
import type { Config } from '../config.js';
import { FeedRewound } from '../ports.js';
import type { EvidenceQueries, LogAltered } from '../ports.js';
import type { Accessed, AuditQueries, Caller, CommandEnvelope, CommandOutcome, FeedDoor, Ledger, LedgerQueries, ReadinessReport, TokenIssuer } from '../ports.js';
import type { Role } from '@app/access';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

export const UUID = '6f0d3c1a-5b7e-5d92-8a41-2f9c7be0d6a3';
export const TODAY = plainDate('2026-02-20');

export const tokenOf = (role: Role): string => `cl_${role.padEnd(43, 'x')}`;

/** A ledger that remembers what it was asked and answers as told. */
export class StubLedger implements Ledger {
  readonly asked: CommandEnvelope[] = [];
  readonly questions: (readonly [name: string, args: readonly unknown[]])[] = [];
  outcome: CommandOutcome | Error = { status: 201, body: { contractId: UUID, receipts: [], warnings: [] }, replayed: false };
  answers: { [N in keyof LedgerQueries]?: unknown } = {};
  ready: ReadinessReport = { status: 'ready' };
  closed = 0;
  moved: string[] = [];

  readonly application = {
    execute: async (envelope: CommandEnvelope): Promise<CommandOutcome> => {
      this.asked.push(envelope);
      if (this.outcome instanceof Error) throw this.outcome;
      return this.outcome;
    },
  };
  readonly queries = Object.fromEntries(
    ['contract', 'contracts', 'history', 'managementUnits', 'managementUnit', 'records', 'renewals', 'settlements', 'charges', 'discontinuation', 'tokens', 'approvals', 'approval', 'refusals', 'policies', 'erasures', 'silence', 'reads', 'accessReview', 'projections', 'webhooks', 'webhook', 'webhookDeliveries'].map(
      (name) => [
        name,
        async (...args: unknown[]) => {
          this.questions.push([name, args]);
          const answer = this.answers[name as keyof LedgerQueries];
          if (answer instanceof Error) throw answer;
          return answer === undefined ? { answered: name } : answer;
        },
      ],
    ),
  ) as unknown as LedgerQueries;
  readonly tokens = {
    lookup: (hash: string): Caller | null => {
      const role = ROLES.find((r) => hashToken(tokenOf(r)) === hash);
      return role === undefined ? null : { subject: `${role}-1`, role, tokenId: UUID };
    },
  };
  issuer: TokenIssuer | null = null;
  readonly accessed: Accessed[] = [];
  unrecorded: Error | null = null;
  readonly accesses = {
    record: async (accessed: Accessed): Promise<void> => {
      if (this.unrecorded) throw this.unrecorded;
      this.accessed.push(accessed);
    },
  };
  readonly readiness = { report: () => this.ready };
  readonly clock = { today: () => TODAY };
  readonly sandbox = {
    today: () => TODAY,
    move: async (today: string) => {
      if (today < TODAY) return 'behind' as const;
      this.moved.push(today);
      return { today: plainDate(today) };
    },
  };
  readonly audit = Object.fromEntries(
    ['checkpoints', 'latestCheckpoint', 'latestNote', 'inclusion', 'consistency', 'keys'].map((name) => [
      name,
      async (...args: unknown[]) => {
        this.questions.push([name, args]);
        return name === 'latestNote' ? 'a note' : { answered: name };
      },
    ]),
  ) as unknown as AuditQueries;
  readonly evidence: EvidenceQueries = {
    pack: async (...args) => {
      this.questions.push(['evidence', args]);
      if (this.altered) throw this.altered;
      return '{"format":"contract-ledger-evidence/1"}';
    },
    report: async (...args) => {
      this.questions.push(['report', args]);
      return '<!doctype html>';
    },
  };
  altered: LogAltered | null = null;
  /** A feed of nothing, whose streams end at once. */
  readonly feed: FeedDoor = {
    head: () => null,
    report: () => ({ head: null, publisher: { state: 'live', stopped: null, problem: null, position: null } }),
    check: (asked) => {
      throw new FeedRewound(asked, null);
    },
    page: async (after) => {
      if (after) throw new FeedRewound(after, null);
      return { events: [], next: null, full: false };
    },
    read: async () => [],
    arrived: async () => undefined,
    contractSequences: () => [],
    digest: () => ({ size: 0, root: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' }),
    acknowledge: async (name, cursor) => ({ name, ...cursor, acknowledgedAt: '2026-02-20T00:00:00.000Z' }),
    consumers: () => [],
    closing: AbortSignal.abort(),
    closeDoors: () => undefined,
  };
  readonly administration = { rebuild: async (projection: string) => (projection === 'renewals' ? { projection } : null) };

  async close(): Promise<void> {
    this.closed++;
  }
}

export const CONFIG: Config = {
  port: 0,
  data: '/nowhere',
  policies: DEFAULT_POLICIES,
  sandbox: { today: TODAY },
  holidays: null,
  eventStoreUrl: null,
  fourEyes: false,
  retentionYears: 10,
  rateLimit: null,
  oidc: null,
  webhooks: { allow: new Set(), schedule: DEFAULT_SCHEDULE },
  secretsKey: null,
  logLevel: 'silent',
  signer: null,
  witnesses: [],
};

/** The real HTTP layer around a stub. */
export async function serve(ledger: Ledger = new StubLedger(), config: Config = CONFIG): Promise<NestFastifyApplication> {
  return createServer(ledger, config, pino({ level: 'silent' }));
}

export interface Answer {
  readonly status: number;
  readonly headers: { readonly [name: string]: unknown };
  readonly body: { readonly [member: string]: unknown };
}

/** One request, as an administrator unless told otherwise. */
export async function ask(
  app: NestFastifyApplication,
  method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH' | 'HEAD',
  url: string,
  body?: unknown,
  headers: { readonly [name: string]: string } = {},
): Promise<Answer> {
  const response = await app.inject({
    method,
    url,
    headers: { authorization: `Bearer ${tokenOf('admin')}`, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { payload: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body) }),
  });
  return { status: response.statusCode, headers: response.headers, body: response.payload ? (JSON.parse(response.payload) as Answer['body']) : {} };
}
