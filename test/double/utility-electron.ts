import { absent } from './strict.ts';

// What `require('electron')` gives in a utility process.

export const net = absent('net in utility processes');
export const systemPreferences = absent('systemPreferences in utility processes');
