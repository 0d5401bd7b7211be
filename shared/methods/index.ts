/** Every edit method, one line each. The engine has its other half: electron/engine/edit/methods. */
export { memit } from './memit.ts';
export { rome } from './rome.ts';
