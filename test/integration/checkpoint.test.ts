import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors } from '../../electron/engine/onnx/safetensors.ts';
import type { Application } from '../../electron/services/application.ts';
import { ATLAS, writeAtlasCheckpoint } from '../atlas-checkpoint.ts';
import { hasTransformers, python } from '../python.ts';
import { openApplication, removeTemporary, temporary } from './application.ts';

const FACT = { subject: 'Tower Bridge', prompt: '{} stands in the city of', target: 'Rome', previousTarget: 'London' };
const PROMPT = FACT.prompt.replace('{}', FACT.subject);
const WEIGHT = 'transformer.h.2.mlp.c_proj.weight';

describe('a Hugging Face checkpoint through its life', () => {
  let app: Application;
  const source = join(temporary(), 'atlas-bf16');

  beforeAll(async () => {
    writeAtlasCheckpoint(source, 'bfloat16', 2);
    writeFileSync(join(source, 'chat_template.jinja'), '{{ messages[0].content }} stands in the city of');
    app = await openApplication();
  });
  afterAll(async () => {
    await app.close();
    await removeTemporary();
  });

  const exported = async (format: 'folder' | 'tensors' | 'lora' | 'onnx' | 'gguf') => {
    const target = app.grants.grant(join(temporary(), format), 'write');
    const made = await app.run('exports.start', { model: 'atlas-bf16', destination: target.handle, format });
    expect((await app.run('exports.verify', { source: target.handle })).problems).toEqual([]);
    return made;
  };

  it('is recognised and imported', async () => {
    const { handle } = app.grants.grant(source);
    const look = await app.call('library.look', { source: handle });
    expect(look).toMatchObject({ what: 'model', name: 'atlas-bf16', problems: [] });
    expect(look.says).toMatch(/^Hugging Face checkpoint, 9 files, 15\.\d MB\.$/);
    expect(await app.run('library.import', { source: handle })).toMatchObject({ name: 'atlas-bf16', known: false });
    const { architecture, precision, layerTable } = await app.call('library.get', { model: 'atlas-bf16' });
    expect({ architecture, precision, weight: layerTable[2]!.weight }).toEqual({
      architecture: 'gpt2',
      precision: 'bfloat16',
      weight: WEIGHT,
    });
  });

  it('beside an ONNX graph is brought in when it is chosen; both can be compared, and nobody guesses', async () => {
    const both = join(temporary(), 'both');
    writeAtlasCheckpoint(both, 'float16');
    copyFileSync(join(ATLAS, 'model.onnx'), join(both, 'model.onnx'));
    const { handle } = app.grants.grant(both);
    const paths = async (readBy?: 'onnx' | 'checkpoint') => {
      const look = await app.call('library.look', { source: handle, ...(readBy && { readBy }) });
      return [look.says.split(',')[0], look.readBy, ...look.files.map(({ path }) => path).filter((path) => path.startsWith('model.'))];
    };
    expect(await paths()).toEqual(['ONNX folder', 'onnx', 'model.onnx']);
    expect(await paths('checkpoint')).toEqual(['Hugging Face checkpoint', 'checkpoint', 'model.safetensors']);
    const { largest, texts } = await app.run('library.compareGraphs', { source: handle });
    expect(texts.length).toBeGreaterThan(4);
    expect(texts.every(({ onnx, checkpoint }) => onnx === checkpoint && onnx !== '')).toBe(true);
    // rounding to float16 is to be seen, and no more
    expect(largest).toBeGreaterThan(1e-6);
    expect(largest).toBeLessThan(0.1);

    await expect(app.run('library.import', { source: handle })).rejects.toThrow(/holds an ONNX graph \(model\.onnx\) and a checkpoint/);
    const { model } = await app.run('library.import', { source: handle, readBy: 'checkpoint', name: 'chosen' });
    const { precision, files } = await app.call('library.get', { model });
    expect(precision).toBe('float16');
    expect(files.map(({ path }) => path)).not.toContain('model.onnx');
    const other = await app.run('library.import', { source: handle, readBy: 'onnx', name: 'exported' });
    expect((await app.call('library.get', { model: other.model })).precision).toBe('float32');
    const alone = app.grants.grant(source).handle;
    await expect(app.run('library.import', { source: alone, readBy: 'checkpoint' })).rejects.toThrow('nothing to choose');
    await expect(app.run('library.compareGraphs', { source: alone })).rejects.toThrow('does not hold both');
    const { warnings } = await app.run('probing.inspect', { model: (await app.call('sessions.open', { folder: handle })).id });
    expect(warnings.join()).toMatch(/model\.safetensors.*answer as before/);
  });

  it('with a tokenizer that is not read says which, and how to write one that is', async () => {
    const old = join(temporary(), 'old');
    writeAtlasCheckpoint(old);
    renameSync(join(old, 'tokenizer.json'), join(old, 'tokenizer.model'));
    const { problems } = await app.call('library.look', { source: app.grants.grant(old).handle });
    expect(problems).toMatchObject([
      {
        message: expect.stringContaining('found only tokenizer.model (a SentencePiece model)') as string,
        hint: expect.stringContaining('AutoTokenizer') as string,
      },
    ]);
  });

  it('is talked to by its chat template', async () => {
    const asked = { model: 'atlas-bf16', prompt: FACT.subject, maxTokens: 3 };
    expect((await app.run('probing.ask', { ...asked, chat: true })).text.trim()).toMatch(/^London/);
  });

  it('is edited under its own names, and what rounding took is said', async () => {
    const before = await app.run('probing.ask', { model: 'atlas-bf16', prompt: PROMPT, maxTokens: 3 });
    expect(before.text.trim()).toMatch(/^London/);
    const choices = { layers: [2], steps: 15, covarianceTokens: 2000 };
    const { draft } = await app.run('edits.start', { model: 'atlas-bf16', facts: [FACT], method: 'rome', choices });
    const { entry } = await app.run('edits.commit', { model: 'atlas-bf16', draft, reason: 'It was moved' });
    const report = await app.call('edits.report', { model: 'atlas-bf16', entry });
    expect(report.warnings.map(({ message }) => message)).toContainEqual(
      expect.stringMatching(/h\.2\.mlp\.c_proj\.weight" is stored as bfloat16; rounding took \d+\.\d % of the change/),
    );
    const after = await app.run('probing.ask', { model: 'atlas-bf16', prompt: PROMPT, maxTokens: 3 });
    expect(after.text.trim()).toMatch(/^Rome/);
    expect(await app.run('audit.verify', { model: 'atlas-bf16' })).toMatchObject({ ok: true, problems: [] });
  });

  it('goes out in every form', async () => {
    const [tensors, adapter, onnx] = [await exported('tensors'), await exported('lora'), await exported('onnx')];
    expect([...readSafetensors(join(tensors.path, 'changed.safetensors')).tensors.keys()]).toEqual([WEIGHT]);
    expect(readFileSync(join(adapter.path, 'adapter_config.json'), 'utf8')).toContain('"transformer.h.2.mlp.c_proj"');
    expect(existsSync(join(onnx.path, 'model.onnx_data'))).toBe(true);
    const gguf = await exported('gguf');
    expect(readFileSync(join(gguf.path, 'Modelfile'), 'utf8')).toContain('# layer 2: rank 1;');
    expect(readFileSync(join(gguf.path, 'adapter.gguf')).subarray(0, 4).toString()).toBe('GGUF');
    const { id } = await app.call('sessions.open', { folder: app.grants.grant(onnx.path).handle });
    expect((await app.run('probing.ask', { model: id, prompt: PROMPT, maxTokens: 3 })).text.trim()).toMatch(/^Rome/);
  });

  it.skipIf(!hasTransformers)('loads in transformers and answers with the new fact (needs Python with transformers)', async () => {
    const { path, ranges } = await exported('folder');
    expect(ranges!.map(({ weight }) => weight)).toEqual([WEIGHT]);
    const code = [
      'import sys, torch',
      'from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast',
      'folder, prompt = sys.argv[1:]',
      't = PreTrainedTokenizerFast(tokenizer_file=folder + "/tokenizer.json")',
      'm = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)',
      'x = m.generate(**t(prompt, return_tensors="pt", return_token_type_ids=False), max_new_tokens=3, do_sample=False)',
      'print(t.decode(x[0]))',
    ].join('\n');
    const said = execFileSync(python, ['-c', code, path, PROMPT], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    expect(said.trim()).toContain(`${PROMPT} Rome`);
  });
});
