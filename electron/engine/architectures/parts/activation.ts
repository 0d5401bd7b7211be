import type { Activation } from '../spec.ts';
import type { Net } from './net.ts';

/** Element by element. Formulas: transformers, activations.py. */
export function activate(net: Net, x: string, activation: Activation): string {
  return ACTIVATIONS[activation](net, x);
}

const ACTIVATIONS: Readonly<Record<Activation, (net: Net, x: string) => string>> = {
  gelu: ({ b }, x) => b.op('Gelu', [x], { approximate: 'none' }),
  'gelu tanh': ({ b }, x) => b.op('Gelu', [x], { approximate: 'tanh' }),
  'quick gelu': ({ b }, x) => b.op('Mul', [x, b.op('Sigmoid', [b.op('Mul', [x, b.scalar(1.702)])])]),
  silu: ({ b }, x) => b.op('Mul', [x, b.op('Sigmoid', [x])]),
  relu: ({ b }, x) => b.op('Relu', [x]),
  'relu squared': ({ b }, x) => {
    const kept = b.op('Relu', [x]);
    return b.op('Mul', [kept, kept]);
  },
  tanh: ({ b }, x) => b.op('Tanh', [x]),
  sigmoid: ({ b }, x) => b.op('Sigmoid', [x]),
};
