import type { MethodInfo } from '../../../shared/contract/edits.ts';
import { EDIT_METHODS, METHOD_NAMES } from '../../../shared/methods/list.ts';
import type { MethodDescriptor } from '../../../shared/methods/method.ts';

const VALUES: Readonly<Record<string, string>> = {
  steps: '25',
  learningRate: '0.5',
  clamp: '0.75',
  klFactor: '0.0625',
  weightDecay: '0.5',
  covarianceTokens: '10240',
  ridge: '0.001',
  seed: '0',
  told: 'neighbours',
};

/** Every method of the list with values as a small model would have them. */
export function fakeMethods(): MethodInfo[] {
  return METHOD_NAMES.map((name) => {
    const { title, summary, choose, settings, layers }: MethodDescriptor = EDIT_METHODS[name];
    return {
      name,
      title,
      summary,
      choose,
      settings: settings.map(({ key, label, help, kind, choices, unit, later }) => ({
        ...{ key, label, help, kind, choices, unit },
        value: later?.value ?? (key === 'layers' ? { one: '3', several: '2, 3, 4' }[layers] : (VALUES[key] ?? choices?.[0] ?? '')),
        source: later?.source ?? 'published default',
      })),
    };
  });
}
