/** How a command ends, see docs/how-to. */
export const EXIT = {
  ok: 0,
  /** The answer is no: something does not verify, rows were refused. */
  no: 1,
  /** The call was wrong: an unknown option, a file that is not what it should be, a folder that exists. */
  usage: 2,
  /** It cannot be done now: the service does not answer, the folder is in use, the data are of a newer build. */
  unavailable: 3,
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends the command with a message for people: what is wrong and what to do. No trace is shown. */
export class Trouble extends Error {
  override readonly name = 'Trouble';
  constructor(
    message: string,
    readonly exit: ExitCode = EXIT.unavailable,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The call was wrong. */
export const misuse = (message: string): Trouble => new Trouble(message, EXIT.usage);

/** Errors of the libs that say plainly what the operator can mend. */
const PLAIN = new Set([
  'UnsupportedData',
  'UnsupportedRegister',
  'UnsupportedReadStore',
  'FolderInUse',
  'StoreUnavailable',
  'ProjectionStopped',
]);

/** What to say on the error stream, and how to end. */
export function told(error: unknown): { readonly text: string; readonly exit: ExitCode } {
  if (error instanceof Trouble) return { text: error.message, exit: error.exit };
  if (!(error instanceof Error)) return { text: String(error), exit: EXIT.unavailable };
  const system = typeof (error as NodeJS.ErrnoException).syscall === 'string';
  return { text: PLAIN.has(error.name) || system ? error.message : (error.stack ?? error.message), exit: EXIT.unavailable };
}
