import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hashToken, isAccepted, newToken, TokenBook, tokenStream, type TokenEvent } from '@app/access';
import { VENDORS } from '@app/agreement';
import type { PlainDate } from '@app/calendar';
import { lockFolder, openRegister } from '@app/erasable';
import { openEmbeddedStore, openEventStoreDb, saveMarker, WrongExpectedRevision, writeDurably, type EventStore } from '@app/event-store';
import { deriveId } from '@app/kernel';
import type { Logger } from 'pino';
import type { Config } from '../config.js';
import { feedOfWebhooks } from '../delivery/feed-of-webhooks.js';
import { Webhooks } from '../delivery/webhooks.js';
import { Audit, originOf } from '../audit/audit.js';
import { Evidence } from '../audit/evidence.js';
import { Feed, type FeedOptions } from '../feed/feed.js';
import { Unavailable, type Caller, type Ledger, type ReadinessReport, type SandboxClock } from '../ports.js';
import { AcknowledgedStore } from './acknowledged.js';
import { AccessLog } from './access-log.js';
import { Application, SYSTEM } from './application.js';
import { RealClock, SANDBOX_CLOCK_FILE, StoredClock } from './clock.js';
import { foundLedger, WrongLog } from './founding.js';
import { recordPolicies } from './policies-set.js';
import { OidcIssuer } from './issuer.js';
import { stamp } from './metadata.js';
import type { ProjectorData } from './projector-thread.js';
import { openReads } from './reads.js';
import { Scheduler } from './scheduler.js';
import { tokenEvents } from './system-events.js';

const MARKER_EVERY_MS = 5_000;

/** Which build decided: the version and the hash of its sources, as the start script says. */
const buildName = (): string => process.env['LEDGER_BUILD'] ?? 'development';

/** Opens everything behind the HTTP layer on one data folder. What can be served at once is; the rest follows in the background and shows in readiness. */
export async function openLedger(config: Config, log: Logger): Promise<Ledger> {
  mkdirSync(config.data, { recursive: true, mode: 0o700 });
  const lock = lockFolder(config.data);
  const closers: (() => Promise<void> | void)[] = [() => lock.release()];
  const closeAll = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    const build = buildName();
    if (!config.sandbox && existsSync(join(config.data, SANDBOX_CLOCK_FILE)))
      throw new WrongLog(`the data folder ${config.data} is a sandbox's, whose days are not real ones; start it with LEDGER_SANDBOX=true, or name another folder in LEDGER_DATA`);
    const clock = config.sandbox ? new StoredClock(config.data, config.sandbox.today) : new RealClock();
    const today = (): PlainDate => clock.today();
    const register = openRegister({ file: join(config.data, 'register.sqlite') });
    closers.push(() => register.close());
    const { opened, follow, lend } = await openStore(config);
    const store = new AcknowledgedStore(opened);
    closers.push(() => store.close());
    const { ledgerId, anew } = await foundLedger(store, config.data, today(), build);
    await recordPolicies(store, config, today(), build);
    const feed = new Feed({ log: opened, lend, ledgerId, holidays: config.holidays, folder: config.data, anew, logger: log });
    closers.push(() => feed.close());

    const reads = await openReads({ file: join(config.data, 'read.sqlite'), store, follow, ledgerId, register, today, holidays: config.holidays, log });
    closers.push(() => reads.close());
    const audit = new Audit({ file: join(config.data, 'audit.sqlite'), log: follow, ledgerId, origin: originOf(ledgerId), signer: config.signer, witnesses: config.witnesses, store, logger: log });
    closers.push(() => audit.stop());
    const evidence = new Evidence({ store, register, audit, records: reads.queries.records, ledgerId, origin: originOf(ledgerId), holidays: config.holidays, today });
    const tokens = new TokenBook();
    const application = new Application({ store, register, tokens, policies: config.policies, holidays: config.holidays, build, fourEyes: config.fourEyes, retentionYears: config.retentionYears, today, reads: reads.forCommands, webhooks: () => webhooks, log });
    // Past the store that remembers what was acknowledged: nobody's read has to wait for the record of another's.
    const accesses = new AccessLog({ store: opened, build, today, log });
    reads.connect(application, accesses);
    const webhooks: Webhooks = new Webhooks({
      store,
      feed: feedOfWebhooks(feed),
      register,
      folder: config.data,
      ...config.webhooks,
      secretsKey: config.secretsKey,
      idsPage: (page) => reads.webhookIdsPage(page),
      gone: (webhookId, eventId) => application.recordGone(webhookId, eventId),
      log,
    });
    closers.push(() => webhooks.close());
    const scheduler = new Scheduler({ application, dueBy: (day, limit) => reads.dueBy(day, limit), waitFor: (position) => reads.forCommands.waitFor(position), today, log });

    let phase: 'starting' | 'open' | 'stopping' = 'starting';
    let tokensKnown = false;
    const stopping = new AbortController();

    /** A read model that has stopped keeps nothing else from being served (readiness says `degraded`); its work waits for a rebuild. */
    const unlessStopped = async (work: () => Promise<string | null>): Promise<string | null> => {
      try {
        return await work();
      } catch (error) {
        if (!reads.readiness().stopped) throw error;
        log.error({ err: error }, 'due work waits until the stopped read model is rebuilt');
        return store.head();
      }
    };

    /** Work of the start that needs the read models: in order, and tried again while the store is away. */
    const begin = async (): Promise<void> => {
      await reads.caughtUp();
      // Before anybody is let in: a register that was restored holds again what was erased.
      let erased = 0;
      for (const erasure of reads.erasures()) erased += await application.erasures.repeat(erasure);
      if (erased > 0) log.warn({ erased }, 'texts that had been erased were in the register again and were removed');
      for (const entry of reads.tokenEntries()) tokens.put(entry);
      await adminToken(store, tokens, config.data, today(), build, log);
      tokensKnown = true;
      for (const unit of reads.unfinishedUnits()) await application.sweepUnit(unit);
      for (const approval of reads.pendingApprovals()) await application.approvals.sweep(approval);
      for (const vendor of VENDORS) await application.carryOut(vendor);
      const head = await unlessStopped(async () => {
        // An interrupted move of the sandbox's clock is finished before anything is served.
        if (config.sandbox) await scheduler.work(today(), true);
        const last = await store.head();
        if (last) await reads.forCommands.waitFor(last);
        return last;
      });
      application.outcomes.openedAt(head);
      phase = phase === 'starting' ? 'open' : phase;
      // Not before: they want a core of their own, and nobody waits for them.
      if (phase === 'open') {
        feed.start();
        audit.start();
      }
      webhooks.begin(reads.webhookIds());
      log.info({ ledgerId, today: today() }, 'ready');
      if (!config.sandbox) {
        scheduler.start();
        void scheduler.work(today(), false).catch((error: unknown) => log.warn({ err: error }, 'due work failed and is tried again'));
      }
      // Texts are removed only where it is certain that no event refers to them.
      const commandsAt = reads.forCommands.commandsAt();
      if (reads.readiness().stopped || commandsAt === null || (head !== null && store.compare(commandsAt, head) < 0)) return;
      const swept = await register.sweep((commandId) => reads.forCommands.usesOf(commandId).length > 0);
      if (swept > 0) log.info({ swept }, 'texts of commands that never came to be were removed');
    };
    const beginning = (async () => {
      for (;;) {
        try {
          await begin();
          return;
        } catch (error) {
          if (stopping.signal.aborted) return;
          log.error({ err: error }, 'the start cannot be finished yet and is tried again');
          await sleep(1_000, undefined, { signal: stopping.signal }).catch(() => undefined);
        }
      }
    })();

    let marked: string | null = null;
    const mark = (): void => {
      const read = reads.lastSeen();
      const { acknowledged } = store;
      const seen = acknowledged !== null && (read === null || store.compare(acknowledged, read) > 0) ? acknowledged : read;
      if (seen === null || seen === marked) return;
      saveMarker(config.data, { ledgerId, lastPosition: seen });
      marked = seen;
    };
    const marking = setInterval(() => {
      try {
        mark();
      } catch (error) {
        log.warn({ err: error }, 'the last position seen could not be kept');
      }
    }, MARKER_EVERY_MS);
    marking.unref();

    let moving: { day: PlainDate; done: Promise<void> } | null = null;
    const sandbox: SandboxClock | null =
      clock instanceof StoredClock
        ? {
            today,
            async move(day) {
              if (phase !== 'open') throw new Unavailable('starting', 1);
              while (moving && moving.day !== day) await moving.done.catch(() => undefined);
              if (moving) {
                await moving.done;
                return { today: clock.today() };
              }
              if (day < clock.today()) return 'behind';
              const done = application.gate.alone(async () => {
                if (day > clock.today()) clock.set(day);
                await scheduler.work(day, true);
                const head = await store.head();
                if (head) await reads.forCommands.waitFor(head);
              });
              moving = { day, done };
              try {
                await done;
              } finally {
                moving = null;
              }
              return { today: clock.today() };
            },
          }
        : null;

    let closed: Promise<void> | null = null;
    return {
      application: {
        execute: (envelope) => {
          if (phase !== 'open') throw new Unavailable(phase === 'starting' ? 'starting' : 'stopping', 1);
          return application.execute(envelope);
        },
      },
      queries: { ...reads.queries, ...webhooks.queries },
      tokens: {
        lookup(hash): Caller | null {
          if (!tokensKnown) throw new Unavailable('starting', 1);
          const entry = tokens.find(hash);
          return entry && isAccepted(entry, today()) ? { subject: entry.subject, role: entry.role, tokenId: entry.tokenId } : null;
        },
      },
      issuer: config.oidc ? new OidcIssuer(config.oidc, { log }) : null,
      accesses,
      readiness: {
        report(): ReadinessReport {
          const { stopped, behind, checks } = reads.readiness();
          const problem = store.problem();
          const { publisher } = feed.report();
          const status = phase === 'stopping' ? 'stopping' : phase === 'starting' || behind || problem !== null ? 'starting' : stopped || publisher.stopped ? 'degraded' : 'ready';
          const why = publisher.stopped?.message ?? publisher.problem;
          return { status, checks: { ...checks, feed: why === null ? publisher.state : `${publisher.state}: ${why}`, audit: audit.check(), store: problem ?? 'ok' } };
        },
      },
      clock,
      sandbox,
      feed,
      administration: { rebuild: (projection) => reads.rebuild(projection) },
      audit,
      evidence,
      close() {
        closed ??= (async () => {
          phase = 'stopping';
          stopping.abort();
          clearInterval(marking);
          await scheduler.stop();
          await webhooks.close();
          await application.close();
          await feed.close();
          await accesses.close();
          reads.stop();
          await beginning;
          mark();
          await closeAll();
        })();
        return closed;
      },
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** The store of the settings, and how other threads follow it and append to it. */
async function openStore(config: Config): Promise<{ opened: EventStore; follow: ProjectorData['log']; lend: FeedOptions['lend'] }> {
  const { eventStoreUrl: url } = config;
  if (url) return { opened: await openEventStoreDb({ url }), follow: { url }, lend: () => ({ url }) };
  const opened = await openEmbeddedStore({ file: join(config.data, 'log.sqlite') });
  return { opened, follow: opened.share, lend: () => opened.lend() };
}

/** The first start writes an administrator's token to a file only its owner can read; a later one finds it. */
async function adminToken(store: EventStore, tokens: TokenBook, folder: string, today: PlainDate, build: string, log: Logger): Promise<void> {
  const file = join(folder, 'admin-token');
  if (tokens.entries().length > 0) return;
  // The file first: a crash in between leaves a token that the next start makes valid.
  const fresh = newToken(crypto.getRandomValues(new Uint8Array(32)));
  const token = existsSync(file) ? readFileSync(file, 'utf8').trim() : fresh.token;
  if (!existsSync(file)) writeDurably(file, `${token}\n`, 0o600);
  const commandId = deriveId('admin-token', hashToken(token));
  const tokenId = deriveId('token', commandId);
  const event: TokenEvent = { type: 'TokenIssued', data: { tokenId, subject: 'admin', role: 'admin', hash: hashToken(token), expiresOn: null } };
  const events = stamp([{ id: deriveId('event', commandId, 0), type: event.type, data: event.data, receipts: [] }], tokenEvents, { commandId, envelope: { name: 'IssueToken', caller: SYSTEM, requestHash: commandId, requestId: commandId } as never, businessDate: today, build }, { status: 201, tokenId });
  try {
    await store.append(tokenStream(tokenId), 'no_stream', events);
  } catch (error) {
    if (!(error instanceof WrongExpectedRevision)) throw error;
  }
  tokens.apply(event);
  log.info({ file }, 'the administrator\'s token was written; only its owner can read it');
  console.log(`ledger: the administrator's token is in ${file}`);
}

