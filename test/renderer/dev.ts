import { fakeBridge } from './fake/host.ts';

const page = globalThis as unknown as { location: { search: string } };
const asked = new URLSearchParams(page.location.search);

/** `?new` an empty library, `?picker=list` folders of a serving machine, `?jobs` a filled tray. */
Object.assign(globalThis, { emend: fakeBridge({ isNew: asked.has('new'), picker: asked.get('picker') === 'list' ? 'list' : 'native', hasJobs: asked.has('jobs') }) });
