import { membersOf, parseAs, rulesOf } from './dto/rules.js';
import { NoQuery } from './dto/query.dto.js';
import { InvalidInput } from './problem.js';
import { isUuid } from '@app/kernel';
import type { Class } from './dto/rules.js';
import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';

const DTOS = new Set<unknown>([NoQuery]);
const isDto = (type: unknown): type is Class => {
  if (DTOS.has(type)) return true;
  if (typeof type !== 'function' || (membersOf(type as Class).size === 0 && rulesOf(type as Class).length === 0)) return false;
  DTOS.add(type);
  return true;
};

/**
 * Bodies and queries become instances of their DTOs, or 400 with every path; a path parameter that is an id must look
 * like one. A body or query without a DTO is a mistake of ours and throws.
 */
export class InputPipe implements PipeTransform {
  transform(value: unknown, { type, metatype, data }: ArgumentMetadata): unknown {
    switch (type) {
      case 'body':
      case 'query':
        if (!isDto(metatype)) throw new Error(`a ${type} without a DTO class`);
        return parseAs(metatype, value ?? (type === 'query' ? {} : null));
      case 'param':
        if (/id$/i.test(data ?? '') && !(typeof value === 'string' && isUuid(value)))
          throw new InvalidInput([{ path: data!, message: 'id' }]);
        return value;
      default:
        return value;
    }
  }
}
