import * as v from 'valibot';
import { METHOD_NAMES } from '../methods/list.ts';
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
  /** The day that this build was made on; absent for what was not built. */
  built: v.exactOptional(v.string()),
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

/** What people choose: a folder or file that is there, or a new place to write to. */
export const PICKS = {
  model: { takes: 'folder', title: 'Choose a model folder' },
  facts: {
    takes: 'file',
    title: 'Choose a file of facts',
    files: { name: 'Facts (CSV, JSON, JSONL)', extensions: ['csv', 'json', 'jsonl'] },
  },
  hyperparameters: {
    takes: 'file',
    title: 'Choose a hyperparameter file',
    files: { name: 'Hyperparameters (JSON, YAML)', extensions: ['json', 'yaml', 'yml'] },
  },
  labels: { takes: 'file', title: 'Choose a table of labels', files: { name: 'Labels (CSV)', extensions: ['csv', 'tsv', 'txt'] } },
  texts: { takes: 'file', title: 'Choose texts, one a line', files: { name: 'Texts', extensions: ['txt'] } },
  lens: { takes: 'file', title: 'Choose a tuned lens', files: { name: 'Translators (safetensors)', extensions: ['safetensors'] } },
  pairs: {
    takes: 'file',
    title: 'Choose pairs of texts',
    files: { name: 'Pairs, labelled texts, TruthfulQA (CSV, JSON, JSONL)', extensions: ['csv', 'json', 'jsonl'] },
  },
  steering: {
    takes: 'file',
    title: 'Choose a steering',
    files: { name: 'Steering (safetensors, GGUF)', extensions: ['safetensors', 'gguf'] },
  },
  key: { takes: 'file', title: 'Choose the file of your own key', files: { name: 'Keys (PEM)', extensions: ['pem'] } },
  publicKey: { takes: 'file', title: 'Choose the public half of their key', files: { name: 'Public keys (PEM)', extensions: ['pem'] } },
  gguf: { takes: 'file', title: 'Choose the GGUF file of the model', files: { name: 'GGUF', extensions: ['gguf'] } },
  graph: { takes: 'file', title: 'Choose an image classifier', files: { name: 'ONNX', extensions: ['onnx'] } },
  folder: { takes: 'folder', title: 'Choose a folder' },
  save: { takes: 'place', title: 'Choose where to save' },
} as const satisfies Record<string, Pick>;
interface Pick {
  readonly takes: 'folder' | 'file' | 'place';
  readonly title: string;
  readonly files?: { readonly name: string; readonly extensions: readonly string[] };
}
export type PickKind = keyof typeof PICKS;
export const PickKindSchema = v.picklist(Object.keys(PICKS) as [PickKind, ...PickKind[]]);

/** What each host does in its own way. */
export const hostMethods = {
  'host.info': method(Nothing, HostInfoSchema),
  /**
   * Opens the system's dialog (picker 'native'). Empty when it was closed without a choice. 'folder': an existing folder; 'save': a file to
   * write.
   */
  'host.pick': method(v.strictObject({ kind: PickKindSchema, name: v.optional(Line) }), v.object({ picked: v.array(PickedSchema) })),
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
  /** Opens the page of a method's paper, or of Emend's source, in the browser; anything else is refused. */
  'host.openLink': method(v.strictObject({ link: v.picklist([...METHOD_NAMES, 'source']) }), Nothing),
};
