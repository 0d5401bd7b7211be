/**
 * What is done to a value h with a vector v and a strength s. How a graph does it is in electron/engine/steer/operators.ts.
 * û is v at length 1.
 */
export const OPERATORS = {
  add: { label: 'Add', formula: 'h + s·v', vector: true },
  piecewise: { label: 'Amplify', formula: 'h + sign(h·sv)·s·v', vector: true },
  'project out': { label: 'Project out', formula: 'h − s·(h·û)û', vector: true },
  'project out positive': { label: 'Project out where positive', formula: 'h − s·max(h·û, 0)û', vector: true },
  clamp: { label: 'Clamp along', formula: 'h − (h·û)û + s·û', vector: true },
  scale: { label: 'Scale', formula: 's·h', vector: false },
} as const satisfies Readonly<Record<string, { readonly label: string; readonly formula: string; readonly vector: boolean }>>;

export type Operator = keyof typeof OPERATORS;
export const OPERATOR_NAMES = Object.keys(OPERATORS) as [Operator, ...Operator[]];
