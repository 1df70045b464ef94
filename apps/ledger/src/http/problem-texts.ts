import { detail, warningDetail } from '@app/agreement';
import type { Language, Said } from './language.js';
import type { Json } from '@app/kernel';

type Facts = { readonly [key: string]: Json };
type Detail = { readonly [L in Language]: (facts: Facts) => string };

/** Titles of the kinds of problem, by code. A code that is not here is a refusal without a clause. */
export const PROBLEMS = {
  'malformed-input': { title: { en: 'The request is malformed', ja: 'リクエストの形式が正しくありません' } },
  'no-token': { title: { en: 'A valid token is required', ja: '有効なトークンが必要です' } },
  'token-invalid': { title: { en: "The issuer's token is not valid", ja: '発行者のトークンが有効ではありません' } },
  'role-unknown': { title: { en: 'The token gives no role here', ja: 'このトークンにはここでの権限がありません' } },
  'role-ambiguous': { title: { en: 'The token gives more than one role here', ja: 'このトークンには複数の権限があります' } },
  'role-forbidden': { title: { en: "The token's role does not allow this", ja: 'このトークンの権限では許可されていません' } },
  'log-altered': { title: { en: 'The log is not as it was signed', ja: '記録が署名されたとおりではありません' } },
  'not-found': { title: { en: 'Not found', ja: '見つかりません' } },
  'no-such-path': { title: { en: 'No such path', ja: 'パスが存在しません' } },
  'method-not-allowed': { title: { en: 'The path does not take this method', ja: 'このパスでは使えないメソッドです' } },
  'revision-mismatch': {
    title: { en: 'The contract is at another revision', ja: '契約の版が一致しません' },
  },
  'body-too-large': { title: { en: 'The body is too large', ja: 'リクエスト本文が大きすぎます' } },
  'unsupported-media-type': { title: { en: 'The body must be JSON', ja: 'リクエスト本文は JSON でなければなりません' } },
  'key-reused': {
    title: { en: 'The idempotency key belongs to another request', ja: '冪等キーは別のリクエストで使われています' },
  },
  refused: { title: { en: 'Refused', ja: '受け付けられません' } },
  unavailable: { title: { en: 'Not available at the moment', ja: '一時的に利用できません' } },
  'too-many-requests': { title: { en: 'Too many requests', ja: 'リクエストが多すぎます' } },
  'internal-error': { title: { en: 'Internal error', ja: '内部エラー' } },
} as const satisfies { readonly [code: string]: { readonly title: Said } };
export type ProblemCode = keyof typeof PROBLEMS;

const say = (value: Json | undefined): string =>
  value === undefined ? '?' : Array.isArray(value) ? value.map(say).join(', ') : typeof value === 'string' ? value : JSON.stringify(value);

/** One sentence per code, from its facts. */
const DETAILS: { readonly [code: string]: Detail } = {
  'malformed-input': {
    en: () => 'See errors: each names the path of a member and what is wrong with it.',
    ja: () => 'errors に、誤りのある項目のパスと内容を示します。',
  },
  'no-token': {
    en: () => 'Send a valid token as "Authorization: Bearer <token>".',
    ja: () => '有効なトークンを「Authorization: Bearer <token>」として送ってください。',
  },
  'token-invalid': {
    en: (f) => `The token is refused (${say(f['why'])}). Get a new one from the issuer.`,
    ja: (f) => `トークンは受け付けられません(${say(f['why'])})。発行者から新しいトークンを取得してください。`,
  },
  'role-unknown': {
    en: (f) => `No role of the token of ${say(f['subject'])} is one of this ledger's. Ask for a role at the issuer.`,
    ja: (f) => `${say(f['subject'])} のトークンには、この台帳の権限に当たるものがありません。発行者で権限を付与してください。`,
  },
  'role-ambiguous': {
    en: (f) => `The token of ${say(f['subject'])} stands for several roles; a caller acts in one. Ask the issuer for a token with one of them.`,
    ja: (f) => `${say(f['subject'])} のトークンは複数の権限に当たります。権限が一つだけのトークンを取得してください。`,
  },
  'read-not-recorded': {
    en: () => 'This read has to be recorded before it is answered, and the log cannot be written at the moment. Try again shortly.',
    ja: () => 'この閲覧は応答の前に記録する必要がありますが、現在ログに書き込めません。しばらくしてからもう一度お試しください。',
  },
  'issuer-unavailable': {
    en: () => "The issuer's keys cannot be had at the moment, so its tokens cannot be judged. Try again shortly.",
    ja: () => '発行者の鍵を取得できないため、トークンを検証できません。しばらくしてからもう一度お試しください。',
  },
  'role-forbidden': {
    en: (f) => `The role ${say(f['role'])} may not ${say(f['action'])}.`,
    ja: (f) => `権限 ${say(f['role'])} では ${say(f['action'])} を行えません。`,
  },
  'not-found': {
    en: (f) => `There is no such ${say(f['what'])}.`,
    ja: (f) => `該当する ${say(f['what'])} はありません。`,
  },
  'no-such-path': { en: () => 'Nothing is served at this path.', ja: () => 'このパスでは何も提供していません。' },
  'method-not-allowed': {
    en: (f) => `This path takes ${say(f['allow'])}.`,
    ja: (f) => `このパスで使えるメソッドは ${say(f['allow'])} です。`,
  },
  'revision-mismatch': {
    en: (f) => `The contract is at revision ${say(f['revision'])}. Read it again and decide anew.`,
    ja: (f) => `契約の版は ${say(f['revision'])} です。読み直してから再度お試しください。`,
  },
  'body-too-large': { en: () => 'A body may hold at most 1 MiB.', ja: () => '本文は最大 1 MiB です。' },
  'unsupported-media-type': {
    en: () => 'Send the body as application/json in UTF-8.',
    ja: () => '本文は UTF-8 の application/json で送ってください。',
  },
  'key-reused': {
    en: () => 'The same Idempotency-Key was used with another path or body. Use a new key.',
    ja: () => '同じ Idempotency-Key が別のパスまたは本文で使われています。新しいキーを使ってください。',
  },
  'approval-decided': {
    en: (f) => `This was ${say(f['status'])} by ${say(f['decidedBy'])} already.`,
    ja: (f) => `すでに ${say(f['decidedBy'])} により決定済みです(${say(f['status'])})。`,
  },
  'approval-own': {
    en: () => 'Whoever asked cannot decide as well. Another subject has to.',
    ja: () => '申請した本人は決定できません。別の主体による決定が必要です。',
  },
  'approval-rejected': {
    en: (f) => `This was rejected by ${say(f['decidedBy'])}. Ask anew under another key if it should be decided again.`,
    ja: (f) => `${say(f['decidedBy'])} により却下されました。改めて決定を求める場合は、別のキーで申請してください。`,
  },
  'approval-text-gone': {
    en: () => 'What was asked for is no longer in the register as it was written. It can only be rejected.',
    ja: () => '申請の内容が記録時のまま残っていないため、却下しかできません。',
  },
  'contract-live': {
    en: (f) => `Contract ${say(f['contractId'])} of this contractor has not ended. Nothing can be erased before ${say(f['allowedFrom'])}.`,
    ja: (f) => `この契約者の契約 ${say(f['contractId'])} は終了していません。${say(f['allowedFrom'])} より前には消去できません。`,
  },
  'retention-runs': {
    en: (f) => `The last contract ended on ${say(f['endedOn'])}; names and texts are kept ${say(f['years'])} years from the end of that year. The first day for an erasure is ${say(f['allowedFrom'])}.`,
    ja: (f) => `最後の契約は ${say(f['endedOn'])} に終了し、その年の末日から ${say(f['years'])} 年間保存します。消去できる最初の日は ${say(f['allowedFrom'])} です。`,
  },
  'too-many-requests': {
    en: (f) => `At most ${say(f['perMinute'])} commands a minute for each subject. Wait ${say(f['retryAfter'])} s.`,
    ja: (f) => `主体ごとに 1 分あたり ${say(f['perMinute'])} 件までです。${say(f['retryAfter'])} 秒お待ちください。`,
  },
  'log-altered': {
    en: (f) => `No evidence is made of it: ${say(f['at'])}: ${say(f['why'])}. Verify the whole log (ledgerctl audit verify).`,
    ja: (f) => `証跡は作成しません。${say(f['at'])}:${say(f['why'])}。記録全体を検証してください(ledgerctl audit verify)。`,
  },
  'feed-rewound': {
    en: (f) => `The feed does not hold the event ${say(f['asked'])}; its last one is ${say(f['head'])}. It was restored, or is another feed: compare digests before you go on.`,
    ja: (f) => `フィードに ${say(f['asked'])} のイベントはありません。末尾は ${say(f['head'])} です。復元された、または別のフィードですので、再開の前にダイジェストを照合してください。`,
  },
  unavailable: { en: () => 'Try again shortly.', ja: () => 'しばらくしてからもう一度お試しください。' },
  'token-exists': {
    en: (f) => `The id ${say(f['tokenId'])} belongs to another token.`,
    ja: (f) => `ID ${say(f['tokenId'])} は別のトークンのものです。`,
  },
  'token-unknown': {
    en: (f) => `No token was issued under the id ${say(f['tokenId'])}.`,
    ja: (f) => `ID ${say(f['tokenId'])} のトークンは発行されていません。`,
  },
  'webhook-exists': {
    en: (f) => `The id ${say(f['webhookId'])} belongs to another endpoint.`,
    ja: (f) => `ID ${say(f['webhookId'])} は別の送信先のものです。`,
  },
  'lane-not-parked': {
    en: (f) => `The lane of contract ${say(f['contractId'])} is not parked on this endpoint: what waits is tried again by itself, and there is nothing to skip.`,
    ja: (f) => `契約 ${say(f['contractId'])} のレーンはこの送信先で停止していません。待機中のものは自動で再送され、飛ばすものはありません。`,
  },
  'event-not-reached': {
    en: (f) => `The event ${say(f['eventId'])} has not had its turn on its contract's lane: it is sent by itself once those before it are taken. See the lanes of the endpoint.`,
    ja: (f) => `イベント ${say(f['eventId'])} はまだ送信の順番が来ていません。先のイベントが受け取られれば自動で送信されます。送信先のレーンを確認してください。`,
  },
  'too-many-skips': {
    en: (f) => `This endpoint has skipped ${say(f['limit'])} events; register another one that begins where it should.`,
    ja: (f) => `この送信先では ${say(f['limit'])} 件が飛ばされています。開始位置を指定して別の送信先を登録してください。`,
  },
  'internal-error': {
    en: (f) => `Something went wrong on our side; the log has it under request ${say(f['requestId'])}.`,
    ja: (f) => `サーバー側で問題が発生しました。ログのリクエスト ID は ${say(f['requestId'])} です。`,
  },
  'cascade-if-last': {
    en: (f) => `If this is the last unit in use, the contract ends with it on ${say(f['endsOn'])} and is settled by its own period.`,
    ja: (f) => `これが利用中の最後の単位であれば、契約も ${say(f['endsOn'])} に終わり、契約自身の期間によって精算されます。`,
  },
  'fee-unknown': {
    en: () => 'A settlement is due, but no monthly fee was given: its amount is unknown.',
    ja: () => '解除調定金が発生しますが、月額費用が与えられていないため金額は不明です。',
  },
};

/** A sentence about a refusal or a problem: ours, else the agreement's for the code, else the clause's own statement. */
export const detailOf = (code: string, clause: string | null, facts: Facts, language: Language): string =>
  Object.hasOwn(DETAILS, code) ? DETAILS[code]![language](facts) : detail({ code, clause, facts }, language);

/** The same for a warning. */
export const warningDetailOf = (code: string, clause: string | null, facts: Facts, language: Language): string =>
  Object.hasOwn(DETAILS, code) ? DETAILS[code]![language](facts) : warningDetail({ code, clause, facts }, language);

/** Every code that a sentence of ours is kept for. */
export const DETAILED_CODES: ReadonlySet<string> = new Set(Object.keys(DETAILS));
