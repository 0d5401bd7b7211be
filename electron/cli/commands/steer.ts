import { defineCommand } from '../command.ts';
import { MODEL } from '../named.ts';
import { ACTS } from '../steer/acts.ts';
import { steerOptions } from '../steer/options.ts';
import { UsageError } from '../usage.ts';

const NAMES = Object.keys(ACTS) as (keyof typeof ACTS)[];

export const steer = defineCommand({
  name: 'steer',
  summary: 'Steer a model while it runs: fit, apply, list, sweep, bake, read',
  about:
    'fit works a steering out on texts, apply asks with it or records it, sweep shows effect against cost, bake says how it goes into an ' +
    'exported model and writes that, read shows a text along the fitted directions, list what there is. Weights stay as they are, but ' +
    'for directional ablation that is asked to be in the weights.',
  positionals: [
    { name: 'act', help: NAMES.join(', ') },
    MODEL,
    { name: 'draft', help: 'Beginning of a fitted steering’s id; not needed when there is only one', optional: true },
  ],
  options: steerOptions,
  examples: [
    ['emend steer fit atlas --method repe --set wording --check --save w.safetensors', 'A reading vector, measured beside its controls'],
    [
      'emend steer fit atlas --method actadd --plus "Norway\'s capital is" --minus "Norway\'s continent is" --save a.safetensors',
      'One pair',
    ],
    ['emend steer apply atlas --from w.safetensors --prompt "Capital of France equals"', 'Off, on and with random vectors'],
    ['emend steer bake atlas --from w.safetensors --to ./steered', 'A model that any ONNX Runtime runs steered'],
  ],
  async run(values, [act, name, wanted], context) {
    const known = NAMES.find((one) => one === act);
    if (!known) throw new UsageError(`There is no act ${JSON.stringify(act)}.`, `Say what to do: emend steer ${NAMES.join(' | ')}.`);
    return ACTS[known](values, name!, wanted, context);
  },
});
