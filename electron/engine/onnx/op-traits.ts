import { EmendError } from '../../../shared/errors.ts';
import type { Node } from './graph.ts';

/** What Emend knows of an operator. An empty object is knowledge too: activations pass, and nothing more can be said. */
export interface OpTraits {
  /**
   * The result holds the input's own values: the `same` in the same dimensions (a cast may round them), `reshaped` in the same order,
   * `transposed`, only a `part`, or `joined` with others.
   */
  readonly holds?: 'same' | 'reshaped' | 'transposed' | 'part' | 'joined';
  /** Holds the input's values unless the model is being trained. */
  readonly trainingOnly?: true;
  /** Works on each element by itself, with operands broadcast. */
  readonly pointwise?: true;
  /** Bent as activation functions are. Pow, Sqrt, Abs and Min are not: norms and clamps have those. */
  readonly bends?: true;
  /** Scales each element: a masked or dequantised value is still itself. */
  readonly scales?: true;
  /** Each element is one of two operands' elements, by a condition. */
  readonly chooses?: true;
  /** Divides by what it measures along the last axis, once for each token. */
  readonly norm?: true;
  /** Takes the mean: the part by which a norm that is written out can be told. */
  readonly mean?: true;
  /** Sums or averages along the axes of an attribute or of the second input. */
  readonly reduces?: true;
  /** What a result that tells something about values, instead of carrying them, is made of: shapes, indices, masks. */
  readonly tells?: 'bool' | 'int64';
  /** Whole numbers that stand for activations come out of it. */
  readonly encodes?: true;
  /** The range of those numbers is taken from the whole input, so that no element is by itself. */
  readonly ranges?: true;
  /** Gives such numbers their values back. */
  readonly decodes?: true;
  /** A matrix product whose second factor may be a constant weight. */
  readonly product?: Product;
  /** Selects rows of a table by indices, and does more to them than Gather. */
  readonly embeds?: true;
  /** The whole of attention but its projections. */
  readonly attention?: true;
  /** A mixture of experts in one node. */
  readonly experts?: true;
  /** The dimensions of the (first) result: those of the first input, or all inputs' broadcast. */
  readonly dims?: 'first' | 'broadcast';
  /**
   * Where the rows and columns of a picture go: each stays where it is, a window moves over them, or there are none behind the operator,
   * and what it says holds for the whole picture.
   */
  readonly cells?: 'kept' | 'window' | 'whole';
}

export interface Product {
  /** Which operand the weight is. */
  readonly weight: number;
  /** The weight is stored in a quantised form; the layout in which it lies, and what turns the product back into activations, in order. */
  readonly quantised?: { readonly layout: 'in-out' | 'out-in'; readonly decodedBy: readonly string[] };
}

type Row = readonly [ops: string, traits: OpTraits];

const MS = 'com.microsoft.';
/** Names of operators outside of the standard domain carry their domain's. */
const ROWS: readonly Row[] = [
  ['Cast CastLike Identity', { holds: 'same' }],
  ['Reshape Flatten Squeeze Unsqueeze', { holds: 'reshaped' }],
  ['Transpose', { holds: 'transposed' }],
  ['Slice Split', { holds: 'part' }],
  ['Concat ScatterND ScatterElements TensorScatter', { holds: 'joined' }],
  ['Dropout', { trainingOnly: true }],

  ['Mul', { pointwise: true, scales: true }],
  ['Add Sub Div Pow Sqrt Reciprocal Neg Abs Min Sum Mean', { pointwise: true }],
  ['Log Sin Cos Tan Sinh Cosh Asin Acos Atan Asinh Acosh Atanh Floor Ceil Round Sign Mod Shrink', { pointwise: true }],
  ['Tanh Sigmoid Erf Relu Gelu Swish Softplus Softsign Exp Mish Max Clip', { pointwise: true, bends: true }],
  ['Elu Selu Celu LeakyRelu PRelu ThresholdedRelu HardSigmoid HardSwish', { pointwise: true, bends: true }],
  [`${MS}Gelu ${MS}FastGelu ${MS}QuickGelu ${MS}BiasGelu`, { pointwise: true, bends: true }],
  ['Where', { chooses: true }],

  ['LayerNormalization SimplifiedLayerNormalization RMSNormalization', { norm: true }],
  ['ReduceMean', { reduces: true, mean: true }],
  ['ReduceSum ReduceSumSquare', { reduces: true }],

  ['Equal Greater GreaterOrEqual Less LessOrEqual Not And Or Xor IsNaN IsInf', { tells: 'bool' }],
  ['Shape Size NonZero ArgMax ArgMin', { tells: 'int64' }],

  [`QuantizeLinear ${MS}QuantizeLinear`, { encodes: true }],
  ['DynamicQuantizeLinear', { encodes: true, ranges: true }],
  [`DequantizeLinear ${MS}DequantizeLinear`, { decodes: true }],

  [`MatMul Gemm ${MS}FusedMatMul`, { product: { weight: 1 } }],
  [`${MS}MatMulNBits ${MS}MatMulBnb4`, { product: { weight: 1, quantised: { layout: 'out-in', decodedBy: [] } } }],
  [`${MS}DynamicQuantizeMatMul ${MS}MatMulIntegerToFloat`, { product: { weight: 1, quantised: { layout: 'in-out', decodedBy: [] } } }],
  ['MatMulInteger', { encodes: true, product: { weight: 1, quantised: { layout: 'in-out', decodedBy: ['Cast', 'Mul'] } } }],
  ['QLinearMatMul', { encodes: true, product: { weight: 3, quantised: { layout: 'in-out', decodedBy: ['DequantizeLinear'] } } }],
  [`${MS}QGemm`, { product: { weight: 3, quantised: { layout: 'in-out', decodedBy: ['DequantizeLinear'] } } }],

  [`${MS}GatherBlockQuantized ${MS}EmbedLayerNormalization`, { embeds: true }],
  [`Attention ${MS}Attention ${MS}GroupQueryAttention ${MS}MultiHeadAttention`, { attention: true }],
  [`${MS}MoE ${MS}QMoE`, { experts: true }],

  // Of these nothing that a walk asks for can be said: they mix tokens or widths, make values of shapes, or are not met in decoders.
  ['Gather GatherElements GatherND Scatter Expand Tile Pad Trilu CumSum Range ConstantOfShape Constant OneHot EyeLike TopK Compress', {}],
  ['ReverseSequence DepthToSpace SpaceToDepth Resize Unique Hardmax Softmax LogSoftmax Einsum Det BitShift Bernoulli Multinomial', {}],
  ['BitwiseAnd BitwiseOr BitwiseNot BitwiseXor RandomNormal RandomNormalLike RandomUniform RandomUniformLike', {}],
  ['ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMin ReduceProd CumProd', {}],
  ['BatchNormalization InstanceNormalization GroupNormalization LpNormalization MeanVarianceNormalization LRN', {}],
  ['Conv ConvInteger ConvTranspose QLinearConv MaxPool AveragePool LpPool GlobalAveragePool GlobalMaxPool GlobalLpPool', {}],
  ['RNN LSTM GRU RotaryEmbedding', {}],
  ['If Loop Scan SequenceAt SequenceConstruct SequenceEmpty SequenceInsert SequenceLength SplitToSequence ConcatFromSequence', {}],
  ['Optional OptionalGetElement OptionalHasElement', {}],
  [`${MS}SkipLayerNormalization ${MS}SkipSimplifiedLayerNormalization ${MS}SkipGroupNorm ${MS}GroupNorm`, {}],
  [`${MS}RotaryEmbedding ${MS}PackedAttention ${MS}PackedMultiHeadAttention ${MS}DecoderMaskedMultiHeadAttention`, {}],
  [`${MS}PagedAttention ${MS}SparseAttention ${MS}LinearAttention ${MS}CausalConvWithState ${MS}QAttention ${MS}LongformerAttention`, {}],
  [`${MS}FusedGemm ${MS}GemmFastGelu ${MS}GemmFloat8 ${MS}TransposeMatMul ${MS}BiasSplitGelu ${MS}BiasAdd ${MS}BiasDropout`, {}],
  [`${MS}BiasSoftmax ${MS}BitmaskDropout ${MS}GatedRelativePositionBias ${MS}RelativePositionBias ${MS}RemovePadding`, {}],
  [`${MS}RestorePadding ${MS}ExpandDims ${MS}Inverse ${MS}Trilu ${MS}Unique ${MS}Range ${MS}Rfft ${MS}Irfft ${MS}NGramRepeatBlock`, {}],
  [`${MS}QLinearAdd ${MS}QLinearMul ${MS}QLinearSigmoid ${MS}QLinearSoftmax ${MS}QLinearConcat ${MS}QOrderedMatMul`, {}],
];

/** What is known besides of operators that stand above. */
const SHAPES: readonly Row[] = [
  ['Cast CastLike Identity Dropout ScatterND ScatterElements CumSum Trilu Softmax LogSoftmax', { dims: 'first' }],
  ['Neg Abs Sqrt Reciprocal Exp Log Tanh Sigmoid Erf Relu Gelu Clip Sin Cos Floor Swish Not IsNaN', { dims: 'first' }],
  [`${MS}Gelu ${MS}FastGelu ${MS}QuickGelu ${MS}BiasGelu`, { dims: 'first' }],
  ['LayerNormalization SimplifiedLayerNormalization RMSNormalization RotaryEmbedding', { dims: 'first' }],
  [`${MS}SkipLayerNormalization ${MS}SkipSimplifiedLayerNormalization ${MS}RotaryEmbedding ${MS}Trilu`, { dims: 'first' }],
  ['Add Sub Mul Div Pow Max Min Where Mod', { dims: 'broadcast' }],
  ['Equal Less LessOrEqual Greater GreaterOrEqual And Or Xor', { dims: 'broadcast' }],

  ['Conv MaxPool AveragePool LpPool', { cells: 'window' }],
  ['BatchNormalization InstanceNormalization LRN Dropout Identity Cast Concat Split', { cells: 'kept' }],
  ['GlobalAveragePool GlobalMaxPool GlobalLpPool ReduceMean ReduceMax Flatten Shape Gemm MatMul', { cells: 'whole' }],
];

const TABLE: ReadonlyMap<string, OpTraits> = tableOf(ROWS, SHAPES);

/** The name that tables know a node's operator by. */
export function opName({ op, domain }: Pick<Node, 'op' | 'domain'>): string {
  return domain === '' || domain === 'ai.onnx' ? op : `${domain}.${op}`;
}

/** Whether anything is known of an operator. @param name as {@link opName} gives it */
export function isListed(name: string): boolean {
  return TABLE.has(name);
}

/**
 * What is known of a node's operator.
 * @throws EmendError 'unsupported' naming the operator and the node when it is on no list
 */
export function traitsOf(node: Node): OpTraits {
  const name = opName(node);
  const traits = TABLE.get(name);
  if (traits) return traits;
  throw new EmendError(
    'unsupported',
    `Emend does not know the operator "${name}" (node "${node.name}", which makes "${node.outputs.join('", "')}").`,
    'Export the model with standard ONNX operators, and please report this operator with the exporter and its version.',
    { operator: name, node: node.name },
  );
}

/** Whether the result is the first input's values in the same order, whatever its dimensions are now. */
export function isView({ holds }: OpTraits): boolean {
  return holds === 'same' || holds === 'reshaped';
}

/** @param more adds to what the rows say; @throws EmendError 'failed' for an operator that stands in two rows, or only in `more` */
function tableOf(rows: readonly Row[], more: readonly Row[]): Map<string, OpTraits> {
  const table = new Map<string, OpTraits>();
  const wrong = (op: string, how: string) =>
    new EmendError('failed', `The operator "${op}" is listed ${how}.`, 'This is a mistake in Emend; please report it.');
  for (const [op, traits] of each(rows)) {
    if (table.has(op)) throw wrong(op, 'twice');
    table.set(op, traits);
  }
  for (const [op, traits] of each(more)) {
    const known = table.get(op);
    if (!known) throw wrong(op, 'with its shapes alone');
    table.set(op, { ...known, ...traits });
  }
  return table;
}

function each(rows: readonly Row[]): (readonly [op: string, traits: OpTraits])[] {
  return rows.flatMap(([ops, traits]) => ops.split(' ').map((op) => [op, traits] as const));
}
