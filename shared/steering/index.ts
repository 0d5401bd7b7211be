/** Every steering method, one line each. The engine has its other half: electron/engine/steer/methods. */
export { ablation } from './ablation.ts';
export { actadd } from './actadd.ts';
export { caa } from './caa.ts';
export { dola } from './dola.ts';
export { iti } from './iti.ts';
export { repe } from './repe.ts';
export { repeng } from './repeng.ts';
