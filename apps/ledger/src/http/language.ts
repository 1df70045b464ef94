export const LANGUAGES = ['en', 'ja'] as const;
export type Language = (typeof LANGUAGES)[number];
/** A text in every language. */
export type Said = { readonly [L in Language]: string };

/**
 * The language of an `Accept-Language` header: the first of ja and en by weight, `en` where neither is asked for.
 * A range of another language, or with weight 0, does not count.
 */
export function languageOf(header: string | undefined): Language {
  if (header === undefined || header === '') return 'en';
  if (header === 'en' || header === 'ja') return header;
  let best: Language = 'en';
  let weight = 0;
  for (const range of header.split(',')) {
    const [tag = '', ...parameters] = range.split(';').map((s) => s.trim().toLowerCase());
    const language = LANGUAGES.find((l) => tag === l || tag.startsWith(`${l}-`));
    const q = Number(parameters.find((p) => p.startsWith('q='))?.slice(2) ?? 1);
    if (language !== undefined && q > weight) [best, weight] = [language, q];
  }
  return best;
}
