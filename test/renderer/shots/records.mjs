import { at } from './place.mjs';

export const SHOTS = [
  { name: 'versions', hash: at('versions') },
  { name: 'log', hash: at('log') },
];
