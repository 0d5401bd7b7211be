/** What fields of settings say. */
export const settingText = {
  reset: (label: string) => `Reset ${label}`,
  inUse: (value: string, source: string) => [value, source].filter((part) => part !== '').join(', '),
  instead: (value: string, source: string) => `instead of ${[value, source].filter((part) => part !== '').join(', ')}`,
  automaticValue: (value: string) => `automatic: ${value}`,
  notRead: (expected: string, found: string) => `Expected ${expected}; found ${JSON.stringify(found)}.`,
  noLayer: (layers: number, found: number) => `This model has layers 0 to ${layers - 1}; found ${found}.`,
} as const;
