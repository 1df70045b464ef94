import type { Why } from '../commands.js';

/** `POST /v1/management-units`: opens the parent contract (A4-1). */
export interface OpenManagementUnit extends Why {
  readonly contractor: { readonly id: string; readonly name: string };
  readonly name: string;
}
