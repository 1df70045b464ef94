import { Inject } from '@nestjs/common';
import { CommandHandler, QueryHandler } from '@nestjs/cqrs';
import { LEDGER_APPLICATION, LEDGER_QUERIES } from '../ports.js';
import { COMMANDS } from './commands.js';
import { QUERIES } from './queries.js';
import type { Asked, AskedClass } from './commands.js';
import type { Question } from './queries.js';
import type { CommandOutcome, LedgerApplication, LedgerQueries } from '../ports.js';
import type { Type } from '@nestjs/common';

function commandHandler(name: string, command: AskedClass): Type {
  const handler = class {
    constructor(private readonly ledger: LedgerApplication) {}
    execute(asked: Asked): Promise<CommandOutcome> {
      return this.ledger.execute(asked.envelope);
    }
  };
  CommandHandler(command)(handler);
  return provided(handler, `${name}Handler`, LEDGER_APPLICATION);
}

function queryHandler<N extends keyof LedgerQueries>(name: N, query: Type<Question<N>>): Type {
  const handler = class {
    constructor(private readonly queries: LedgerQueries) {}
    execute(question: Question<N>): Promise<unknown> {
      return (this.queries[name] as (...args: Parameters<LedgerQueries[N]>) => Promise<unknown>)(...question.args);
    }
  };
  QueryHandler(query)(handler);
  return provided(handler, `${query.name}Handler`, LEDGER_QUERIES);
}

/** The container tells providers apart by their names; a class made in a function takes no parameter decorator. */
function provided(handler: Type, name: string, dependency: symbol): Type {
  Inject(dependency)(handler, undefined, 0);
  return Object.defineProperty(handler, 'name', { value: name });
}

/** Exactly one handler per command and per query; each is one call. */
export const HANDLERS: readonly Type[] = [
  ...Object.entries(COMMANDS).map(([name, command]) => commandHandler(name, command)),
  ...(Object.keys(QUERIES) as (keyof LedgerQueries)[]).map((name) => queryHandler(name, QUERIES[name] as Type<Question<typeof name>>)),
];
