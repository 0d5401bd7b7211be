/** Every string that more than one screen shows. Strings of one screen are in text/<screen>.ts. */
export { t } from './text/shell.ts';
