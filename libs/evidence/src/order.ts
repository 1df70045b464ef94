const POSITION = /^C?(\d{1,20})(?:P(\d{1,20}))?$/;

/** Order of positions in the log: numbers, or commit and prepare. Negative, 0 or positive. @throws {RangeError} not a position */
export function comparePositions(a: string, b: string): number {
  const [x, y] = [a, b].map((text) => {
    const parts = POSITION.exec(text);
    if (!parts) throw new RangeError(`${text} is not a position`);
    return [BigInt(parts[1]!), BigInt(parts[2] ?? 0)] as const;
  }) as [readonly [bigint, bigint], readonly [bigint, bigint]];
  const by = x[0] === y[0] ? x[1] - y[1] : x[0] - y[0];
  return by < 0n ? -1 : by > 0n ? 1 : 0;
}
