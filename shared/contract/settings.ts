import * as v from 'valibot';
import { forDemanded, MEASURES } from '../measures.ts';
import { PickedSchema } from './host.ts';
import { Count, Finite, Handle, Line, method, Named, Nothing, Passphrase } from './define.ts';

const Share = v.pipe(Finite, v.minValue(0), v.maxValue(1));

/** What an export demands. */
export const PolicySchema = v.object({
  /** Checks must be there and above the thresholds. */
  requireChecks: v.boolean(),
  requireApproval: v.picklist(['none', 'anyone', 'someone-else', 'another-key']),
  /** Whose keys count for 'another-key': names by the ids of the keys. */
  people: v.optional(v.record(v.string(), Line), {}),
});
/** What a settings file of another release does not have is as it comes. */
export const ThresholdsSchema = v.object(forDemanded((name) => v.optional(Share, MEASURES[name].demand.least)));

export const SettingsSchema = v.object({
  /** Who signs entries; empty until the person says. */
  author: Line,
  theme: v.picklist(['system', 'light', 'dark']),
  /** The list of models at the side; 'auto': folded where the window is narrow. */
  sidebar: v.optional(v.picklist(['auto', 'shown', 'folded']), 'auto'),
  /** How wide a person made columns and panels, by name, in pixels; what is not there is as it comes. */
  widths: v.optional(v.record(v.pipe(v.string(), v.maxLength(40)), v.pipe(Finite, v.minValue(20), v.maxValue(4000))), {}),
  /** Processor threads; 0 as many as useful. */
  threads: v.pipe(Count, v.maxValue(1024)),
  /** Least share for a check to pass. */
  thresholds: ThresholdsSchema,
  policy: PolicySchema,
});
export type Settings = v.InferOutput<typeof SettingsSchema>;

export const DEFAULT_SETTINGS: Settings = {
  author: '',
  theme: 'system',
  sidebar: 'auto',
  widths: {},
  threads: 0,
  thresholds: forDemanded((name) => MEASURES[name].demand.least),
  policy: { requireChecks: false, requireApproval: 'none', people: {} },
};

/** A key of a person's own, in a file that the person keeps. */
const OwnKeySchema = v.object({
  ...PickedSchema.entries,
  /** Absent where nothing says it: the file is away, or protected and its public half is not beside it. */
  id: v.exactOptional(v.string()),
  isProtected: v.boolean(),
  /** Why it cannot be used now. */
  problem: v.exactOptional(v.string()),
});
export type OwnKey = v.InferOutput<typeof OwnKeySchema>;

export const settingsMethods = {
  'settings.get': method(
    Nothing,
    v.object({
      settings: SettingsSchema,
      suggestedAuthor: v.string(),
      notices: v.array(v.object({ message: v.string(), hint: v.string() })),
    }),
  ),
  'settings.set': method(v.strictObject({ settings: v.partial(SettingsSchema) }), v.object({ settings: SettingsSchema })),
  /** The key that signs checkpoints and exports. */
  'settings.key': method(Nothing, v.object({ id: v.string(), publicKey: v.string(), path: v.string() })),
  /** Lets the signatures of another public key count, such as an earlier one of one's own; from the next start on. */
  'settings.trustKey': method(v.strictObject({ source: Handle }), v.object({ id: v.string() })),
  /** Those signatures count no more, from the next start on. */
  'settings.distrustKey': method(v.strictObject({ id: Line }), v.object({ id: v.string() })),
  /** Other keys that count besides the library's own. */
  'settings.trustedKeys': method(Nothing, v.object({ ids: v.array(v.string()) })),
  /**
   * Puts a new key, or that of a file, in the place of the library's own, from the next start on; what the old one signed goes on
   * counting.
   */
  'settings.changeKey': method(
    v.strictObject({ source: v.optional(Handle), passphrase: v.optional(Passphrase) }),
    v.object({ before: v.string(), now: v.string(), path: v.string() }),
  ),
  /** Makes a key for a person, in a file that the person keeps; the public half lies beside it. */
  'settings.newKey': method(
    v.strictObject({ destination: Handle, passphrase: v.optional(Passphrase) }),
    v.object({ id: v.string(), publicKey: v.string(), path: v.string() }),
  ),
  /** The key that the person here signs approvals with, as it was chosen last. */
  'settings.ownKey': method(Nothing, v.object({ key: v.optional(OwnKeySchema) })),
  /** Remembers where that key lies; null forgets it. The file stays where it is. */
  'settings.setOwnKey': method(v.strictObject({ source: v.nullable(Handle) }), v.object({ key: v.optional(OwnKeySchema) })),
  /** Lets approvals that are signed with a person's key count as that person's. */
  'settings.addPerson': method(v.strictObject({ source: Handle, name: v.pipe(Named, Line) }), v.object({ id: v.string() })),
  /** Another data folder, from the next start on; null goes back to the usual one. */
  'settings.setDataFolder': method(v.strictObject({ folder: v.nullable(Handle) }), v.object({ folder: v.string() })),
};
