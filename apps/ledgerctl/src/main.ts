import { Command, CommanderError } from 'commander';
import { acceptLog, backupFolder, restoreBackup, type RestoreOptions } from './commands/backup.js';
import { runDemo, type DemoOptions } from './commands/demo.js';
import { importContracts, type ImportOptions } from './commands/import.js';
import { projectionStatus, rebuildProjections } from './commands/projections.js';
import { issueToken, listTokens, revokeToken, type IssueOptions } from './commands/tokens.js';
import { verify } from './commands/verify.js';
import { interruption, listenForSignals } from './interrupt.js';
import { readSettings, type CommonOptions, type Settings } from './settings.js';
import { EXIT, misuse, told, type ExitCode } from './trouble.js';

type Work = (settings: Settings) => Promise<ExitCode | void>;

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
    <A extends unknown[]>(work: (settings: Settings, ...args: A) => Promise<ExitCode | void>) =>
    (...args: unknown[]): Promise<void> => {
      const command = args.at(-1) as Command;
      return run((settings) => work(settings, ...(args.slice(0, -1) as A)), command.optsWithGlobals<CommonOptions>());
    };

  const tokens = cli.command('tokens').description('who may call the service');
  tokens
    .command('issue')
    .description('issues a token and shows it once')
    .requiredOption('--subject <id>', 'who acts under it: an id, never a name')
    .requiredOption('--role <role>', 'admin, operator, billing or auditor')
    .option('--label <text>', 'what people call it')
    .option('--expires-on <date>', 'last day on which it is accepted')
    .action(action((settings, options: IssueOptions) => issueToken(settings, options)));
  tokens
    .command('list')
    .description('every token, never the secret')
    .action(action((settings) => listTokens(settings)));
  tokens
    .command('revoke <id>')
    .description('no longer accepts a token')
    .requiredOption('--reason <text>', 'why')
    .action(action((settings, id: string, { reason }: { reason: string }) => revokeToken(settings, id, reason)));

  const projections = cli.command('projections').description('the read models');
  projections
    .command('status')
    .description('how far each is, and what stopped it')
    .action(action((settings) => projectionStatus(settings)));
  projections
    .command('rebuild [names...]')
    .description('builds read models anew from the log; reads go on meanwhile')
    .option('--all', 'all of them')
    .action(
      action((settings, names: string[], { all }: { all?: boolean }) => {
        if ((names.length === 0) === !all) throw misuse('name the projections to rebuild, or say --all');
        return rebuildProjections(settings, names);
      }),
    );

  cli
    .command('verify')
    .description('checks the log, the texts and every row of the read models')
    .action(action((settings) => verify(settings)));

  cli
    .command('backup <folder>')
    .description('copies log and register into a new folder, also while the service runs, and verifies the copy')
    .action(action((settings, folder: string) => backupFolder(settings, folder)));
  cli
    .command('restore [backup]')
    .description('puts a backup into a data folder, or accepts the log that is there')
    .option('--into <folder>', 'default: the data folder')
    .option('--replace', 'put it in the place of the ledger that is there; that one is kept beside')
    .option('--accept', 'accept the log of the data folder as it is, after it was restored by other means')
    .action(
      action((settings, backup: string | undefined, { accept, ...options }: RestoreOptions & { accept?: boolean }) => {
        if ((backup === undefined) === !accept) throw misuse('name the backup to restore, or say --accept (not both)');
        return accept ? acceptLog(settings) : restoreBackup(settings, backup!, options);
      }),
    );

  const imports = cli.command('import').description('brings existing contracts in');
  imports
    .command('contracts <file.csv>')
    .description('records the contracts of a CSV file; a rerun goes on where the last one stopped')
    .option('--preview', 'store nothing, only say what would be accepted')
    .option('--report <file>', 'one line for each row (default: <file.csv>.report.csv)')
    .option('--resume', 'go on from the report of an earlier run')
    .option('--encoding <name>', 'of the file: utf-8 or shift_jis', 'utf-8')
    .option('--concurrency <n>', 'commands under way at the same time', '16')
    .action(action((settings, file: string, options: ImportOptions) => importContracts(settings, file, options)));

  cli
    .command('demo')
    .description('fills a sandbox with a believable year of contracts and keeps it running')
    .option('--exit', 'stop the service again when it is filled')
    .action(action((settings, options: DemoOptions) => runDemo(settings, cli.opts<CommonOptions>().data, options)));

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
