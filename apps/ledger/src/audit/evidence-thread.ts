/**
 * Puts one contract's evidence together, verifies it, and tells it: work that grows with the contract, and that no
 * command shall wait for. Started for one pack, ends with it.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { BrokenHistory, buildPack, packText, renderReport, verifyPack, type PackedText, type PackInput } from '@app/evidence';

export interface EvidenceJob {
  readonly input: Omit<PackInput, 'textsOf'>;
  /** By reference; null: left out. */
  readonly texts: ReadonlyMap<string, PackedText> | null;
  /** Null: the pack itself. */
  readonly language: 'en' | 'ja' | null;
}

export type EvidenceMade = { readonly made: string } | { readonly altered: { readonly at: string; readonly why: string } };

/** What tells that the log is not as it was signed; other findings (a text that was lost) belong into the pack. */
const ALTERED = new Set(['altered', 'missing', 'inserted', 'reordered', 'proof', 'signature', 'checkpoint', 'event']);

function make({ input, texts, language }: EvidenceJob): EvidenceMade {
  try {
    const pack = buildPack({ ...input, textsOf: texts && ((refs) => refs.map((ref) => texts.get(ref)!)) });
    const text = packText(pack);
    // Whoever asks must not be given what does not hold as if it did.
    const verified = verifyPack(Buffer.from(text, 'utf8'), { keys: [], witnesses: [] });
    const altered = verified.findings.find((f) => ALTERED.has(f.kind));
    if (altered) return { altered: { at: altered.at, why: altered.detail } };
    return { made: language === null ? text : renderReport(pack, verified, language) };
  } catch (error) {
    if (error instanceof BrokenHistory) return { altered: { at: error.at, why: error.why } };
    throw error;
  }
}

parentPort!.postMessage(make(workerData as EvidenceJob));
