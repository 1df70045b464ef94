import type { Route } from '../http/access.js';

/** What a route is for, and a call of it that works (with ids of the reader's own ledger in the path). */
export interface CallDescription {
  readonly tag: 'Contracts' | 'Options' | 'Devices' | 'Units and vendors' | 'Lists' | 'Agreement' | 'Simulations' | 'Billing feed' | 'Webhooks' | 'Sandbox' | 'Approvals' | 'Audit' | 'Administration' | 'Health';
  readonly summary: string;
  readonly summaryJa: string;
  readonly example?: object;
}

const ID = '6f0d3c1a-5b7e-5d92-8a41-2f9c7be0d6a3';
const application = { number: 'APP-2026-0001', onForm: true };

/** Every route but those of the documentation itself. */
export const CALLS: { readonly [R in Exclude<Route, `GET /docs${string}`>]: CallDescription } = {
  'GET /health/live': { tag: 'Health', summary: 'The process answers', summaryJa: 'プロセスの生存確認' },
  'GET /health/ready': { tag: 'Health', summary: 'Commands are served and the read models hold the whole log', summaryJa: '稼働準備の確認' },

  'POST /v1/management-units': {
    tag: 'Units and vendors',
    summary: 'Open a management unit (the parent contract)',
    summaryJa: '管理単位(親の契約)を開く',
    example: { contractor: { id: 'K-0001', name: 'Example Manufacturing' }, name: 'Head office' },
  },
  'POST /v1/contracts': {
    tag: 'Contracts',
    summary: 'Record the acceptance of a contract for an item',
    summaryJa: '品目の契約の承諾を記録する',
    example: {
      managementUnitId: ID,
      item: 'X',
      accountCount: 100,
      acceptedOn: '2026-01-05',
      billingStartsOn: '2026-02-01',
      fees: { initial: 50_000, monthly: { kind: 'perAccount', unit: 300 } },
      application,
      licensorTerms: { document: 'Licensor terms 2025-10', agreedOn: '2026-01-04' },
    },
  },
  'POST /v1/contracts/:id/options': {
    tag: 'Options',
    summary: 'Record the acceptance of one application for options',
    summaryJa: 'オプションの申込み(一括)の承諾を記録する',
    example: {
      acceptedOn: '2026-02-10',
      billingStartsOn: '2026-03-01',
      application: { number: 'APP-2026-0002', onForm: true },
      options: [
        { option: 15, fees: { monthly: { kind: 'perAccount', unit: 80 } } },
        { option: 19, accountCount: 20, fees: { monthly: { kind: 'tiered', tiers: [{ upTo: 10, unit: 120 }, { unit: 100 }] } } },
      ],
    },
  },
  'POST /v1/contracts/:id/account-count': {
    tag: 'Contracts',
    summary: 'Change the account count; options at parity follow',
    summaryJa: 'アカウント数を変更する(同数のオプションは従う)',
    example: { accountCount: 120, effectiveOn: '2026-04-01', requestedBy: 'contractor', fees: { monthly: { kind: 'perAccount', unit: 290 } } },
  },
  'POST /v1/contracts/:id/account-count/:changeId/withdrawals': {
    tag: 'Contracts',
    summary: 'Withdraw a change that is not yet in effect',
    summaryJa: '発効前の変更を取り下げる',
    example: { reason: 'The contractor keeps the old count' },
  },
  'POST /v1/contracts/:id/cancellation-notices': {
    tag: 'Contracts',
    summary: 'Record a cancellation notice that has arrived',
    summaryJa: '到達した解約通知を記録する',
    example: { arrivedOn: '2026-02-15', designatedOn: '2027-01-31', onForm: true },
  },
  'POST /v1/contracts/:id/cancellation-notices/:noticeId/withdrawals': {
    tag: 'Contracts',
    summary: "Withdraw a notice with the provider's consent",
    summaryJa: '提供者の同意により解約通知を撤回する',
    example: { consentedOn: '2026-02-20', reason: 'The contractor stays' },
  },
  'POST /v1/contracts/:id/options/:optionId/cancellation-notices': {
    tag: 'Options',
    summary: "Record a notice that stops an option",
    summaryJa: 'オプションの利用停止の通知を記録する',
    example: { arrivedOn: '2026-02-15', designatedOn: '2026-03-31', onForm: true },
  },
  'POST /v1/contracts/:id/options/:optionId/cancellation-notices/:noticeId/withdrawals': {
    tag: 'Options',
    summary: "Withdraw an option's notice with the provider's consent",
    summaryJa: '提供者の同意によりオプションの通知を撤回する',
    example: { consentedOn: '2026-02-20', reason: 'The contractor keeps the option' },
  },
  'POST /v1/contracts/:id/terminations': {
    tag: 'Contracts',
    summary: 'Record a termination by the provider or under the general terms',
    summaryJa: '提供者による解約・一般規程による解約を記録する',
    example: { endsOn: '2026-09-30', ground: 'provider', reason: 'Breach of the terms' },
  },
  'POST /v1/contracts/:id/quotations': {
    tag: 'Contracts',
    summary: 'Record a price that was missing or changes',
    summaryJa: '見積(未定または変更の価格)を記録する',
    example: { subject: 'base', kind: 'monthly', fee: { kind: 'perAccount', unit: 280 }, effectiveOn: '2026-04-01' },
  },
  'POST /v1/contracts/:id/excess-usages': {
    tag: 'Contracts',
    summary: 'Record a detected use beyond the account count',
    summaryJa: 'アカウント数の超過を記録する',
    example: { detectedOn: '2026-02-18', accounts: 3, charge: 900 },
  },
  'POST /v1/contracts/:id/corrections': {
    tag: 'Contracts',
    summary: 'Strike a fact entered wrongly and enter the right one',
    summaryJa: '誤って入力した事実を取り消し、正しい事実を入力する',
    example: {
      eventId: ID,
      reason: 'The form bears another date',
      replacement: { command: 'cancellation-notices', body: { arrivedOn: '2026-02-14', designatedOn: '2027-01-31', onForm: true } },
    },
  },
  'POST /v1/contracts/:id/options/:optionId/devices/faults': {
    tag: 'Devices',
    summary: 'Record a fault of a lent device',
    summaryJa: '貸与機器の故障を記録する',
    example: { occurredOn: '2026-02-18', attributableToContractor: true, charge: 30_000 },
  },
  'POST /v1/contracts/:id/options/:optionId/devices/replacements': {
    tag: 'Devices',
    summary: 'Record the arrival of a substitute',
    summaryJa: '代替機器の到着を記録する',
    example: { arrivedOn: '2026-02-20' },
  },
  'POST /v1/contracts/:id/options/:optionId/devices/returns': {
    tag: 'Devices',
    summary: 'Record a return',
    summaryJa: '機器の返還を記録する',
    example: { returnedOn: '2026-02-25' },
  },
  'POST /v1/contracts/:id/options/:optionId/devices/losses': {
    tag: 'Devices',
    summary: 'Record a loss',
    summaryJa: '機器の亡失を記録する',
    example: { lostOn: '2026-02-18', charge: 80_000 },
  },
  'POST /v1/contracts/:id/options/:optionId/devices/recoveries': {
    tag: 'Devices',
    summary: 'Record that a lost device was found',
    summaryJa: '亡失した機器の発見を記録する',
    example: { foundOn: '2026-02-19' },
  },
  'POST /v1/vendors/:vendor/discontinuations': {
    tag: 'Units and vendors',
    summary: "Record that a vendor ends its software: every contract on its items ends",
    summaryJa: 'ベンダーのソフトウェア提供終了を記録する(対象品目の全契約が終了)',
    example: { endsOn: '2027-03-31', reason: 'The vendor ends its software' },
  },
  'POST /v1/vendors/:vendor/discontinuations/:discontinuationId/corrections': {
    tag: 'Units and vendors',
    summary: 'Correct or strike a discontinuation',
    summaryJa: '提供終了の記録を訂正または取り消す',
    example: { reason: 'The vendor named another day', replacement: { endsOn: '2027-06-30' } },
  },
  'POST /v1/records': {
    tag: 'Lists',
    summary: 'Keep a fact that a clause asks to record',
    summaryJa: '条項が求める記録を残す',
    example: { clause: 'A8-4-1-i', occurredOn: '2026-02-10', note: 'Consent to move the devices to another office' },
  },

  'GET /v1/approvals': { tag: 'Approvals', summary: 'Commands that wait for a second pair of eyes, and what became of them, newest first', summaryJa: '二人目の承認を待つ(または待った)コマンドの一覧(新しい順)' },
  'GET /v1/approvals/:approvalId': { tag: 'Approvals', summary: 'A command that waits, with its whole body', summaryJa: '承認待ちのコマンドとその内容' },
  'POST /v1/approvals/:approvalId/decisions': {
    tag: 'Approvals',
    summary: 'Approve or reject, by another subject than the one that asked',
    summaryJa: '承認または却下する(申請者とは別の主体による)',
    example: { decision: 'approve', reason: 'Compared with the form on file' },
  },
  'POST /v1/contractors/:contractor/erasures': {
    tag: 'Audit',
    summary: "Remove a contractor's names and texts for good, once they need no longer be kept",
    summaryJa: '保存期間を過ぎた契約者の名称・自由記述を完全に消去する',
    example: { reason: 'The period of retention has passed' },
  },
  'GET /v1/audit/refusals': { tag: 'Audit', summary: 'What was refused, to whom, by which clause, newest first', summaryJa: '拒否された操作の記録(誰が・どの条項により。新しい順)' },
  'GET /v1/audit/policies': { tag: 'Audit', summary: 'Which settings decided, from when on, newest first', summaryJa: '適用された方針・設定の履歴(新しい順)' },
  'GET /v1/audit/erasures': { tag: 'Audit', summary: 'Erasures, newest first', summaryJa: '消去の記録(新しい順)' },
  'GET /v1/audit/silence': { tag: 'Audit', summary: 'A statement that no notice stood by a deadline, with its evidence', summaryJa: '期限までに有効な通知がなかったことの証明とその根拠' },
  'GET /v1/audit/contracts/:id/evidence': { tag: 'Audit', summary: 'The evidence of a contract in one file that anybody can verify offline', summaryJa: '契約の証跡(誰でもオフラインで検証できる一つの文書)' },
  'GET /v1/audit/contracts/:id/report': { tag: 'Audit', summary: 'The evidence of a contract as a page to read and print', summaryJa: '契約の証跡報告書(読み・印刷するためのページ)' },

  'GET /v1/contracts': { tag: 'Contracts', summary: 'Contracts, newest first', summaryJa: '契約の一覧(新しい順)' },
  'GET /v1/contracts/:id': { tag: 'Contracts', summary: 'A contract as it stands on a day, as known at an instant', summaryJa: 'ある日・ある時点の知識による契約の姿' },
  'GET /v1/contracts/:id/history': { tag: 'Contracts', summary: "A contract's events, in order", summaryJa: '契約のイベント履歴' },
  'GET /v1/management-units': { tag: 'Units and vendors', summary: 'Management units, newest first', summaryJa: '管理単位の一覧' },
  'GET /v1/management-units/:id': { tag: 'Units and vendors', summary: 'A management unit', summaryJa: '管理単位' },
  'GET /v1/records': { tag: 'Lists', summary: 'The record book, newest first', summaryJa: '記録の一覧' },
  'GET /v1/renewals': { tag: 'Lists', summary: 'Term ends in a window, soonest notice deadline first', summaryJa: '期間内に満了する契約期間(通知期限の早い順)' },
  'GET /v1/settlements': { tag: 'Lists', summary: 'Settlements by the day they fall due', summaryJa: '解除調定金(発生日順)' },
  'GET /v1/charges': { tag: 'Lists', summary: "A month's charges and their total", summaryJa: '月の請求明細と合計' },
  'GET /v1/vendors/:vendor/discontinuations/:discontinuationId': { tag: 'Units and vendors', summary: 'How far a discontinuation has come', summaryJa: '提供終了処理の進み具合' },
  'GET /v1/agreement/items': { tag: 'Agreement', summary: 'Items and their names on a day', summaryJa: 'ある日の品目と名称' },
  'GET /v1/agreement/options': { tag: 'Agreement', summary: 'Options', summaryJa: 'オプション' },
  'GET /v1/agreement/clauses': { tag: 'Agreement', summary: 'Every clause in our own words', summaryJa: '全条項(独自の要約)' },

  'GET /v1/feed': { tag: 'Billing feed', summary: 'Published events behind a cursor, as they are stored; waits for one if asked to', summaryJa: 'カーソル以降の公開イベント(保存されたままのバイト列)。待機も可能' },
  'GET /v1/feed/stream': { tag: 'Billing feed', summary: 'The same as server-sent events', summaryJa: '同じ内容のサーバー送信イベント' },
  'GET /v1/feed/status': { tag: 'Billing feed', summary: 'How far the feed is, and what keeps it from getting on', summaryJa: 'フィードの進み具合と停止理由' },
  'GET /v1/feed/digests': { tag: 'Billing feed', summary: 'Merkle root over the stored bytes of the first events', summaryJa: '先頭からのイベントの保存バイト列に対するマークル根' },
  'GET /v1/feed/schemas': { tag: 'Billing feed', summary: 'JSON Schemas of every event type and version', summaryJa: '全イベント種別・版の JSON Schema' },
  'GET /v1/feed/schemas/:name': { tag: 'Billing feed', summary: 'One of them', summaryJa: '一つの JSON Schema' },
  'GET /v1/feed/asyncapi': { tag: 'Billing feed', summary: 'The feed as an AsyncAPI document', summaryJa: 'フィードの AsyncAPI 文書' },
  'GET /v1/feed/consumers': { tag: 'Billing feed', summary: 'How far each named consumer is, and how far behind', summaryJa: '各コンシューマーの位置と遅れ' },
  'POST /v1/feed/reconciliations': {
    tag: 'Billing feed',
    summary: 'Hold what was billed against what was published: contract, month and line that differ',
    summaryJa: '請求額と公開内容の照合(相違する契約・月・明細行)',
    example: { rows: [{ contractId: ID, month: '2026-02', total: 30_000 }] },
  },
  'PUT /v1/feed/consumers/:name/position': {
    tag: 'Billing feed',
    summary: 'Say how far a consumer has come',
    summaryJa: 'コンシューマーの位置を申告する',
    example: { cursor: `0000000000000000.${ID}` },
  },
  'GET /v1/audit/reads': { tag: 'Audit', summary: 'What auditors read and what was exported, newest first', summaryJa: '監査人の閲覧と出力の記録(新しい順)' },
  'GET /v1/audit/access-review': { tag: 'Audit', summary: 'Who could call the ledger during some days, and who did', summaryJa: '期間内のアクセス権と利用の棚卸し' },

  'POST /v1/simulations/cancellation': {
    tag: 'Simulations',
    summary: 'What a cancellation notice would do and cost',
    summaryJa: '解約通知の効果と費用を試算する',
    example: { item: 'X', billingStartsOn: '2025-10-01', monthlyFee: 100_000, arrivedOn: '2026-09-01', designatedOn: '2026-09-30' },
  },
  'POST /v1/simulations/application': {
    tag: 'Simulations',
    summary: 'Whether an application for options would be accepted',
    summaryJa: 'オプションの申込みが受け付けられるかを確かめる',
    example: { item: 'L', accountCount: 100, active: [{ option: 1, units: 1 }], apply: [{ option: 2, units: 1 }, { option: 3 }] },
  },
  'POST /v1/simulations/settlement': {
    tag: 'Simulations',
    summary: 'What the rest of a period costs',
    summaryJa: '残りの期間の解除調定金を計算する',
    example: { monthlyFee: 100_000, periodStartsOn: '2026-10-01', periodEndsOn: '2027-09-30', endsOn: '2026-10-01' },
  },
  'POST /v1/simulations/calendar': {
    tag: 'Simulations',
    summary: 'Periods, deadlines and effective days',
    summaryJa: '期間・期限・効力発生日を計算する',
    example: { billingStartsOn: '2024-02-29', months: 12, count: 3, termEndsOn: '2026-03-31', arrivedOn: '2026-01-31', designatedOn: '2026-02-28', deviceEventOn: '2026-02-28' },
  },

  'GET /v1/sandbox/clock': { tag: 'Sandbox', summary: "The sandbox's day", summaryJa: 'サンドボックスの日付' },
  'PUT /v1/sandbox/clock': { tag: 'Sandbox', summary: 'Move the day on; what falls due happens', summaryJa: '日付を進める(期日の到来する処理を行う)', example: { today: '2026-03-01' } },

  'POST /v1/tokens': {
    tag: 'Administration',
    summary: 'Issue a token; it is shown once',
    summaryJa: 'トークンを発行する(表示は一度だけ)',
    example: { subject: 'billing-system', role: 'billing', label: 'Monthly billing run' },
  },
  'GET /v1/tokens': { tag: 'Administration', summary: 'Tokens, without their secrets', summaryJa: 'トークンの一覧' },
  'POST /v1/tokens/:tokenId/revocations': { tag: 'Administration', summary: 'Revoke a token', summaryJa: 'トークンを失効させる', example: { reason: 'It was found in a mail' } },
  'GET /v1/audit/checkpoints': { tag: 'Audit', summary: 'Signed checkpoints of the log, the newest first, and how much is not signed yet', summaryJa: '署名済みチェックポイントの一覧(新しい順)と未署名の件数' },
  'GET /v1/audit/checkpoints/latest': { tag: 'Audit', summary: 'The newest checkpoint; with Accept: text/plain the signed note alone', summaryJa: '最新のチェックポイント(Accept: text/plain なら署名付きノートのみ)' },
  'GET /v1/audit/proofs': { tag: 'Audit', summary: 'Proof that an event is in the log as it was signed', summaryJa: '署名された記録にイベントが含まれることの証明' },
  'GET /v1/audit/proofs/consistency': { tag: 'Audit', summary: 'Proof that a later log begins with an earlier one', summaryJa: '後の記録が前の記録を変えずに続いていることの証明' },
  'GET /v1/audit/keys': { tag: 'Audit', summary: "Public keys of the log's signer and of the witnesses", summaryJa: '署名者と証人の公開鍵' },
  'POST /v1/webhooks': {
    tag: 'Webhooks',
    summary: 'Register an endpoint for published events; its signing secret is shown once',
    summaryJa: '公開イベントの送信先を登録する(署名用の秘密は一度だけ表示)',
    example: { url: 'https://billing.example.com/ledger', types: null, description: 'Billing', fromSequence: '0000000000000000' },
  },
  'GET /v1/webhooks': { tag: 'Webhooks', summary: 'Endpoints, newest first, and how their deliveries stand', summaryJa: '送信先の一覧と配信の状態' },
  'GET /v1/webhooks/:id': { tag: 'Webhooks', summary: 'An endpoint, its lanes that wait or are parked', summaryJa: '送信先と、待機中・停止中のレーン' },
  'PATCH /v1/webhooks/:id': {
    tag: 'Webhooks',
    summary: 'Change an endpoint, disable it or enable it again',
    summaryJa: '送信先を変更・停止・再開する',
    example: { status: 'disabled', reason: 'The receiver is being moved' },
  },
  'DELETE /v1/webhooks/:id': { tag: 'Webhooks', summary: 'Remove an endpoint', summaryJa: '送信先を削除する' },
  'POST /v1/webhooks/:id/secret-rotations': {
    tag: 'Webhooks',
    summary: 'Put a new signing secret in place of the old one, which signs beside it for a while',
    summaryJa: '署名用の秘密を更新する(旧い秘密も一定時間併用)',
    example: { overlapHours: 24, reason: 'Quarterly rotation' },
  },
  'GET /v1/webhooks/:id/deliveries': { tag: 'Webhooks', summary: 'Recent attempts, newest first', summaryJa: '最近の送信の一覧(新しい順)' },
  'POST /v1/webhooks/:id/redeliveries': {
    tag: 'Webhooks',
    summary: 'Send one event again ({eventId}), or everything from a sequence on',
    summaryJa: '一件のイベント、またはある sequence 以降を再送する',
    example: { fromSequence: '0000000000000000', reason: 'The receiver was restored from a backup' },
  },
  'POST /v1/webhooks/:id/lanes/:contractId/skips': {
    tag: 'Webhooks',
    summary: "Skip the event at which a contract's lane is parked",
    summaryJa: 'レーンを止めているイベントを飛ばす',
    example: { reason: 'The receiver has entered it by hand' },
  },
  'GET /v1/admin/projections': { tag: 'Administration', summary: 'Where each projection stands', summaryJa: '各プロジェクションの状態' },
  'POST /v1/admin/projections/:projection/rebuilds': { tag: 'Administration', summary: 'Rebuild a projection beside the running one', summaryJa: 'プロジェクションを再構築する', example: {} },
};
