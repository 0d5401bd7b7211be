import { at } from './place.mjs';

export const SHOTS = [{ name: 'edit', hash: at('edit') }];
