import type { SteeringRef } from '../model-ref.ts';
import { readSteering } from '../steer/file.ts';
import type { Steering } from '../steer/steering.ts';
import { randomised, scaled, together } from '../steer/variants.ts';

/** Steering files as one steering, each as it is to be applied. @throws EmendError for a file that is none */
export function steeringOf(refs: readonly SteeringRef[]): Steering {
  return together(
    refs.map(({ file, scale = 1, random }) => {
      const own = scaled(readSteering(file), scale);
      return random === undefined ? own : randomised(own, random);
    }),
  );
}
