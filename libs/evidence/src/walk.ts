/** Looks at every value inside events, with the key that it stands under. */
export function walk(value: unknown, visit: (value: unknown, key: string) => void, key = ''): void {
  visit(value, key);
  if (Array.isArray(value)) for (const v of value as unknown[]) walk(v, visit, key);
  else if (typeof value === 'object' && value !== null) for (const [k, v] of Object.entries(value)) walk(v, visit, k);
}
