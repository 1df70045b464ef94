import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { canonicalJson, sha256Hex } from '@app/kernel';
import { COMMANDS } from '../bus/commands.js';
import { answer } from './answer.js';
import type { Call } from './call.js';
import type { CommandName, CommandOutcome, NestedCommand } from '../ports.js';

/** Puts a command on the bus and answers with its outcome. */
@Injectable()
export class CommandSender {
  constructor(private readonly bus: CommandBus) {}

  async send(name: CommandName, body: object, call: Call, replacement: NestedCommand | null = null): Promise<object> {
    const { params, caller, idempotencyKey, ifMatch, preview, requestId, correlationId, causationId } = call;
    const requestHash = sha256Hex(`${call.method}\n${call.path}\n${canonicalJson(body)}`);
    const envelope = { name, params, body, replacement, caller, idempotencyKey, requestHash, ifMatch, preview, requestId, ...(correlationId !== null && { correlationId }), ...(causationId !== null && { causationId }) };
    return answer(await this.bus.execute<InstanceType<(typeof COMMANDS)[CommandName]>, CommandOutcome>(new COMMANDS[name](envelope)), call);
  }
}
