import { join } from 'node:path';
import { EngineHost } from '../../../electron/engine/host.ts';
import type { TestJobs } from './worker.ts';

// A small application: says where its engine is, then works until someone kills it.
const host = new EngineHost<TestJobs>().start({ entry: join(import.meta.dirname, 'process.mjs') });
const model = { folder: import.meta.dirname };
const { pid } = await host.run('place', { model });
await host.run('work', { model }, { onProgress: ({ done }) => done === 1 && console.log(pid) });
