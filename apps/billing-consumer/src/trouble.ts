/** How the program ends. */
export const EXIT = {
  ok: 0,
  /** The answer is no: book and ledger differ. */
  differs: 1,
  /** The call or a setting is wrong. */
  usage: 2,
  /** Not possible now; trying again later may help. */
  unavailable: 3,
  /** The feed is not what it must be. Starting again does not help: somebody has to look. */
  stopped: 4,
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends the program with a message for people: what is wrong and what to do. */
export class Trouble extends Error {
  override readonly name: string = 'Trouble';
  constructor(
    message: string,
    readonly exit: ExitCode = EXIT.unavailable,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Nothing more is applied until somebody has looked; everything before is applied and kept. */
export class Stopped extends Trouble {
  override readonly name = 'Stopped';
  constructor(
    readonly code: 'unknown' | 'gap' | 'altered' | 'chain' | 'rewound' | 'other-ledger',
    message: string,
  ) {
    super(message, EXIT.stopped);
  }
}

export const misuse = (message: string): Trouble => new Trouble(message, EXIT.usage);
