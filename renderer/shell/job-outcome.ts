import * as v from 'valibot';
import type { Job } from '../../shared/contract/jobs.ts';
import { verdictLabel, VerdictSchema } from '../../shared/verdict.ts';
import { href } from '../state/route.svelte.ts';
import { t } from './text.ts';
import { words } from '../text.ts';

/** Where the end of a job leads. */
export interface Outcome {
  readonly link?: { readonly label: string; readonly href: string };
  /** Of what it wrote for the person. */
  readonly handle?: string;
}

/** What results of jobs have that one can go to. */
const LeadsSchema = v.partial(
  v.object({ draft: v.string(), entry: v.number(), handle: v.string(), model: v.string(), verdict: VerdictSchema }),
);

/** Where one may go from a job that is done; undefined when its result leads nowhere. */
export function outcomeOf(job: Job): Outcome | undefined {
  const leads = v.safeParse(LeadsSchema, job.result);
  if (job.state !== 'done' || !leads.success) return undefined;
  const { draft, entry, handle, model: imported, verdict } = leads.output;
  const { model } = job;
  const wrote = handle === undefined ? {} : { handle };
  if (imported !== undefined) return { link: { label: words.askIt, href: href('ask', imported) } };
  if (model === undefined) return handle === undefined ? undefined : wrote;
  if (draft !== undefined) return { link: { label: t.jobs.openDraft, href: href('edit', model, { draft }) } };
  if (job.kind === 'audit.verify') return { link: { label: verdict ? verdictLabel(verdict) : t.jobs.openLog, href: href('log', model) } };
  if (entry !== undefined)
    return { link: { label: t.jobs.openEntry(entry), href: href('log', model, { entry: String(entry) }) }, ...wrote };
  return handle === undefined ? undefined : wrote;
}
