/**
 * What a command can get wrong that only the contract, the day or the agreement's tables show: a rule and its facts,
 * `rule|fact|…` (days YYYY-MM-DD, amounts in yen, options by number). Said in words at the edge, which does not compile
 * while a rule is without them.
 */
export type Mistake =
  | 'required'
  | `afterToday|${string}|${string}`
  | `beforeAcceptance|${string}`
  | `beforeContract|${string}`
  | `beforeOption|${string}`
  | `beforeNotice|${string}`
  | `beforeFault|${string}`
  | `billingBeforeAcceptance|${string}`
  | `notAnItem|${string}`
  | `noQuantity|${string}`
  | `tooMuchAMonth|${number}`
  | `tooMuchInAll|${number}`
  | `needsAccounts|${number}`
  | `noAccounts|${number}`
  | `noAccountsOfItsOwn|${number}`
  | `noUnits|${number}`
  | `needsMonthlyFee|${number}`
  | 'whyProvider'
  | 'notItsOption'
  | `notOfKind|${string}`
  | `notOfKindBut|${string}|${string}`
  | 'whichCharge'
  | `notItsCharge|${string}`
  | 'theContractItself'
  | 'notTheContractItself'
  | 'otherUnit';
