import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Book } from './book.js';
import { isMonth, type Month } from './charges.js';
import { Tree } from './digest.js';
import { eventStoreDoor, pullDoor } from './doors.js';
import { cursorOf } from './event.js';
import { adjustmentsCsv, statementCsv, sums, yen } from './export.js';
import { Ledger } from './ledger.js';
import { reconcileApplied, reconcileReceived } from './reconcile.js';
import { run } from './run.js';
import { readSettings, type Settings } from './settings.js';
import { EXIT, misuse, Trouble, type ExitCode } from './trouble.js';

const HELP = `billing-consumer: keeps a biller's book from the ledger's feed

  run [--once]                   applies the feed; --once ends at its head
  status                         where the book stands
  close <YYYY-MM>                catches up, then freezes the statements up to this month
  statement <YYYY-MM>            statement of a month as CSV: a draft while it is open
  adjustments [--about <YYYY-MM>]  what became known after its month was closed, as CSV
  reconcile [--through <YYYY-MM>]  compares with the ledger: every event, every contract and month
  digest [--size <n>]            RFC 6962 root over the first n events

  --out <file>  writes the CSV there      --bom  for spreadsheets      --json  answers in JSON

Settings: LEDGER_URL (http://127.0.0.1:3000), LEDGER_TOKEN or LEDGER_TOKEN_FILE, BILLING_DATA (./data/billing),
BILLING_CONSUMER (billing-consumer), EVENTSTORE_URL (reads the feed from EventStoreDB itself).
Exit codes: 0 done · 1 book and ledger differ · 2 the call is wrong · 3 not possible now · 4 stopped, somebody has to look · 130 interrupted
`;

const say = (text: string): void => void process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
const remark = (text: string): void => void process.stderr.write(`billing-consumer: ${text}\n`);

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => interruption.abort());

interface Options {
  readonly once?: boolean | undefined;
  readonly bom?: boolean | undefined;
  readonly json?: boolean | undefined;
  readonly out?: string | undefined;
  readonly through?: string | undefined;
  readonly about?: string | undefined;
  readonly size?: string | undefined;
}

function ledgerOf({ url, token }: Settings): Ledger {
  if (token === null) throw misuse('give a token of the role billing as LEDGER_TOKEN or LEDGER_TOKEN_FILE');
  return new Ledger(url, token);
}

async function follow(book: Book, settings: Settings, once: boolean): Promise<number> {
  const { eventStoreUrl, token, name } = settings;
  const door = eventStoreUrl === null ? pullDoor(ledgerOf(settings)) : eventStoreDoor(eventStoreUrl);
  const acknowledging = token === null ? null : { ledger: ledgerOf(settings), name };
  return run({ book, door, acknowledging, once, signal: interruption.signal, remark });
}

const monthOf = (text: string | undefined): Month => {
  if (text === undefined || !isMonth(text)) throw misuse(`name a month as YYYY-MM${text === undefined ? '' : `, not ${text}`}`);
  return text;
};

function give(text: string, { out }: Options): void {
  if (out === undefined) say(text);
  else writeFileSync(out, text, { mode: 0o600 });
}

/** The month that it is in Japan. */
const thisMonth = (): Month => new Date(Date.now() + 9 * 3_600_000).toISOString().slice(0, 7);

async function close(book: Book, settings: Settings, month: Month): Promise<void> {
  await follow(book, settings, true);
  if (interruption.signal.aborted) return;
  const seen = book.lastBusinessDate()?.slice(0, 7) ?? '';
  const now = seen > thisMonth() ? seen : thisMonth();
  if (month > now) throw misuse(`${month} has not begun: the feed has come to ${book.lastBusinessDate() ?? 'nothing yet'}`);
  for (const closed of book.closeThrough(month, new Date().toISOString())) {
    const s = sums(book.statement(closed));
    say(`${closed}: ${yen(s.charges)}, adjustments ${yen(s.adjustments)}${s.toBeQuoted > 0 ? `, ${s.toBeQuoted} to be quoted` : ''}; closed`);
  }
}

async function reconcile(book: Book, settings: Settings, options: Options): Promise<ExitCode> {
  const ledger = ledgerOf(settings);
  const through = monthOf(options.through ?? book.lastBusinessDate()?.slice(0, 7) ?? thisMonth());
  const received = await reconcileReceived(book, ledger);
  const applied = await reconcileApplied(book, ledger, through);
  const agree = received.differs === null && applied.differences.length === 0;
  if (options.json) say(JSON.stringify({ received, applied: { through, ...applied } }, null, 2));
  else {
    const { differs } = received;
    say(differs === null ? `${received.size} events: the same bytes in the same order (root ${received.root})` : `${received.size} events: from sequence ${differs.sequence} on they are not the ledger's: ${differs.id} of contract ${differs.contractId} (found in ${received.asked} questions)`);
    say(`${applied.rows} contract months through ${through}: ${applied.matched} agree, ${applied.differences.length} differ`);
    for (const d of applied.differences) {
      say(`  ${d.contractId} ${d.month}: here ${yen(d.total)}, ledger ${yen(d.expected)}${d.unknown ? ' (the ledger has published nothing of this contract)' : ''}`);
      if (d.lines.length === 0 && !d.unknown) say('    its lines agree: the difference is in the closed statement or its adjustments');
      for (const l of d.lines) say(`    line ${l.lineId} of ${l.subject}, ${l.clause}: ${yen(l.amount)} by ${l.events.map((e) => `${e.type} ${e.sequence}.${e.id}`).join(', ')}`);
    }
  }
  return agree ? EXIT.ok : EXIT.differs;
}

function status(book: Book, { json }: Options): void {
  const at = book.checkpoint();
  const standing = { events: book.size(), cursor: at && cursorOf(at), lastBusinessDate: book.lastBusinessDate(), closedThrough: book.closedThrough() };
  if (json) say(JSON.stringify(standing, null, 2));
  else say(`${standing.events} events, the last recorded on ${standing.lastBusinessDate ?? '-'} (cursor ${standing.cursor ?? '-'}); closed through ${standing.closedThrough ?? '-'}`);
}

async function command(settings: Settings, [name, ...words]: readonly string[], options: Options): Promise<ExitCode> {
  const [word] = words;
  if (words.length > 1 || (word !== undefined && name !== 'close' && name !== 'statement')) throw misuse(`${words.at(-1)} is not understood (say --help for more)`);
  const book = Book.in(settings.data);
  try {
    switch (name) {
      case 'run':
        remark(`${await follow(book, settings, options.once ?? false)} events applied; the book holds ${book.size()}`);
        break;
      case 'status':
        status(book, options);
        break;
      case 'close':
        await close(book, settings, monthOf(word));
        break;
      case 'statement': {
        const statement = book.statement(monthOf(word));
        if (options.json) say(JSON.stringify(statement, null, 2));
        else give(statementCsv(statement, options), options);
        break;
      }
      case 'adjustments': {
        const adjustments = book.adjustments(options.about === undefined ? {} : { about: monthOf(options.about) });
        if (options.json) say(JSON.stringify(adjustments, null, 2));
        else give(adjustmentsCsv(adjustments, options), options);
        break;
      }
      case 'reconcile':
        return await reconcile(book, settings, options);
      case 'digest': {
        const size = options.size === undefined ? book.size() : Number(options.size);
        if (!Number.isInteger(size) || size < 0 || size > book.size()) throw misuse(`--size must be a number of events from 0 to ${book.size()}`);
        say(JSON.stringify({ size, root: Tree.of(book.stored()).root(size) }));
        break;
      }
      default:
        throw misuse(name === undefined ? 'say what to do (--help for more)' : `there is no command ${name} (say --help for more)`);
    }
    return interruption.signal.aborted && name !== 'run' ? EXIT.interrupted : EXIT.ok;
  } finally {
    book.close();
  }
}

async function main(): Promise<ExitCode> {
  let parsed;
  try {
    parsed = parseArgs({
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        once: { type: 'boolean' },
        bom: { type: 'boolean' },
        json: { type: 'boolean' },
        out: { type: 'string' },
        through: { type: 'string' },
        about: { type: 'string' },
        size: { type: 'string' },
      },
    });
  } catch (error) {
    throw misuse(`${(error as Error).message} (say --help for more)`);
  }
  if (parsed.values.help) {
    say(HELP);
    return EXIT.ok;
  }
  return command(readSettings(process.env), parsed.positionals, parsed.values);
}

try {
  process.exitCode = await main();
} catch (error) {
  remark(error instanceof Trouble ? error.message : ((error as Error).stack ?? String(error)));
  process.exitCode = error instanceof Trouble ? error.exit : EXIT.unavailable;
}
