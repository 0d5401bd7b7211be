import * as v from 'valibot';
import { type Envelope, EnvelopeSchema } from '../../shared/contract.ts';
import { EventSchema } from '../../shared/contract/events.ts';
import { PickedSchema } from '../../shared/contract/host.ts';
import { errorFromData } from '../../shared/errors.ts';
import { filesOf, type GivenFiles, type Host } from './host.ts';
import { unanswered } from './unanswered.ts';

/** How soon a server that refused this page is asked again (ms). */
const RETRY = 3000;

const UploadedSchema = v.object({ picked: v.array(PickedSchema) });

/** `emend serve`: calls by POST, events by Server-Sent Events, dropped files by upload. */
export function browserHost(): Host {
  return {
    async call(method, params) {
      const asked = performance.now();
      try {
        const response = await fetch('./api/call', {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify({ method, params }),
        });
        const envelope = v.safeParse(EnvelopeSchema, await response.json().catch(() => undefined));
        return envelope.success
          ? envelope.output
          : failure(
              `The server answered ${response.status} ${response.statusText} to ${method}; expected a result.`,
              'Open the address that "emend serve" printed.',
            );
      } catch {
        return failure(
          'The server does not answer.',
          'Start "emend serve" again; this page goes on by itself. Nothing that was committed is lost, and what you typed stays here.',
          unanswered(asked),
        );
      }
    },
    listen(heard, missed, changed) {
      let source: EventSource;
      let again: ReturnType<typeof setTimeout> | undefined;
      let wasOpen = false;
      const open = () => {
        source = new EventSource('./api/events');
        source.onopen = () => {
          changed('open');
          if (wasOpen) missed();
          wasOpen = true;
        };
        source.onmessage = ({ data }) => heard(v.parse(EventSchema, JSON.parse(String(data))));
        source.onerror = () => {
          // While it is tried again by itself nobody answered; one that was refused is given up by the browser.
          const isRefused = source.readyState === EventSource.CLOSED;
          changed(isRefused ? 'stranger' : 'lost');
          if (isRefused) again = setTimeout(open, RETRY);
        };
      };
      open();
      return () => {
        clearTimeout(again);
        source.close();
      };
    },
    grant: upload,
  };
}

function failure(message: string, hint: string, details: Record<string, unknown> = {}): Envelope {
  return { ok: false, error: { code: 'failed', message, hint, details } };
}

interface Part {
  readonly path: string;
  readonly file: File;
}

async function upload(given: GivenFiles) {
  const parts = await partsOf(given);
  const id = crypto.randomUUID();
  for (const { path, file } of parts) await post('./api/upload', file, { 'x-emend-upload': id, 'x-emend-path': encodeURIComponent(path) });
  const done = await post('./api/upload/done', JSON.stringify({ id }), { 'Content-Type': 'application/json' });
  return v.parse(UploadedSchema, await done.json()).picked;
}

async function post(address: string, body: BodyInit, headers: Record<string, string>): Promise<Response> {
  const asked = performance.now();
  const response = await fetch(address, { method: 'POST', headers, body }).catch(() => {
    throw errorFromData({
      code: 'failed',
      message: 'The upload stopped: the server does not answer, or a file cannot be read any more.',
      hint: 'Drop the files again when the server answers.',
      details: unanswered(asked),
    });
  });
  if (response.ok) return response;
  const envelope = v.safeParse(EnvelopeSchema, await response.json().catch(() => undefined));
  const error =
    envelope.success && !envelope.output.ok
      ? envelope.output.error
      : {
          code: 'failed' as const,
          message: `The server answered the upload with ${response.status} ${response.statusText}.`,
          hint: 'Reload the page, then drop the files again.',
          details: {},
        };
  throw errorFromData(error);
}

/** Files with their path inside what was dropped. The entries are taken before anything is awaited: afterwards they are gone. */
function partsOf(given: GivenFiles): Promise<Part[]> {
  const entries =
    given instanceof DataTransfer ? [...given.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null) : [];
  if (entries.length === 0) return Promise.resolve(filesOf(given).map((file) => ({ path: file.webkitRelativePath || file.name, file })));
  return Promise.all(entries.map(within)).then((found) => found.flat());
}

async function within(entry: FileSystemEntry): Promise<Part[]> {
  if (entry.isFile) {
    // Browsers do not make these classes known, so that they can be told apart only by this flag.
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    return [{ path: entry.fullPath.replace(/^\//, ''), file }];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const inside: FileSystemEntry[] = [];
  // A reader gives a hundred entries at a time, and none at the end.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) break;
    inside.push(...some);
  }
  return (await Promise.all(inside.map(within))).flat();
}
