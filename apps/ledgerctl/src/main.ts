import { Command, CommanderError } from 'commander';
import type { ReviewOptions } from './commands/access-review.js';
import type { AnchorOptions, AuditVerifyOptions } from './commands/audit.js';
import type { RestoreOptions } from './commands/backup.js';
import type { PackOptions, ReportOptions } from './commands/evidence.js';
import type { DemoOptions } from './commands/demo.js';
import type { GrantOptions } from './commands/feed-grant.js';
import type { ReplayOptions, TailOptions } from './commands/feed.js';
import type { ImportOptions } from './commands/import.js';
import type { ReplayCommandOptions } from './commands/replay.js';
import type { IssueOptions } from './commands/tokens.js';
import type { SignerOptions } from './commands/signer.js';
import { interruption, listenForSignals } from './interrupt.js';
import { readSettings, type CommonOptions, type Settings } from './settings.js';
import { EXIT, misuse, told, type ExitCode } from './trouble.js';

/** Each file of commands is loaded when one of its commands is asked for: all of them take longer to load than most take to run. */
const load = {
  accessReview: () => import('./commands/access-review.js'),
  audit: () => import('./commands/audit.js'),
  backup: () => import('./commands/backup.js'),
  evidence: () => import('./commands/evidence.js'),
  demo: () => import('./commands/demo.js'),
  feedGrant: () => import('./commands/feed-grant.js'),
  feed: () => import('./commands/feed.js'),
  import: () => import('./commands/import.js'),
  projections: () => import('./commands/projections.js'),
  replay: () => import('./commands/replay.js'),
  tokens: () => import('./commands/tokens.js'),
  signer: () => import('./commands/signer.js'),
  verify: () => import('./commands/verify.js'),
  witness: () => import('./commands/witness.js'),
};

type Work = (settings: Settings) => Promise<ExitCode | void> | void;

function program(run: (work: Work, options: CommonOptions) => Promise<void>): Command {
  const cli = new Command('ledgerctl')
    .description('Operates the contract ledger: by its service while that runs, by its files while it does not.')
    .option('--data <folder>', 'data folder (default: LEDGER_DATA or ./data)')
    .option('--token <token>', 'token for calls (default: LEDGER_TOKEN or the admin-token of the data folder)')
    .option('--json', 'answer in JSON')
    .option('--language <en|ja>', 'language of details (default: that of the locale)')
    .showHelpAfterError('(say --help for more)')
    .addHelpText(
      'after',
      '\nExit codes: 0 done · 1 the answer is no (differences, refused rows) · 2 the call is wrong · 3 not possible now · 130 interrupted',
    );
  const action =
    <M, A extends unknown[]>(loaded: () => Promise<M>, work: (commands: M, settings: Settings, ...args: A) => Promise<ExitCode | void> | void) =>
    (...args: unknown[]): Promise<void> => {
      const command = args.at(-1) as Command;
      return run(async (settings) => work(await loaded(), settings, ...(args.slice(0, -1) as A)), command.optsWithGlobals<CommonOptions>());
    };

  const tokens = cli.command('tokens').description('who may call the service');
  tokens
    .command('issue')
    .description('issues a token and shows it once')
    .requiredOption('--subject <id>', 'who acts under it: an id, never a name')
    .requiredOption('--role <role>', 'admin, operator, billing or auditor')
    .option('--label <text>', 'what people call it')
    .option('--expires-on <date>', 'last day on which it is accepted')
    .action(action(load.tokens, (c, settings, options: IssueOptions) => c.issueToken(settings, options)));
  tokens
    .command('list')
    .description('every token, never the secret')
    .action(action(load.tokens, (c, settings) => c.listTokens(settings)));
  tokens
    .command('revoke <id>')
    .description('no longer accepts a token')
    .requiredOption('--reason <text>', 'why')
    .action(action(load.tokens, (c, settings, id: string, { reason }: { reason: string }) => c.revokeToken(settings, id, reason)));

  const projections = cli.command('projections').description('the read models');
  projections
    .command('status')
    .description('how far each is, and what stopped it')
    .action(action(load.projections, (c, settings) => c.projectionStatus(settings)));
  projections
    .command('rebuild [names...]')
    .description('builds read models anew from the log; reads go on meanwhile')
    .option('--all', 'all of them')
    .action(
      action(load.projections, (c, settings, names: string[], { all }: { all?: boolean }) => {
        if ((names.length === 0) === !all) throw misuse('name the projections to rebuild, or say --all');
        return c.rebuildProjections(settings, names);
      }),
    );

  const feed = cli.command('feed').description('the billing feed, of a running service');
  feed
    .command('tail')
    .description('prints events as they are published, until Ctrl-C')
    .option('--from <cursor|start>', 'begin behind this event (default: the head)')
    .action(action(load.feed, (c, settings, options: TailOptions) => c.tailFeed(settings, options)));
  feed
    .command('replay')
    .description('writes stored events, one a line')
    .requiredOption('--from <cursor|start>', 'begin behind this event')
    .option('--to <cursor>', 'the last event (default: the head)')
    .option('--out <file>', 'a new file; default: the standard output')
    .action(action(load.feed, (c, settings, options: ReplayOptions) => c.replayFeed(settings, options)));
  feed
    .command('status')
    .description('the head, the publisher, and how far each consumer is')
    .action(action(load.feed, (c, settings) => c.feedStatus(settings)));
  feed
    .command('rewind-consumer <name> <cursor|start>')
    .description('moves the position that the ledger keeps for a consumer')
    .action(action(load.feed, (c, settings, name: string, to: string) => c.rewindConsumer(settings, name, to)));
  feed
    .command('grant <user>')
    .description('lets a user of EventStoreDB read the published stream there, and nothing else')
    .option('--password-file <file>', 'holds the password (default: the variable LEDGER_FEED_PASSWORD)')
    .action(action(load.feedGrant, (c, settings, user: string, options: GrantOptions) => c.grantFeed(settings, user, options)));

  cli
    .command('verify')
    .description('checks the log, the texts and every row of the read models')
    .action(action(load.verify, (c, settings) => c.verify(settings)));

  const audit = cli.command('audit').description('what auditors ask for');
  audit
    .command('access-review')
    .description('who could call the ledger during some days, and who did; CSV, or JSON with --json')
    .option('--quarter <quarter>', 'such as 2026Q3')
    .option('--from <date>', 'first day, instead of a quarter')
    .option('--to <date>', 'last day')
    .option('--out <file>', 'write it there, readable by its owner only')
    .action(action(load.accessReview, (c, settings, options: ReviewOptions) => c.accessReview(settings, options)));
  audit
    .command('replay')
    .description('decides everything in the log again and lists what would come out otherwise today')
    .option('--accepted <file.json>', 'reviewed differences (default: docs/audit/differences.json)')
    .action(action(load.replay, (c, settings, options: ReplayCommandOptions) => c.auditReplay(settings, options)));

  cli
    .command('backup <folder>')
    .description('copies log and register into a new folder, also while the service runs, and verifies the copy')
    .action(action(load.backup, (c, settings, folder: string) => c.backupFolder(settings, folder)));
  cli
    .command('restore [backup]')
    .description('puts a backup into a data folder, or accepts the log that is there')
    .option('--into <folder>', 'default: the data folder')
    .option('--replace', 'put it in the place of the ledger that is there; that one is kept beside')
    .option('--accept', 'accept the log of the data folder as it is, after it was restored by other means')
    .action(
      action(load.backup, (c, settings, backup: string | undefined, { accept, ...options }: RestoreOptions & { accept?: boolean }) => {
        if ((backup === undefined) === !accept) throw misuse('name the backup to restore, or say --accept (not both)');
        return accept ? c.acceptLog(settings) : c.restoreBackup(settings, backup!, options);
      }),
    );

  audit
    .command('pack <contractId>')
    .description('writes the evidence of a contract: one file that anybody can verify offline')
    .requiredOption('--out <file>', 'a new file, readable by its owner only')
    .option('--without-texts', 'leave names and free texts out')
    .option('--url <url>', 'ask the service there (with --token of an auditor); default: the data folder')
    .action(action(load.evidence, (c, settings, contractId: string, options: PackOptions) => c.packEvidence(settings, contractId, options)));
  audit
    .command('report [contractId]')
    .description('writes the evidence of a contract as a page to read and print')
    .requiredOption('--out <file.html>', 'a new file, readable by its owner only')
    .option('--lang <ja|en>', 'default: as --language')
    .option('--pack <file>', 'of a pack, offline')
    .option('--key <key...>', "with --pack: public keys of the log's signer (or files of them)")
    .option('--witness <key...>', 'with --pack: public keys of witnesses (or files of them)')
    .option('--without-texts', 'leave names and free texts out')
    .option('--url <url>', 'ask the service there (with --token of an auditor); default: the data folder')
    .action(action(load.evidence, (c, settings, contractId: string | undefined, options: ReportOptions) => c.reportEvidence(settings, contractId, options)));
  audit
    .command('verify [pack]')
    .description('reads every event again and holds the log, or the evidence of a contract, to everything that was signed of it')
    .option('--key <key...>', "public keys of the log's signer (or files of them); default: those the ledger names, which excludes no forgery")
    .option('--witness <key...>', 'public keys of witnesses (or files of them); each must have cosigned')
    .option('--since <file...>', 'checkpoints kept elsewhere: excludes a rollback to before them')
    .option('--export <file>', 'verify an export')
    .option('--log <file>', 'verify a log.sqlite that lies anywhere')
    .option('--audit <file>', 'with the audit.sqlite that belongs to it')
    .option('--no-pages', "leave out SQLite's own check of the file and its index")
    .option('--no-read-models', 'leave out read models and texts')
    .action(
      action(load.audit, async (c, settings, pack: string | undefined, options: AuditVerifyOptions) => {
        if (pack === undefined) return c.auditVerify(settings, options);
        if (options.since ?? options.export ?? options.log ?? options.audit) throw misuse('of a pack only --key and --witness are asked for');
        return (await load.evidence()).verifyEvidence(settings, pack, options);
      }),
    );
  audit
    .command('export <file>')
    .description('writes the log with its evidence as one JSON text a line')
    .action(action(load.audit, (c, settings, file: string) => c.auditExport(settings, file)));
  audit
    .command('anchor')
    .description('appends the newest checkpoint to a file kept elsewhere, once it is proved to go on from the last one there')
    .requiredOption('--file <file>', 'append-only: best on another host')
    .option('--key <key...>', "public keys of the log's signer (or files of them)")
    .option('--url <url>', 'ask the service there (with --token of an auditor); default: the data folder')
    .action(action(load.audit, (c, settings, options: AnchorOptions) => c.auditAnchor(settings, options)));

  const keyOption = ['--key <file>', 'its secret key (default: LEDGER_SIGNER_KEY); outside the data folder'] as const;
  const signer = cli.command('signer').description("signs the log's checkpoints, as a process of its own, best under another account");
  signer
    .command('init')
    .description('makes its key and shows the public one')
    .option(...keyOption)
    .option('--ledger <id>', 'which ledger (default: that of the data folder)')
    .action(action(load.signer, (c, settings, options: SignerOptions & { ledger?: string }) => c.initSigner(settings, options)));
  signer
    .command('run')
    .description('signs what goes on from the checkpoint that it signed last, and nothing else')
    .option(...keyOption)
    .option('--socket <file>', 'where the service reaches it (default: LEDGER_SIGNER)')
    .action(action(load.signer, (c, settings, options: SignerOptions & { socket?: string }) => c.runSigner(settings, options)));
  signer
    .command('keys')
    .description('its public keys')
    .option(...keyOption)
    .action(action(load.signer, (c, settings, options: SignerOptions) => c.signerKeys(settings, options)));
  signer
    .command('rotate')
    .description('adds a key; it then signs with the old ones too')
    .option(...keyOption)
    .action(action(load.signer, (c, settings, options: SignerOptions) => c.rotateSigner(settings, options)));
  signer
    .command('retire <id>')
    .description('takes an old key away')
    .option(...keyOption)
    .action(action(load.signer, (c, settings, id: string, options: SignerOptions) => c.retireSigner(settings, { ...options, id })));
  signer
    .command('adopt <checkpoint>')
    .description('says what was signed last, where the file that says it was lost')
    .option(...keyOption)
    .action(action(load.signer, (c, settings, checkpoint: string, options: SignerOptions) => c.adoptCheckpoint(settings, { ...options, checkpoint })));

  const witness = cli.command('witness').description('cosigns the checkpoints of logs, on another host or under another account');
  witness
    .command('init')
    .description('makes its folder and key, and shows the public one')
    .requiredOption('--folder <folder>', 'its own folder')
    .requiredOption('--name <name>', 'what it signs as, e.g. audit.example.com/w1')
    .action(action(load.witness, (c, settings, options: { folder: string; name: string }) => c.initWitness(settings, options)));
  witness
    .command('watch <keys...>')
    .description('takes logs under watch, by their public keys (or files of them); a new key of a log is added')
    .requiredOption('--folder <folder>', 'its own folder')
    .action(action(load.witness, (c, settings, keys: string[], options: { folder: string }) => c.watchLogs(settings, { ...options, keys })));
  witness
    .command('run')
    .description('cosigns what goes on from the checkpoint that it cosigned last, and nothing else')
    .requiredOption('--folder <folder>', 'its own folder')
    .option('--listen <host:port>', 'where it is reached', '127.0.0.1:3100')
    .action(action(load.witness, (c, settings, options: { folder: string; listen: string }) => c.runWitness(settings, options)));

  const imports = cli.command('import').description('brings existing contracts in');
  imports
    .command('contracts <file.csv>')
    .description('records the contracts of a CSV file; a rerun goes on where the last one stopped')
    .option('--preview', 'store nothing, only say what would be accepted')
    .option('--report <file>', 'one line for each row (default: <file.csv>.report.csv)')
    .option('--resume', 'go on from the report of an earlier run')
    .option('--encoding <name>', 'of the file: utf-8 or shift_jis', 'utf-8')
    .option('--concurrency <n>', 'commands under way at the same time', '16')
    .action(action(load.import, (c, settings, file: string, options: ImportOptions) => c.importContracts(settings, file, options)));

  cli
    .command('demo')
    .description('fills a sandbox with a believable year of contracts and keeps it running')
    .option('--exit', 'stop the service again when it is filled')
    .action(action(load.demo, (c, settings, options: DemoOptions) => c.runDemo(settings, cli.opts<CommonOptions>().data, options)));

  const strict = (c: Command): void => {
    c.exitOverride().allowExcessArguments(false);
    c.commands.forEach(strict);
  };
  strict(cli);
  return cli;
}

async function main(): Promise<void> {
  listenForSignals();
  // Whoever read the answer has heard enough (`| head`).
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? EXIT.ok : EXIT.unavailable));
  let exit: ExitCode = EXIT.ok;
  const cli = program(async (work, options) => {
    exit = (await work(readSettings(options, process.env))) ?? EXIT.ok;
  });
  try {
    await cli.parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) exit = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    else {
      const { text, exit: code } = told(error);
      process.stderr.write(`ledgerctl: ${text}\n`);
      exit = code;
    }
  }
  process.exitCode = interruption.aborted && exit === EXIT.unavailable ? EXIT.interrupted : exit;
}

await main();
