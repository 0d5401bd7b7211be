import { floatAttribute, stringAttribute } from '../onnx/graph.ts';
import { type Context, sameDims } from './context.ts';
import { type Rule, rule, type Terms, to, variadic } from './rule.ts';

/** A function of one variable: its cotangent is the result's times this derivative, which has the full shape. */
const derivative = (d: (t: Terms) => string): Rule => rule((t) => t.c.scale(t.g, d(t)));

/** g·b, where g is only written out in full when b does not have the full shape. */
const times = ({ c, g, y }: Terms, b: string): string => (sameDims(c.dims(b), c.dims(y)) ? c.scale(g, b) : c.mul(g, b));

/** d/dx of x·Φ(x): Φ(x) + x·φ(x). */
function gelu(c: Context, x: string): string {
  const cdf = c.mul(0.5, c.add(1, c.on('Erf', c.mul(x, Math.SQRT1_2))));
  const density = c.mul(1 / Math.sqrt(2 * Math.PI), c.on('Exp', c.mul(-0.5, c.mul(x, x))));
  return c.add(cdf, c.mul(x, density));
}

/** d/dx of ½x(1 + tanh u), u = √(2/π)(x + 0.044715x³): ½(1 + t) + ½x(1 − t²)u′. */
function geluTanh(c: Context, x: string): string {
  const k = Math.sqrt(2 / Math.PI);
  const square = c.mul(x, x);
  const t = c.on('Tanh', c.mul(x, c.add(k, c.mul(k * 0.044715, square))));
  const slope = c.add(k, c.mul(3 * k * 0.044715, square));
  return c.mul(0.5, c.add(c.add(1, t), c.mul(x, c.mul(slope, c.sub(1, c.mul(t, t))))));
}

/** d/dx of x·σ(αx): s + αx·s(1 − s). */
function swish(c: Context, x: string, alpha: number): string {
  const scaled = alpha === 1 ? x : c.mul(alpha, x);
  const s = c.on('Sigmoid', scaled);
  return c.mul(s, c.add(1, c.mul(scaled, c.sub(1, s))));
}

/** A GELU of the sum of an input and an optional bias. */
const biased = (d: (c: Context, x: string) => string): Rule => {
  const term = ({ c, g, a, b }: Terms) => c.scale(g, d(c, b === '' ? a : c.add(a, b)));
  return rule(term, (t) => to(t.b, term(t), t));
};

/** d/dx of xᵉ. A constant exponent spares the general form, and is exact at x = 0. */
function powerBase({ c, g, a, b }: Terms): string {
  const [e, ...more] = c.numbers(b) ?? [];
  if (e === undefined || more.length > 0) {
    const exponent = c.typeOf(b) === c.type ? b : c.cast(b, c.type);
    // 0·x⁻¹ is not a number at x = 0.
    const slope = c.on('Where', c.op('Equal', [exponent, c.number(0)]), 0, c.mul(exponent, c.on('Pow', a, c.sub(exponent, 1))));
    return c.mul(g, slope);
  }
  if (e === 0) return c.mul(g, 0);
  if (e === 1) return g;
  const slope = e === 2 ? c.mul(2, a) : e === 3 ? c.mul(3, c.mul(a, a)) : c.mul(e, c.on('Pow', a, e - 1));
  return c.scale(g, slope);
}

/** d/de of xᵉ: y·ln x, and 0 at x = 0. */
function powerExponent({ c, g, y, a, b }: Terms): string {
  const log = c.on('Log', c.on('Where', c.op('Equal', [a, c.number(0)]), 1, a));
  const term = c.mul(g, c.mul(y, log));
  return c.typeOf(b) === c.type ? term : c.cast(term, c.typeOf(b)!);
}

/** The winners of a maximum or minimum share the cotangent equally. */
const extremum = variadic((t, x) => {
  const { c, g, y, node } = t;
  const wins = node.inputs.map((input) => c.cast(c.op('Equal', [input, y]), c.type));
  const winners = wins.length === 1 ? wins[0]! : c.op('Sum', wins);
  return to(x, c.mul(c.div(g, winners), wins[node.inputs.indexOf(x)]!), t);
});

const fastGelu = biased(geluTanh);
const logistic = derivative(({ c, y }) => c.mul(y, c.sub(1, y)));

export const elementwise: Readonly<Record<string, Rule>> = {
  Identity: rule(({ g }) => g),
  Cast: rule(({ c, g, a }) => c.cast(g, c.typeOf(a)!)),
  CastLike: rule(({ c, g, a }) => c.cast(g, c.typeOf(a)!)),

  Add: rule(
    (t) => to(t.a, t.g, t),
    (t) => to(t.b, t.g, t),
  ),
  Sub: rule(
    (t) => to(t.a, t.g, t),
    (t) => t.c.neg(to(t.b, t.g, t)),
  ),
  Mul: rule(
    (t) => to(t.a, times(t, t.b), t),
    (t) => to(t.b, times(t, t.a), t),
  ),
  Div: rule(
    (t) => to(t.a, t.c.div(t.g, t.b), t),
    (t) => t.c.neg(to(t.b, t.c.mul(t.c.div(t.g, t.b), t.y), t)),
  ),
  Sum: variadic((t, x) => to(x, t.g, t)),
  Mean: variadic((t, x) => to(x, t.c.div(t.g, t.node.inputs.length), t)),
  Pow: rule(
    (t) => to(t.a, powerBase(t), t),
    (t) => to(t.b, powerExponent(t), t),
  ),
  Max: extremum,
  Min: extremum,

  Neg: rule(({ c, g }) => c.neg(g)),
  Abs: derivative(({ c, a }) => c.on('Sign', a)),
  Exp: derivative(({ y }) => y),
  Log: rule(({ c, g, a }) => c.div(g, a)),
  Sqrt: rule(({ c, g, y }) => c.div(g, c.mul(2, y))),
  Reciprocal: derivative(({ c, y }) => c.neg(c.mul(y, y))),
  Sin: derivative(({ c, a }) => c.on('Cos', a)),
  Cos: derivative(({ c, a }) => c.neg(c.on('Sin', a))),
  Erf: derivative(({ c, a }) => c.mul(2 / Math.sqrt(Math.PI), c.on('Exp', c.neg(c.mul(a, a))))),

  Tanh: derivative(({ c, y }) => c.sub(1, c.mul(y, y))),
  Sigmoid: logistic,
  Softplus: derivative(({ c, a }) => c.on('Sigmoid', a)),
  Relu: rule(({ c, g, y }) => c.on('Where', c.on('Greater', y, 0), g, 0)),
  LeakyRelu: rule(({ c, g, a, node }) => c.on('Where', c.on('Less', a, 0), c.mul(floatAttribute(node, 'alpha', 0.01), g), g)),
  Elu: rule(({ c, g, a, y, node }) => c.on('Where', c.on('Less', a, 0), c.mul(g, c.add(y, floatAttribute(node, 'alpha', 1))), g)),
  Gelu: derivative(({ c, a, node }) => (stringAttribute(node, 'approximate', 'none') === 'tanh' ? geluTanh : gelu)(c, a)),
  Swish: derivative(({ c, a, node }) => swish(c, a, floatAttribute(node, 'alpha', 1))),
  'com.microsoft.Gelu': derivative(({ c, a }) => gelu(c, a)),
  'com.microsoft.FastGelu': fastGelu,
  'com.microsoft.BiasGelu': biased(gelu),
  'com.microsoft.QuickGelu': derivative(({ c, a, node }) => swish(c, a, floatAttribute(node, 'alpha', 1.702))),

  Clip: rule(
    ({ c, g, a, y }) => c.on('Where', c.op('Equal', [a, y]), g, 0),
    (t) => to(t.b, t.c.on('Where', t.c.on('Less', t.a, t.b), t.g, 0), t),
    (t) => to(t.node.inputs[2]!, t.c.on('Where', t.c.on('Greater', t.a, t.node.inputs[2]!), t.g, 0), t),
  ),
  Where: rule(
    ({ g }) => g, // the condition is never a float
    (t) => to(t.b, t.c.on('Where', t.a, t.g, 0), t),
    (t) => to(t.node.inputs[2]!, t.c.on('Where', t.a, 0, t.g), t),
  ),
};
