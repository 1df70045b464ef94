import { InvalidInput } from '../problem.js';
import {
  AddOptionsDto,
  ChangeAccountCountDto,
  ContractItemDto,
  DetectExcessDto,
  NotifyCancellationDto,
  QuoteDto,
  ReceiveReplacementDto,
  ReportFaultDto,
  ReportLossDto,
  ReportRecoveryDto,
  ReturnDevicesDto,
  TerminateDto,
  WithdrawAccountCountChangeDto,
  WithdrawNoticeDto,
} from './contract.dto.js';
import { parseAs } from './rules.js';
import { isUuid } from '@app/kernel';
import type { CommandName, NestedCommand } from '../../ports.js';
import type { Class } from './rules.js';

/** The commands to a contract that a correction may put in a fact's place, by the path after the contract's id. */
export const REPLACEABLE: readonly (readonly [path: string, name: CommandName, type: Class])[] = [
  ['', 'ContractItem', ContractItemDto],
  ['options', 'AddOptions', AddOptionsDto],
  ['account-count', 'ChangeAccountCount', ChangeAccountCountDto],
  ['account-count/:changeId/withdrawals', 'WithdrawAccountCountChange', WithdrawAccountCountChangeDto],
  ['cancellation-notices', 'NotifyCancellation', NotifyCancellationDto],
  ['cancellation-notices/:noticeId/withdrawals', 'WithdrawNotice', WithdrawNoticeDto],
  ['options/:optionId/cancellation-notices', 'NotifyOptionCancellation', NotifyCancellationDto],
  ['options/:optionId/cancellation-notices/:noticeId/withdrawals', 'WithdrawNotice', WithdrawNoticeDto],
  ['terminations', 'Terminate', TerminateDto],
  ['quotations', 'Quote', QuoteDto],
  ['excess-usages', 'DetectExcess', DetectExcessDto],
  ['options/:optionId/devices/faults', 'ReportFault', ReportFaultDto],
  ['options/:optionId/devices/replacements', 'ReceiveReplacement', ReceiveReplacementDto],
  ['options/:optionId/devices/returns', 'ReturnDevices', ReturnDevicesDto],
  ['options/:optionId/devices/losses', 'ReportLoss', ReportLossDto],
  ['options/:optionId/devices/recoveries', 'ReportRecovery', ReportRecoveryDto],
];

const ROUTES = REPLACEABLE.map(([path, name, type]) => ({ segments: path.split('/'), name, type }));

/** The path parameters of `segments` where a pattern takes them; null where it does not. */
function match(pattern: readonly string[], segments: readonly string[]): { [name: string]: string } | null {
  if (pattern.length !== segments.length) return null;
  const params: { [name: string]: string } = {};
  for (const [i, p] of pattern.entries()) {
    const s = segments[i]!;
    if (p.startsWith(':')) params[p.slice(1)] = s;
    else if (p !== s) return null;
  }
  return params;
}

/** The command that stands at `command`, its body validated with paths under `at`. Throws {@link InvalidInput}. */
export function parseReplacement(command: string, body: unknown, at = 'replacement'): NestedCommand {
  const segments = command.split('/');
  for (const { segments: pattern, name, type } of ROUTES) {
    const params = match(pattern, segments);
    if (params === null) continue;
    const bad = Object.entries(params).find(([, id]) => !isUuid(id));
    if (bad) throw new InvalidInput([{ path: `${at}.command`, message: 'id' }]);
    return { name, params, body: parseAs(type, body, `${at}.body`) };
  }
  throw new InvalidInput([{ path: `${at}.command`, message: 'command' }]);
}
