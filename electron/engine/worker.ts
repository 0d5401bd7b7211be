import { handlersOn } from './handlers/index.ts';
import { OpenModels } from './handlers/open-models.ts';
import { serve } from './serve.ts';

// Entry of a worker thread: one model, its sessions, one job at a time.
serve(handlersOn(new OpenModels()));
