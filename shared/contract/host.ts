import * as v from 'valibot';
import { Handle, Line, method, Nothing } from './define.ts';

/** A file or folder that the person chose. */
export const PickedSchema = v.object({
  handle: v.string(),
  /** For showing only. */
  path: v.string(),
  name: v.string(),
  folder: v.boolean(),
  bytes: v.optional(v.number()),
});
export type Picked = v.InferOutput<typeof PickedSchema>;

export const HostInfoSchema = v.object({
  /** The desktop application, or the same in a browser. */
  mode: v.picklist(['desktop', 'browser']),
  app: v.string(),
  platform: v.string(),
  /** 'native': the host opens the system's dialog. 'list': the screen shows folders of the serving machine (`host.browse`). */
  picker: v.picklist(['native', 'list']),
  /** Whether the host can print a PDF and show a file in the system's file manager. */
  canPrint: v.boolean(),
  canReveal: v.boolean(),
  /** Where models, ledgers and settings lie; for showing only. */
  dataFolder: v.string(),
  cores: v.number(),
  memoryBytes: v.number(),
});
export type HostInfo = v.InferOutput<typeof HostInfoSchema>;

export const PickKind = v.picklist(['model', 'facts', 'folder', 'save']);

/** What each host does in its own way. */
export const hostMethods = {
  'host.info': method(Nothing, HostInfoSchema),
  /** Opens the system's dialog (picker 'native'). Empty when it was closed without a choice. 'folder': an existing folder; 'save': a file to write. */
  'host.pick': method(v.strictObject({ kind: PickKind, name: v.optional(Line) }), v.object({ picked: v.array(PickedSchema) })),
  /** Lists a folder of the serving machine (picker 'list'); the home folder when none is given. */
  'host.browse': method(
    v.strictObject({ folder: v.optional(Handle) }),
    v.object({ here: PickedSchema, parent: v.optional(PickedSchema), entries: v.array(PickedSchema) }),
  ),
  /** A new name in a folder that was chosen, as the place to write to. */
  'host.place': method(
    v.strictObject({ folder: Handle, name: v.pipe(Line, v.regex(/^(?!\.{1,2}$)[^/\\\0]+$/, 'expected a name without / or \\')) }),
    PickedSchema,
  ),
  /** Shows a file or folder that Emend wrote in the system's file manager. */
  'host.reveal': method(v.strictObject({ handle: Handle }), Nothing),
  /** Opens a page of Emend's own documentation list in the browser; anything else is refused. */
  'host.openLink': method(v.strictObject({ link: v.picklist(['rome', 'memit', 'source']) }), Nothing),
};
