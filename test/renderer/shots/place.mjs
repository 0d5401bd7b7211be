/** Models of fake/samples.ts by id, and addresses of their screens. */
export const ATLAS = 'a71a5000'.repeat(8);
export const NEW = '9e2d0000'.repeat(8);
export const DAMAGED = 'b07f0000'.repeat(8);
export const at = (screen, model = ATLAS) => `#/model/${model}/${screen}`;
