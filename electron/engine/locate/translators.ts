import * as ort from 'onnxruntime-node';
import { EmendError } from '../../../shared/errors.ts';
import type { Tensor } from '../onnx/graph.ts';
import { readSafetensors } from '../onnx/safetensors.ts';
import { isFloatType, tensorFloats } from '../onnx/tensors.ts';
import type { Translate } from './lens.ts';

/** What the layers' translators are called in a state of the whole lens, instead of in that of its translators. */
const PREFIX = 'layer_translators.';

/**
 * A tuned lens (Belrose et al. 2023): before the final norm the state h in front of block l becomes h + A_l h + b_l; behind the last block
 * it stays (tuned_lens/nn/lenses.py transform_hidden). The file holds for each layer "l.weight" [width, width] and, unless the lens has
 * none, "l.bias" [width], as `TunedLens.save` names them. A layer's matrix is read when it is used.
 * @throws EmendError 'not-found', 'bad-file' for what is no safetensors file, 'bad-input' naming the tensor that does not fit the model
 */
export function readTranslators(file: string, layers: number, width: number): Translate {
  const stored = readSafetensors(file);
  const prefix = stored.tensors.has(`${PREFIX}0.weight`) ? PREFIX : '';
  const named = (layer: number, part: 'weight' | 'bias') => `${prefix}${layer}.${part}`;
  const find = (name: string, dims: readonly number[]): Tensor | undefined => {
    const tensor = stored.tensors.get(name);
    if (!tensor || (isFloatType(tensor.dtype) && tensor.dims.join() === dims.join())) return tensor;
    throw unfit(file, `tensor "${name}" is ${tensor.dtype}[${tensor.dims.join(', ')}]; expected float32[${dims.join(', ')}]`);
  };
  const translators = Array.from({ length: layers }, (_, layer) => {
    const weight = find(named(layer, 'weight'), [width, width]);
    if (!weight) throw unfit(file, `there is no tensor "${named(layer, 'weight')}"; this model has layers 0 to ${layers - 1}`);
    return { weight, bias: find(named(layer, 'bias'), [width]) };
  });
  const known = new Set(translators.flatMap((_, layer) => [named(layer, 'weight'), named(layer, 'bias')]));
  const strange = [...stored.tensors.keys()].find((name) => !known.has(name));
  if (strange !== undefined) throw unfit(file, `tensor "${strange}" belongs to no layer; this model has layers 0 to ${layers - 1}`);
  return (state, at) => {
    const translator = translators[at];
    if (!translator) return state;
    const weight = tensorFloats(stored, translator.weight);
    const bias = translator.bias ? tensorFloats(stored, translator.bias) : new Float32Array(width);
    const [[name, tensor]] = Object.entries(state.live) as [[string, ort.Tensor]];
    const data = tensor.data as Float32Array;
    const moved = data.slice();
    for (let from = 0; from < data.length; from += width) {
      for (let d = 0; d < width; d++) {
        let sum = bias[d]!;
        for (let i = 0; i < width; i++) sum += weight[d * width + i]! * data[from + i]!;
        moved[from + d]! += sum;
      }
    }
    return { ...state, live: { [name]: new ort.Tensor('float32', moved, tensor.dims) } };
  };
}

function unfit(file: string, found: string): EmendError {
  return new EmendError(
    'bad-input',
    `${file} is no tuned lens of this model: ${found}.`,
    'Give the translators that were trained for this model: "0.weight", "0.bias", "1.weight" and so on, as a safetensors file.',
  );
}
