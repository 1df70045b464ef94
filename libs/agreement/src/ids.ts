/** The 45 options of Art. 8 (2), by their number there. */
export const OPTION_NOS = [
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34,
  35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45,
] as const;
export type OptionNo = (typeof OPTION_NOS)[number];

/** The eight items of Art. 1 that can be contracted. */
export const ITEM_CODES = ['C', 'D', 'G', 'L', 'O', 'X', 'A', 'B'] as const;
export type ItemCode = (typeof ITEM_CODES)[number];

/** Clauses stated one by one, in the order of the text. */
const ARTICLES = [
  'A1-C',
  'A1-D',
  'A1-G',
  'A1-L',
  'A1-O',
  'A1-X',
  'A1-A',
  'A1-B',
  'A2',
  'A3-1a',
  'A3-1b',
  'A3-2a',
  'A3-2b',
  'A3-2c',
  'A4-1',
  'A4-2',
  'A5-1',
  'A5-2',
  'A5-3',
  'A5-4',
  'A5-5',
  'A5-6',
  'A5-7',
  'A5-8',
  'A5-9',
  'A5-10',
  'A5-11',
  'A5-12',
  'A5-13',
  'A5-14',
  'A5-15',
  'A5-16',
  'A5-17',
  'A5-18',
  'A5-19',
  'A5-20',
  'A6-1-1',
  'A6-1-2',
  'A6-1-3',
  'A6-2',
  'A7-1',
  'A7-2',
  'A8-1',
] as const;
const ARTICLES_AFTER_OPTIONS = [
  'A8-3a',
  'A8-3b',
  'A8-4-1-i',
  'A8-4-1-ii',
  'A8-4-1-iii',
  'A8-4-1-iv',
  'A8-4-2',
  'A8-4-3',
  'A8-4-4a',
  'A8-4-4b',
  'A8-4-5',
  'A8-4-6',
  'A8-4-7',
  'A8-4-8-i',
  'A8-4-8-ii',
  'A8-4-8-iii',
  'A8-5',
  'A8-6a',
  'A8-6b',
  'A8-6c',
  'A8-6d',
  'A8-6e',
  'A8-7a',
  'A8-7b',
  'A8-7c',
  'A8-8',
  'A9',
  'A10-1',
  'A10-2',
  'A10-3',
  'A10-4',
  'A10-5',
  'A11a',
  'A11b',
  'A11c',
  'A11d',
  'A12-1',
  'A12-2',
  'A12-3',
  'A13',
] as const;

/** Supplementary provisions that only bring a version into force. */
export const IN_FORCE_IDS = [
  'S-H30-10-1',
  'S-H30-11-1',
  'S-R1-9-1',
  'S-R1-10-1',
  'S-R1-12-1',
  'S-R2-9-1',
  'S-R3-1-1',
  'S-R3-7-1',
  'S-R3-10-1-1',
  'S-R4-4-1',
  'S-R4-5-1-1',
  'S-R4-7-1-1',
  'S-R4-11-1',
  'S-R5-1-1',
  'S-R6-4-1',
  'S-R6-10-1',
  'S-R7-4-1',
  'S-R7-10-1-1',
] as const;
/** Supplementary provisions about contracts that existed before a version. */
const TRANSITION_IDS = [
  'S-R3-10-1-2',
  'S-R3-10-1-3',
  'S-R4-5-1-2',
  'S-R4-7-1-2',
  'S-R4-7-1-3',
  'S-R7-10-1-2',
  'S-R7-10-1-3',
  'S-R7-10-1-4',
  'S-R7-10-1-5',
  'S-R7-10-1-6',
  'S-R7-10-1-7',
  'S-R7-10-1-8',
] as const;
const ANNEXES = [
  'X1-1-1',
  'X1-1-2a',
  'X1-1-2b',
  'X1-2-1a',
  'X1-2-1b',
  'X1-2-2a',
  'X1-2-2b',
  'X1-3-1',
  'X1-3-2',
  'X2-1',
  'X2-2',
] as const;

export type OptionClauseId = `A8-2-${OptionNo}`;
/** Clauses with a statement of their own; the families of options and of versions are stated from tables. */
export type StatedClauseId =
  | (typeof ARTICLES)[number]
  | (typeof ARTICLES_AFTER_OPTIONS)[number]
  | (typeof TRANSITION_IDS)[number]
  | (typeof ANNEXES)[number];
/** Every clause of the inventory: the one name of a clause in rule, event, rejection, test and document. */
export type ClauseId = StatedClauseId | OptionClauseId | (typeof IN_FORCE_IDS)[number];

export const optionClause = (no: OptionNo): OptionClauseId => `A8-2-${no}`;

/** All clause ids in the order of the text. */
export const CLAUSE_IDS: readonly ClauseId[] = [
  ...ARTICLES,
  ...OPTION_NOS.map(optionClause),
  ...ARTICLES_AFTER_OPTIONS,
  ...IN_FORCE_IDS,
  ...TRANSITION_IDS,
  ...ANNEXES,
];

export const INTERPRETATION_NOS = [
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34,
  35, 36, 37, 38, 39, 40, 41, 42,
] as const;
/** A decided reading where the text is silent, slips or contradicts itself. */
export type InterpretationId = `N${(typeof INTERPRETATION_NOS)[number]}`;

/** Whole paragraphs that are cited where the inventory splits them. */
export const PARAGRAPH_IDS = ['A3-1', 'A3-2', 'A8-3', 'A8-4-4', 'A8-6', 'A8-7', 'A11', 'X1-1-2', 'X1-2-1', 'X1-2-2'] as const;
export type ParagraphId = (typeof PARAGRAPH_IDS)[number];

/** What a decision may cite. */
export type CitableId = ClauseId | InterpretationId | ParagraphId;
