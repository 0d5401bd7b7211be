import type { Ending } from '../engine/host.ts';

/** Signals that end a process from outside or by its own fault. */
const SIGNALS: Readonly<Record<number, string>> = {
  4: 'SIGILL',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  15: 'SIGTERM',
};
/** Set beside the signal when a core was dumped. */
const CORE = 0x80;

/** How a process ended. @param code as Electron gives it: on POSIX what waitpid says, of which a signal is the low byte */
export function endingOf(code: number, output: string, platform: NodeJS.Platform = process.platform): Ending {
  const signal = platform === 'win32' || code > 0xff ? undefined : SIGNALS[code & ~CORE];
  return signal === undefined
    ? { exitCode: code > 0xff && platform !== 'win32' ? code >> 8 : code, signal: null, output }
    : { exitCode: null, signal, output };
}
