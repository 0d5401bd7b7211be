import type { JobContext } from '../../../shared/progress.ts';
import { DataSet } from '../dissect/data-set.ts';
import { dissectImages as dissected, showPictures } from '../dissect/images.ts';
import { ImageNetwork } from '../dissect/network.ts';
import type { ImageDissectionReport } from '../dissect/report.ts';
import type { Jobs } from '../jobs.ts';

/** Which units of convolutions stand for which concepts. */
export async function dissectImages(params: Jobs['dissectImages']['params'], context: JobContext): Promise<ImageDissectionReport> {
  const network = new ImageNetwork(params.model.folder, params.normalisation);
  const data = new DataSet(params.data);
  const layers = params.layers ?? [network.convolutions.at(-1)!.name];
  for (const layer of layers) network.layer(layer);
  const found = await dissected(network, data, [...new Set(layers)], params.settings, context);
  const { mean, deviation } = network.normalisation;
  const size = network.fixed?.toReversed().join(' × ');
  return {
    settings: params.settings,
    normalisation: network.normalisation,
    images: data.entries.map(({ image }) => image),
    cells: found.cells,
    concepts: found.concepts,
    layers: found.layers,
    notes: [
      `Pixels: (value / 255 − ${mean.join(', ')}) / ${deviation.join(', ')}, ${network.normalisationFrom}.`,
      ...(found.resized > 0 ? [`${found.resized} of ${data.entries.length} pictures were brought to the network's ${size} pixels.`] : []),
    ],
  };
}

/** Layers of an image classifier that can be dissected. */
export function convolutions({ model }: Jobs['convolutions']['params']): Promise<Jobs['convolutions']['result']> {
  return Promise.resolve({ layers: new ImageNetwork(model.folder).convolutions });
}

/** Pictures that a unit is strongest at. */
export async function pictures(params: Jobs['pictures']['params']): Promise<Jobs['pictures']['result']> {
  const { model, data, normalisation, layer, unit, threshold, images } = params;
  const network = new ImageNetwork(model.folder, normalisation);
  const shown = await showPictures(network, new DataSet(data), layer, unit, threshold, images);
  return { pictures: shown.map(({ image, shade, share }) => ({ image: base64(image), shade: base64(shade), share })) };
}

function base64(png: Uint8Array): string {
  return Buffer.from(png).toString('base64');
}
