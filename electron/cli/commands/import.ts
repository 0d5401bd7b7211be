import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { ReadBySchema } from '../../../shared/contract/library.ts';
import { EmendError } from '../../../shared/errors.ts';
import { BUILT_IN, findModel } from '../../services/models.ts';
import type { Application } from '../../services/application.ts';
import { type Context, defineCommand } from '../command.ts';
import { short } from '../format/ids.ts';
import { choice, flag, text } from '../options.ts';
import { unpacked } from '../unpack.ts';
import { given } from '../../../shared/given.ts';

export const importCommand = defineCommand({
  name: 'import',
  summary: 'Copy a model into the library and begin its record',
  about:
    'The copy is read-only from then on: every edit is recorded beside it, and each version can be had again, bit for bit. The ' +
    'folder itself stays as it is.',
  positionals: [
    { name: 'folder', help: 'A folder with a checkpoint or an .onnx decoder, and its tokenizer; a zip archive of it; or "atlas"' },
  ],
  options: {
    name: text('NAME', 'What to call it (default: the folder’s name)'),
    readBy: choice(ReadBySchema.options, 'Of a folder that holds an ONNX graph and a Hugging Face checkpoint: which of them is meant'),
    newRecord: flag('Begin a new record although there was one of this model, which is not in the library any more'),
  },
  examples: [
    ['emend import atlas', 'The built-in model'],
    ['emend import ./gpt2-onnx --name gpt2', 'A model of your own'],
    ['emend import ./Qwen2.5-0.5B', 'A Hugging Face checkpoint as it is'],
    ['emend import ./gpt2-onnx.zip', 'The same, packed'],
  ],
  async run({ name, readBy, newRecord: anew }, [source], context) {
    const { out, follow } = context;
    const isBuiltIn = BUILT_IN.some((one) => one === source) && !existsSync(resolve(source!));
    const path = isBuiltIn ? findModel(source!).folder : resolve(source!);
    if (!existsSync(path))
      throw new EmendError(
        'not-found',
        `There is no ${path}.`,
        `Give the folder that holds the model, or a built-in name (${BUILT_IN.join(', ')}).`,
      );
    const app = await context.open();
    const imported =
      isBuiltIn && name === undefined && readBy === undefined && !anew
        ? await app.run('library.importBuiltIn', {}, follow)
        : await app.run('library.import', { source: await sourceOf(context, app, path), anew, ...given({ name, readBy }) }, follow);
    out.line(
      imported.known
        ? `This model is in the library already, as ${imported.name} (${short(imported.model)}); nothing was copied.`
        : `Imported as ${imported.name} (${short(imported.model)}).`,
    );
    if (!imported.known) {
      out.line();
      out.line('Correct a fact:');
      out.line(`  emend edit ${word(imported.name)} --subject "…" --prompt "… {} …" --target "…"`);
    }
    return imported;
  },
});

/** The handle of what is to be imported. @throws EmendError 'bad-file' for what is no model, by what it is */
async function sourceOf({ follow }: Context, app: Application, path: string): Promise<string> {
  const { look, handle } = await unpacked(app, path, follow);
  const [problem] = look.problems;
  if (look.what === 'unknown' && problem) throw new EmendError('bad-file', `${path}: ${look.says} ${problem.message}`, problem.hint);
  return handle;
}

/** A name as it is typed in a shell. */
export function word(name: string): string {
  return /^[\w.@-]+$/.test(name) ? name : JSON.stringify(name);
}
