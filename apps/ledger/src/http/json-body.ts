import { isUtf8 } from 'node:buffer';
import { InvalidInput } from './problem.js';
import type { RuleName } from './rule-texts.js';

const MAX_DEPTH = 32;
const FORBIDDEN = '__proto__';

/**
 * The value of a JSON text in UTF-8. Stricter than JSON.parse: refuses a name given twice in one object (which one
 * would count?), `__proto__`, and nesting nobody needs. Throws {@link InvalidInput}.
 */
export function parseJsonBody(bytes: Buffer): unknown {
  if (bytes.length === 0) throw malformed('', 'emptyBody');
  if (!isUtf8(bytes)) throw malformed('', 'notUtf8');
  const text = bytes.toString('utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed('', 'notJson');
  }
  checkNames(text);
  return value;
}

const malformed = (path: string, message: RuleName): InvalidInput => new InvalidInput([{ path, message }]);

interface Frame {
  /** Names seen in an object; null for a list. */
  readonly names: Set<string> | null;
  name: string;
  index: number;
}

const pathOf = (frames: readonly Frame[]): string =>
  frames.reduce((path, f) => (f.names === null ? `${path}[${f.index}]` : path ? `${path}.${f.name}` : f.name), '');

/** Walks a text that is known to be JSON, so that only quotes, brackets, colons and commas matter. */
function checkNames(text: string): void {
  const frames: Frame[] = [];
  let last = '';
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case 0x22: {
        const start = i++;
        while (text.charCodeAt(i) !== 0x22) i += text.charCodeAt(i) === 0x5c ? 2 : 1;
        last = text.slice(start, i + 1);
        break;
      }
      case 0x3a: {
        const frame = frames.at(-1)!;
        frame.name = last.includes('\\') ? (JSON.parse(last) as string) : last.slice(1, -1);
        if (frame.names!.has(frame.name)) throw malformed(pathOf(frames), 'twice');
        if (frame.name === FORBIDDEN) throw malformed(pathOf(frames), 'unknown');
        frame.names!.add(frame.name);
        break;
      }
      case 0x7b:
      case 0x5b:
        if (frames.length === MAX_DEPTH) throw malformed(pathOf(frames), 'tooDeep');
        frames.push({ names: text.charCodeAt(i) === 0x7b ? new Set() : null, name: '', index: 0 });
        break;
      case 0x7d:
      case 0x5d:
        frames.pop();
        break;
      case 0x2c: {
        const frame = frames.at(-1)!;
        if (frame.names === null) frame.index++;
        break;
      }
    }
  }
}
