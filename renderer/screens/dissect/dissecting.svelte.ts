import type { Ablated, Dissected, UnitPage, UnitRow } from '../../../shared/contract/dissecting.ts';
import type { Picked } from '../../../shared/contract/host.ts';
import { call } from '../../client/client.ts';
import { Work } from '../../components/progress-line/work.svelte.ts';
import { layersWritten, type Sort } from './rows.ts';
import { given } from '../../../shared/given.ts';

export type Kind = 'language' | 'images';
export type From = 'own' | 'facts' | 'labels';

/** The Dissect screen of one model: kept while Emend runs, so that going elsewhere loses nothing. */
export class Dissecting {
  kind = $state<Kind>('language');
  version = $state('current');
  from = $state<From>('own');
  facts = $state.raw<Picked | undefined>();
  labels = $state.raw<Picked | undefined>();
  texts = $state.raw<Picked | undefined>();
  tokens = $state<number | null>(6500);
  layers = $state('');
  graph = $state.raw<Picked | undefined>();
  data = $state.raw<Picked | undefined>();
  /** Name of a layer of the classifier; empty for the last. */
  layer = $state('');
  convolutions = $state.raw<readonly { readonly name: string; readonly units: number }[]>([]);

  readonly work = new Work();
  summary = $state.raw<Dissected | undefined>();
  /** The entry of the log that it was read from. */
  kept = $state<number | undefined>();
  concept = $state('');
  ofLayer = $state('');
  sort = $state<Sort>('iou');
  isAll = $state(false);
  units = $state.raw<readonly UnitRow[]>([]);
  total = $state(0);
  page = $state.raw<UnitPage | undefined>();
  readonly taking = new Work();
  lost = $state.raw<Ablated | undefined>();
  error = $state.raw<unknown>();
  readonly #model: string;

  constructor(model: string) {
    this.#model = model;
  }

  /** Whether all that a dissection needs is there. */
  get canGo(): boolean {
    if (this.kind === 'images') return this.graph !== undefined && this.data !== undefined;
    const isFound = this.from === 'own' || (this.from === 'facts' ? this.facts : this.labels) !== undefined;
    return isFound && layersWritten(this.layers) !== null && this.tokens !== null && this.tokens >= 1;
  }

  async go(): Promise<void> {
    if (!this.canGo || this.work.isRunning) return;
    this.error = undefined;
    const found = await (this.kind === 'language' ? this.#language() : this.#images());
    if (!found) return;
    await this.#show(found, undefined);
  }

  /** Shows what an entry of the log keeps. */
  async openKept(entry: number): Promise<void> {
    const finding = await this.#told(call('findings.open', { model: this.#model, entry }));
    if (finding?.look !== 'dissection') return;
    this.kind = 'language';
    await this.#show(finding.result, entry);
  }

  async #show(summary: Dissected, kept: number | undefined): Promise<void> {
    const found = await this.#told(call('dissecting.units', { run: summary.run, all: this.isAll }));
    // At once: units name their concepts by their place in the summary.
    const { units = [], total = 0 } = found ?? {};
    Object.assign(this, { summary, kept, units, total, concept: '', ofLayer: '', page: undefined, lost: undefined });
  }

  #language(): Promise<Dissected | undefined> {
    const layers = layersWritten(this.layers);
    return this.work.run('dissecting.model', {
      model: this.#model,
      version: this.version,
      ...(this.from === 'facts' ? { facts: this.facts!.handle } : {}),
      ...(this.from === 'labels' ? { labels: this.labels!.handle, ...(this.texts ? { texts: this.texts.handle } : {}) } : {}),
      tokens: this.tokens!,
      ...given({ layers: layers ?? undefined }),
    });
  }

  #images(): Promise<Dissected | undefined> {
    return this.work.run('dissecting.images', {
      graph: this.graph!.handle,
      data: this.data!.handle,
      ...(this.layer === '' ? {} : { layers: [this.layer] }),
    });
  }

  /** The units that fit what is chosen. */
  async list(): Promise<void> {
    const { summary } = this;
    if (!summary) return;
    const found = await this.#told(
      call('dissecting.units', {
        run: summary.run,
        all: this.isAll,
        ...(this.concept === '' ? {} : { concept: Number(this.concept) }),
        ...(this.ofLayer === '' ? {} : { layer: this.ofLayer }),
      }),
    );
    if (found && this.summary === summary) [this.units, this.total] = [found.units, found.total];
  }

  async open({ layer, unit }: Pick<UnitRow, 'layer' | 'unit'>): Promise<void> {
    if (!this.summary) return;
    this.lost = undefined;
    const page = await this.#told(call('dissecting.unit', { run: this.summary.run, layer, unit }));
    if (page) this.page = page;
  }

  async takeOut(): Promise<void> {
    const { page, summary } = this;
    if (!page || !summary) return;
    const lost = await this.taking.run('dissecting.ablate', { run: summary.run, layer: page.layer, unit: page.unit });
    if (this.page === page) this.lost = lost;
  }

  async choose(graph: Picked): Promise<void> {
    [this.graph, this.layer, this.convolutions] = [graph, '', []];
    const found = await this.#told(call('dissecting.convolutions', { graph: graph.handle }));
    if (found && this.graph === graph) this.convolutions = found.layers;
  }

  /** What comes of a call; undefined where it failed, which then stands in `error`. */
  async #told<T>(answer: Promise<T>): Promise<T | undefined> {
    this.error = undefined;
    try {
      return await answer;
    } catch (error) {
      this.error = error;
      return undefined;
    }
  }
}

const kept = new Map<string, Dissecting>();

export function dissectingOf(model: string): Dissecting {
  const known = kept.get(model) ?? new Dissecting(model);
  kept.set(model, known);
  return known;
}
