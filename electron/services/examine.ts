import type { Examined, ReadBy } from '../../shared/contract/library.ts';
import { given } from '../../shared/given.ts';
import type { Inspection } from '../engine/jobs.ts';
import { graphFile, wholeModel } from '../engine/records.ts';
import type { JobControl } from './job-list.ts';
import type { Engine } from './jobs.ts';
import { bothGraphs, chosenSource } from './look.ts';
import { trialLimit, trialMemory, withinTime } from './trial-run.ts';

/** Working out an edit takes about twice what the weights take as they are computed with: see the benchmarks. */
const EDITING = 2;
const FLOAT32 = 4;

/**
 * What a model is found to be where it lies, before it is copied: it is opened, and closed again.
 * @param readBy which graph of a folder that holds two
 * @throws EmendError what opening it throws
 */
export async function examine(engine: Engine, chosen: string, readBy: ReadBy | undefined, control: JobControl): Promise<Examined> {
  const whole = wholeModel(chosen);
  const folder = (readBy && bothGraphs(whole)?.[readBy]) ?? graphFile(whole);
  const { bytes } = await chosenSource(engine, chosen, readBy);
  return engine.apart({ memory: trialMemory(bytes) }, (apart) =>
    withinTime(trialLimit(bytes), control.signal, async (signal) =>
      examinedOf(await apart.run('inspect', { model: { folder } }, { ...control, signal })),
    ),
  );
}

/** An inspection as people are told it. */
export function examinedOf(found: Inspection): Examined {
  const { architecture, parameters, bytes, precision, layers, vocabulary, hiddenSize, warnings } = found;
  const weights = precision === 'quantised' ? bytes : parameters * FLOAT32;
  const refusal = refusalOf(found);
  return {
    architecture,
    parameters,
    precision,
    layers: layers.length,
    hiddenSize,
    vocabulary,
    memory: refusal === undefined ? EDITING * weights : weights,
    ...given({ refusal }),
    warnings: [...warnings],
  };
}

/** Why no layer of a model can be edited; undefined where one can. */
export function refusalOf({ layers = [] }: Partial<Pick<Inspection, 'layers'>>): string | undefined {
  return layers.length > 0 && layers.every(({ refusal }) => refusal !== undefined) ? layers[0]!.refusal!.reason : undefined;
}
