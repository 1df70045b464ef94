import { FreeText, Name, Optional, Words } from './rules.js';
import type { Why } from '@app/contract';

/** What every command may say beside its own members. */
export class WhyDto implements Why {
  @Optional() @FreeText() readonly reason?: string;
  @Optional() @Name() readonly channel?: string;
  @Optional() @FreeText() readonly document?: string;
}

/** The same where the provider acts: the reason must be given. */
export class ReasonDto implements Why {
  @Words() readonly reason: string;
  @Optional() @Name() readonly channel?: string;
  @Optional() @FreeText() readonly document?: string;
}
