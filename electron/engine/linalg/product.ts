import * as ort from 'onnxruntime-node';
import { ints } from '../onnx/build.ts';
import type { Graph, Node } from '../onnx/graph.ts';
import { encodeModel } from '../onnx/write.ts';
import { type Matrix, matrix } from './matrix.ts';

/** Matrix products in float64 that run in ONNX Runtime. */
export class Products {
  private constructor(
    private readonly plain: ort.InferenceSession,
    private readonly transposed: ort.InferenceSession,
  ) {}

  static async open(): Promise<Products> {
    return new Products(await session(false), await session(true));
  }

  /** a·b. */
  times(a: Matrix, b: Matrix): Promise<Matrix> {
    return run(this.plain, a, b, b.columns);
  }

  /** a·bᵀ, the form in which both operands are read along rows. */
  timesTransposed(a: Matrix, b: Matrix): Promise<Matrix> {
    return run(this.transposed, a, b, b.rows);
  }

  async release(): Promise<void> {
    await this.plain.release();
    await this.transposed.release();
  }
}

/** One product of its own. */
export async function withProducts<T>(use: (products: Products) => Promise<T>): Promise<T> {
  const products = await Products.open();
  try {
    return await use(products);
  } finally {
    await products.release();
  }
}

async function run(product: ort.InferenceSession, a: Matrix, b: Matrix, columns: number): Promise<Matrix> {
  const result = await product.run({ a: tensor(a), b: tensor(b) });
  return matrix(a.rows, columns, result['c']!.data as Float64Array);
}

function tensor({ data, rows, columns }: Matrix): ort.Tensor {
  return new ort.Tensor('float64', data, [rows, columns]);
}

/** c = a·b, or a·bᵀ. */
function session(isTransposed: boolean): Promise<ort.InferenceSession> {
  const turn: Node = { name: 't', op: 'Transpose', domain: '', inputs: ['b'], outputs: ['bt'], attributes: { perm: ints([1, 0]) } };
  const right = isTransposed ? 'bt' : 'b';
  const multiply: Node = { name: 'm', op: 'MatMul', domain: '', inputs: ['a', right], outputs: ['c'], attributes: {} };
  const graph: Graph = {
    name: 'product',
    inputs: [
      { name: 'a', dtype: 'float64', dims: ['m', 'k'] },
      { name: 'b', dtype: 'float64', dims: isTransposed ? ['n', 'k'] : ['k', 'n'] },
    ],
    outputs: [{ name: 'c', dtype: 'float64', dims: ['m', 'n'] }],
    nodes: isTransposed ? [turn, multiply] : [multiply],
    constants: new Map(),
  };
  const bytes = encodeModel({
    folder: '',
    file: 'product',
    irVersion: 8,
    opsets: new Map([['', 18]]),
    producer: 'emend',
    metadata: {},
    functions: [],
    graph,
  });
  return ort.InferenceSession.create(bytes, { executionProviders: ['cpu'], logSeverityLevel: 3 });
}
