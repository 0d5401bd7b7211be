import type { UtilityProcess } from './utility-process.ts';
import type { BrowserWindow } from './window.ts';

// What is alive in this application. A file of its own, because windows and the application know each other.

export const windows = new Map<number, BrowserWindow>();

export const utilityProcesses = new Set<UtilityProcess>();
