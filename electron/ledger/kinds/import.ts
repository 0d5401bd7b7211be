import { shortId } from '../../../shared/ids.ts';
import * as v from 'valibot';
import { EmendError } from '../../../shared/errors.ts';
import { Fields, ModelRecordSchema, VersionId } from '../bodies.ts';
import { baseVersion, modelId } from '../versions.ts';
import type { VersionDefinition } from './definition.ts';

/** How the record of one model begins. `ledger` is the format of the journal. */
const schema = v.strictObject({ ledger: v.literal(1), model: ModelRecordSchema, version: VersionId, anatomy: Fields, trial: Fields });
const input = v.omit(schema, ['ledger', 'version']);

export const importKind = {
  schema,
  input,
  needsReason: false,
  told: (body) => ({ about: [body.model.name] }),
  adds: () => ({ ledger: 1 }),
  result(body, past) {
    if (!past.isEmpty)
      throw new EmendError(
        'bad-input',
        `This ledger is already that of model ${shortId(past.current.model)}.`,
        'Import another model into a ledger of its own.',
      );
    const id = modelId(body.model.files);
    if (body.model.id !== id)
      throw new EmendError(
        'bad-input',
        `The model's id is ${body.model.id}; its files give ${id}.`,
        'Work out the id from the list of files.',
      );
    return baseVersion(id);
  },
} satisfies VersionDefinition<v.InferOutput<typeof schema>, v.InferOutput<typeof input>>;
