import { handlers } from './handlers.ts';
import type { Jobs } from './jobs.ts';
import { serve } from './serve.ts';

// Entry of a worker thread: one model, its sessions, one job at a time.
serve<Jobs>(handlers);
