import { Random } from '../runtime/sampling.ts';

/** Standard normal numbers, two from each pair of uniform ones (Box and Muller). */
export function normalNoise(count: number, seed: number): Float32Array {
  const random = new Random(seed);
  const noise = new Float32Array(count);
  for (let i = 0; i < count; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - random.next()));
    const angle = 2 * Math.PI * random.next();
    noise[i] = radius * Math.cos(angle);
    if (i + 1 < count) noise[i + 1] = radius * Math.sin(angle);
  }
  return noise;
}
