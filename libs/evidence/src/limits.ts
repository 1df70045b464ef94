/** What an evidence pack does not prove, said in the pack itself. */
import { Malformed, openCheckpoint, parseVerifierKey } from '@app/transparency';
import type { EvidencePack, PackedLimit, Said } from './pack.js';

const SENTENCES = {
  last: {
    en: "The events of the contract's stream follow each other from revision 0 without a gap. That the last of them is the last one recorded is not proved here: only a verification of the whole log tells.",
    ja: '契約のイベントは改訂番号 0 から欠けなく続く。ただし、ここにある最後のものが記録上の最後であることは、この文書では証明できない(全記録の検証による)。',
  },
  related: {
    en: "Of the management unit and of recorded facts only events that concern this contract alone are included; that there are no others is not proved. The vendor's own announcement concerns other contracts too and is left out: what reached this contract stands among its events.",
    ja: '管理単位と記録簿からは、この契約だけに関わるイベントのみを収める。ほかにないことは証明しない。ベンダーの提供終了の発表そのものは他の契約にも関わるため収めない(この契約に及んだ事実はそのイベントにある)。',
  },
  unlogged: {
    en: 'Refused commands, approvals that were asked for, and reads by auditors stand in the log, not in this pack.',
    ja: '拒否された操作、承認の依頼、監査人の閲覧は記録にあるが、この文書には収めない。',
  },
  statements: {
    en: "The statements of clauses are our own words, not the agreement's, and are not signed. Signed is which clause, which revision and which rule tables decided.",
    ja: '条項の説明は当方の言葉であり、契約の文言ではなく、署名の対象でもない。署名されているのは、どの条項・どの改定・どの規則表によったかである。',
  },
  truth: {
    en: 'What is proved is what was recorded and that it was not altered afterwards; not that what was entered was true.',
    ja: '証明されるのは、記録された内容と、その後に改変されていないことであり、入力された内容が真実であることではない。',
  },
  unsigned: {
    en: 'UNSIGNED: no checkpoint of the log was signed. Nothing here shows that these events are those of the log.',
    ja: '未署名:記録のチェックポイントに署名がない。これらのイベントが記録のとおりであることは示されない。',
  },
  tail: {
    en: 'The last events are not yet under a signed checkpoint; for those without a proof nothing is shown.',
    ja: '末尾のイベントはまだ署名されたチェックポイントに含まれない。証明のないものについては何も示されない。',
  },
  unwitnessed: {
    en: 'No witness cosigned the checkpoint: a log rewritten as a whole by whoever holds the signing key is not excluded.',
    ja: 'チェックポイントに証人の連署がない。署名鍵をもつ者による記録全体の書き換えは排除できない。',
  },
  textsLeftOut: {
    en: 'Names and free texts are left out; the events hold commitments to them.',
    ja: '名称と自由記述は収めない。イベントにはその確約値だけがある。',
  },
  textsErased: {
    en: 'Some names or free texts were erased; the commitments in the events can no longer be checked against them.',
    ja: '名称または自由記述の一部は消去された。イベントの確約値をそれと照合することはもうできない。',
  },
  values: {
    en: 'The log is kept in EventStoreDB, whose client hands over values: what is proved holds for the values, not for the bytes on its disk.',
    ja: '記録は EventStoreDB にあり、そのクライアントは値を渡す。証明は値についてのもので、ディスク上のバイト列についてのものではない。',
  },
} as const satisfies { readonly [code: string]: Said };

export type LimitCode = keyof typeof SENTENCES;

type Contents = Pick<EvidencePack, 'events' | 'related' | 'texts' | 'checkpoint' | 'keys' | 'origin'>;

/** Whether a known witness put its name to the checkpoint. */
function isWitnessed({ checkpoint, keys }: Contents): boolean {
  try {
    return openCheckpoint(checkpoint!, [...keys.log, ...keys.witnesses].map(parseVerifierKey)).witnesses.length > 0;
  } catch (error) {
    if (error instanceof Malformed) return false;
    throw error;
  }
}

/** The limits of a pack with these contents, in a fixed order. */
export function limitsOf(pack: Contents): PackedLimit[] {
  const all = [...pack.events, ...pack.related];
  const holds: { readonly [C in LimitCode]: boolean } = {
    last: true,
    related: true,
    unlogged: true,
    statements: true,
    truth: true,
    unsigned: pack.checkpoint === null,
    tail: pack.checkpoint !== null && all.some((e) => e.proof === null),
    unwitnessed: pack.checkpoint !== null && !isWitnessed(pack),
    textsLeftOut: pack.texts === null,
    textsErased: pack.texts?.some((t) => t.erasedAt !== null) ?? false,
    values: all.some((e) => e.event.position.startsWith('C')),
  };
  return (Object.keys(SENTENCES) as LimitCode[]).filter((code) => holds[code]).map((code) => ({ code, ...SENTENCES[code] }));
}
