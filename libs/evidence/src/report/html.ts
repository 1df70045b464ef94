/** HTML in which every value is text unless it was made here: what anybody entered cannot become markup. */

/** Markup that was made by {@link html}. */
export class Html {
  constructor(readonly text: string) {}
}

type Value = Html | string | number | null | undefined | readonly Value[];

const ESCAPES: { readonly [c: string]: string } = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text as it stands between tags or in a quoted attribute. */
export const escaped = (text: string): string => text.replace(/[&<>"']/g, (c) => ESCAPES[c]!);

function shown(value: Value): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Html) return value.text;
  if (typeof value === 'object') return value.map(shown).join('');
  return escaped(String(value));
}

export const html = (parts: TemplateStringsArray, ...values: readonly Value[]): Html => new Html(parts.reduce((out, part, i) => out + shown(values[i - 1]) + part));

export const join = (values: readonly Value[], between: string): Html => new Html(values.map(shown).join(escaped(between)));
