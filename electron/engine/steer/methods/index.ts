/** Every steering method's implementation, one line each, under the names of shared/steering. */
export { ablation } from './ablation.ts';
export { actadd } from './actadd.ts';
export { caa } from './caa.ts';
export { dola } from './dola.ts';
export { iti } from './iti.ts';
export { repe } from './repe.ts';
export { repeng } from './repeng.ts';
