import { readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { Template } from '@huggingface/jinja';
import * as v from 'valibot';
import { EmendError } from '../../../shared/errors.ts';
import { readModelJson } from '../onnx/model-config.ts';
import { tokenContent } from './tokenizer.ts';

/** A template, or several by name of which "default" is for plain talk. */
const TemplateSchema = v.union([v.string(), v.array(v.object({ name: v.string(), template: v.string() }))]);

/** How a chat model wants what is said to it written. */
export class ChatTemplate {
  readonly #template: Template;
  readonly #tokens: Readonly<Record<string, string>>;

  private constructor(template: Template, tokens: Readonly<Record<string, string>>) {
    this.#template = template;
    this.#tokens = tokens;
  }

  /**
   * The template of a model folder: chat_template.jinja, or `chat_template` in tokenizer_config.json or chat_template.json.
   * @returns undefined where there is none
   * @throws EmendError 'unsupported' for one that is not understood
   */
  static read(folder: string): ChatTemplate | undefined {
    const config = readModelJson(folder, 'tokenizer_config.json') ?? {};
    const file = join(folder, 'chat_template.jinja');
    const said = existsSync(file)
      ? readFileSync(file, 'utf8')
      : (config['chat_template'] ?? readModelJson(folder, 'chat_template.json')?.['chat_template']);
    const parsed = v.safeParse(TemplateSchema, said);
    if (!parsed.success) return undefined;
    const text = typeof parsed.output === 'string' ? parsed.output : parsed.output.find(({ name }) => name === 'default')?.template;
    if (text === undefined) return undefined;
    const names = { ...readModelJson(folder, 'special_tokens_map.json'), ...config };
    const special = Object.entries(names).flatMap(([key, value]) => {
      const content = key.endsWith('_token') ? tokenContent(value) : undefined;
      return content === undefined ? [] : [[key, content] as const];
    });
    return new ChatTemplate(
      understood(() => new Template(text)),
      Object.fromEntries(special),
    );
  }

  /** What somebody says, written as the model wants it, up to where its answer begins. @param further what was said after it, by turns */
  asked(message: string, ...further: readonly string[]): string {
    const messages = [message, ...further].map((content, at) => ({ role: at % 2 === 0 ? 'user' : 'assistant', content }));
    return understood(() => this.#template.render({ ...this.#tokens, messages, add_generation_prompt: true }));
  }
}

function understood<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new EmendError(
      'unsupported',
      `The model's chat template cannot be run: ${error instanceof Error ? error.message : String(error)}.`,
      'Ask it without its template.',
    );
  }
}
