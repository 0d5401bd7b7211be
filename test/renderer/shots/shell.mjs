import { at } from './place.mjs';

export const SHOTS = [
  { name: 'library', hash: '#/library' },
  { name: 'ask', hash: at('ask') },
  { name: 'settings', hash: '#/settings' },
];
