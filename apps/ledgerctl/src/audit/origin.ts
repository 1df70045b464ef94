/** Names a ledger's log in its checkpoints; the service says the same. */
export const originOf = (ledgerId: string): string => `contract-ledger/${ledgerId}`;
