import cliProgress from 'cli-progress';

/** One line on the standard output. */
export const say = (text = ''): void => void process.stdout.write(`${text}\n`);
/** One line on the error stream: progress and remarks, never the answer. */
export const remark = (text: string): void => void process.stderr.write(`${text}\n`);
export const sayJson = (value: unknown): void => say(JSON.stringify(value, null, 2));

/** Columns of a terminal that a text takes: East Asian wide characters take two. */
export const widthOf = (text: string): number => {
  let width = 0;
  for (const c of text)
    width += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/.test(c) ? 2 : 1;
  return width;
};

/** Rows under headings, columns aligned. */
export function table(headings: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string {
  const cells = [headings, ...rows.map((r) => r.map((c) => (c === null ? '-' : String(c))))];
  const widths = headings.map((_, i) => Math.max(...cells.map((r) => widthOf(r[i] ?? ''))));
  return cells
    .map((r) => r.map((c, i) => (i === r.length - 1 ? c : c + ' '.repeat(widths[i]! - widthOf(c)))).join('  '))
    .join('\n');
}

export interface Bar {
  /** `done` of the total; `note` stands behind the bar. */
  update(done: number, note?: string): void;
  stop(): void;
}

/** A progress bar on the error stream; without a terminal there, nothing but a last line. */
export function progress(label: string, total: number): Bar {
  if (!process.stderr.isTTY) {
    let last = '';
    return { update: (_, note = '') => void (last = note), stop: () => remark(`${label}: ${last || 'done'}`) };
  }
  const bar = new cliProgress.SingleBar({
    format: `${label} [{bar}] {percentage}% {note}`,
    stream: process.stderr,
    hideCursor: true,
    // Ctrl-C is ours to answer.
    gracefulExit: false,
  });
  bar.start(Math.max(1, total), 0, { note: '' });
  let at = 0;
  return {
    update: (done, note) =>
      bar.update((at = Math.max(at, Math.min(done, Math.max(1, total)))), note === undefined ? {} : { note }),
    stop: () => bar.stop(),
  };
}
