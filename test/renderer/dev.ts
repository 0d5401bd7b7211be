import * as v from 'valibot';
import { EditScenarioSchema } from './fake/edits.ts';
import { fakeBridge } from './fake/host.ts';

const page = globalThis as unknown as { location: { search: string } };
const asked = new URLSearchParams(page.location.search);

/**
 * `?new` an empty library, `?picker=list` folders of a serving machine, `?jobs` a filled tray, `?entries=10000` a long ledger,
 * `?look=spoilt` an export that was changed, `?edits=form` a form half written (see fake/edits.ts).
 */
Object.assign(globalThis, {
  emend: fakeBridge({
    isNew: asked.has('new'),
    picker: asked.get('picker') === 'list' ? 'list' : 'native',
    hasJobs: asked.has('jobs'),
    entries: asked.has('entries') ? Number(asked.get('entries')) : undefined,
    isSpoilt: asked.get('look') === 'spoilt',
    edits: v.parse(v.optional(EditScenarioSchema), asked.get('edits') ?? undefined),
  }),
});
