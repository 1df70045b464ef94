import { COMMAND_NAMES } from '../ports.js';
import { COMMANDS } from './commands.js';
import { HANDLERS } from './handlers.js';
import { QUERIES } from './queries.js';

// Where the bus keeps what its decorators say.
const COMMAND_METADATA = '__command__';
const COMMAND_HANDLER_METADATA = '__commandHandler__';
const QUERY_METADATA = '__query__';
const QUERY_HANDLER_METADATA = '__queryHandler__';

// A second handler of a command would silently replace the first.
describe('the bus', () => {
  const of = (key: string): unknown[] => HANDLERS.map((h) => Reflect.getMetadata(key, h) as unknown).filter((c) => c !== undefined);

  it('has exactly one handler per command', () => {
    const commands = Object.values(COMMANDS);
    expect(Object.keys(COMMANDS).sort()).toEqual([...COMMAND_NAMES].sort());
    expect(of(COMMAND_HANDLER_METADATA)).toEqual(commands);
    expect(new Set(commands.map((c) => (Reflect.getMetadata(COMMAND_METADATA, c) as { id: string }).id)).size).toBe(COMMAND_NAMES.length);
  });

  it('has exactly one handler per query', () => {
    const queries = Object.values(QUERIES);
    expect(of(QUERY_HANDLER_METADATA)).toEqual(queries);
    expect(new Set(queries.map((q) => (Reflect.getMetadata(QUERY_METADATA, q) as { id: string }).id)).size).toBe(queries.length);
  });

  it('names its handlers apart', () => {
    expect(new Set(HANDLERS.map((h) => h.name)).size).toBe(HANDLERS.length);
    expect(HANDLERS.length).toBe(Object.keys(COMMANDS).length + Object.keys(QUERIES).length);
  });
});
