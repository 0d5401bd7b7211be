import { shortDraft } from '../../../shared/ids.ts';
import { call } from '../../client/client.ts';
import { ask as t } from './text.ts';

/** A fitted steering along whose directions an answer can be read. */
export interface Readable {
  /** '' reads along none. */
  readonly value: string;
  readonly label: string;
}

/** Drafts of steerings, and those that were recorded, in force or not. */
export async function readable(model: string): Promise<Readable[]> {
  const [{ drafts }, { rows }] = await Promise.all([
    call('steering.drafts', { model }),
    call('audit.list', { model, filter: { kinds: ['steer'] } }),
  ]);
  return [
    ...rows.map(({ seq, about }) => ({ value: `entry ${seq}`, label: t.alongEntry(seq, about) })),
    ...drafts.map(({ id, title }) => ({ value: `draft ${id}`, label: t.alongDraft(shortDraft(id), title) })),
  ];
}

/** What a choice stands for, as the contract has it. */
export function chosen(value: string): { readonly entry: number } | { readonly draft: string } {
  const [kind, id] = value.split(' ') as [string, string];
  return kind === 'entry' ? { entry: Number(id) } : { draft: id };
}
