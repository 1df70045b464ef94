import type { CommandEnvelope, CommandName } from '../ports.js';

/** A command on the bus: what is asked, by whom, under which key. */
export class Asked {
  constructor(readonly envelope: CommandEnvelope) {}
}
export type AskedClass = new (envelope: CommandEnvelope) => Asked;

const named = (name: CommandName): AskedClass => ({ [name]: class extends Asked {} })[name]!;

/** One class per command, so that each has exactly one handler. */
export const COMMANDS = {
  OpenManagementUnit: named('OpenManagementUnit'),
  ContractItem: named('ContractItem'),
  AddOptions: named('AddOptions'),
  ChangeAccountCount: named('ChangeAccountCount'),
  WithdrawAccountCountChange: named('WithdrawAccountCountChange'),
  NotifyCancellation: named('NotifyCancellation'),
  NotifyOptionCancellation: named('NotifyOptionCancellation'),
  WithdrawNotice: named('WithdrawNotice'),
  Terminate: named('Terminate'),
  Quote: named('Quote'),
  DetectExcess: named('DetectExcess'),
  ReportFault: named('ReportFault'),
  ReceiveReplacement: named('ReceiveReplacement'),
  ReturnDevices: named('ReturnDevices'),
  ReportLoss: named('ReportLoss'),
  ReportRecovery: named('ReportRecovery'),
  Correct: named('Correct'),
  Discontinue: named('Discontinue'),
  CorrectDiscontinuation: named('CorrectDiscontinuation'),
  RecordFact: named('RecordFact'),
  IssueToken: named('IssueToken'),
  RevokeToken: named('RevokeToken'),
  DecideApproval: named('DecideApproval'),
  EraseContractor: named('EraseContractor'),
  RegisterWebhook: named('RegisterWebhook'),
  ChangeWebhook: named('ChangeWebhook'),
  RemoveWebhook: named('RemoveWebhook'),
  RotateWebhookSecret: named('RotateWebhookSecret'),
  SkipWebhookEvent: named('SkipWebhookEvent'),
  RedeliverWebhook: named('RedeliverWebhook'),
} as const satisfies { readonly [N in CommandName]: AskedClass };
