import type { Settings } from '../settings.js';
export interface DemoOptions { readonly exit?: boolean }
export async function runDemo(_settings: Settings, _options: DemoOptions): Promise<void> {}
