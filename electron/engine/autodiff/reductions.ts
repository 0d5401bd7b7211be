import { float } from '../onnx/build.ts';
import { floatAttribute, intAttribute, intsAttribute } from '../onnx/graph.ts';
import { range } from './context.ts';
import { type Rule, rule, type Terms, to } from './rule.ts';

/** Axes of a reduction: a value's name, or undefined where it runs over all of them (or over none, see {@link reducesNothing}). */
function axesOf({ node, b, c }: Terms): string | undefined {
  const attribute = intsAttribute(node, 'axes');
  if (attribute) return c.ints(attribute);
  return b === '' || c.numbers(b)?.length === 0 ? undefined : b;
}

const reducesNothing = (t: Terms) => axesOf(t) === undefined && intAttribute(t.node, 'noop_with_empty_axes', 0) === 1;

/** A value of the reduced shape, made to broadcast against the operand again. */
function kept(t: Terms, value: string): string {
  const axes = axesOf(t);
  return axes === undefined || intAttribute(t.node, 'keepdims', 1) === 1 ? value : t.c.op('Unsqueeze', [value, axes]);
}

/** How many elements went into one result. */
function count(t: Terms): number | string {
  if (reducesNothing(t)) return 1;
  const { c, a, y } = t;
  const axes = axesOf(t);
  const dims = c.dims(a);
  const reduced = axes === undefined ? range(dims.length) : c.numbers(axes);
  const widths = reduced?.map((axis) => dims.at(axis)!);
  if (widths?.every((w) => w !== null)) return widths.reduce((n, w) => n * w, 1);
  const elements = (value: string) => c.cast(c.op('Size', [value]), c.type);
  return c.div(elements(a), elements(y));
}

/** Equal winners share the cotangent equally. */
const extremum = rule((t) => {
  const { c, a, y, g } = t;
  const wins = c.cast(c.op('Equal', [a, kept(t, y)]), c.type);
  if (reducesNothing(t)) return g;
  const axes = axesOf(t);
  const winners = c.op('ReduceSum', axes === undefined ? [wins] : [wins, axes], { keepdims: 1 });
  return c.scale(c.div(kept(t, g), winners), wins);
});

/** A softmax's result, with rows that are not numbers as zero when the model itself treats them so. */
const softmaxed = ({ c, y }: Terms) => (c.nanGuard ? c.on('Where', c.op('IsNaN', [y]), 0, y) : y);

const sumAlong = ({ c, node }: Terms, value: string) =>
  c.op('ReduceSum', [value, c.ints([intAttribute(node, 'axis', -1)])], { keepdims: 1 });

/**
 * Gradients of γ∘x̂ + β to x, γ and β. With h = g∘γ and r = 1/√(variance + ε) (or the mean square for `centred` false):
 * dx = r·(h − mean h − x̂·mean(h∘x̂)), without the mean of h when the input is not centred.
 * x̂ and r come from the runtime's own normalisation with γ = 1, which makes one pass over x; r is float32 there for every type.
 */
function normalisation(centred: boolean): Rule {
  const parts = ({ c, node, a }: Terms) => {
    const rank = c.rank(a);
    const first = (intAttribute(node, 'axis', -1) + rank) % rank;
    const ones = c.ones(c.dims(a).slice(first), () => c.shapePart(a, first));
    const attributes = { axis: first - rank, epsilon: float(floatAttribute(node, 'epsilon', 1e-5)) };
    const made = centred
      ? c.ops('LayerNormalization', [a, ones], 3, attributes)
      : c.ops('SimplifiedLayerNormalization', [a, ones], 2, attributes);
    const inverse = made.at(-1)!;
    return { xhat: made[0]!, r: c.type === 'float32' ? inverse : c.cast(inverse, c.type), axes: c.ints(range(rank - first, first)) };
  };
  return rule(
    (t) => {
      const { c, g, b } = t;
      const { xhat, r, axes } = parts(t);
      const mean = (v: string) => c.op('ReduceMean', [v, axes], { keepdims: 1 });
      const h = c.mul(g, b);
      const along = c.mul(xhat, mean(c.mul(h, xhat)));
      return c.mul(r, c.sub(centred ? c.sub(h, mean(h)) : h, along));
    },
    (t) => to(t.b, t.c.scale(t.g, parts(t).xhat), t),
    (t) => to(t.node.inputs[2]!, t.g, t),
  );
}

export const reductions: Readonly<Record<string, Rule>> = {
  ReduceSum: rule((t) => t.c.expand(kept(t, t.g), t.a)),
  ReduceMean: rule((t) => t.c.expand(kept(t, t.c.div(t.g, count(t))), t.a)),
  ReduceMax: extremum,
  ReduceMin: extremum,
  ReduceL2: rule((t) => t.c.scale(kept(t, t.c.div(t.g, t.y)), t.a)),
  ReduceSumSquare: rule((t) => t.c.scale(kept(t, t.c.mul(t.g, 2)), t.a)),
  ReduceLogSumExp: rule((t) => t.c.scale(kept(t, t.g), t.c.on('Exp', t.c.sub(t.a, kept(t, t.y))))),

  Softmax: rule((t) => {
    const y = softmaxed(t);
    return t.c.mul(y, t.c.sub(t.g, sumAlong(t, t.c.scale(t.g, y))));
  }),
  LogSoftmax: rule((t) => t.c.sub(t.g, t.c.mul(t.c.on('Exp', t.y), sumAlong(t, t.g)))),

  LayerNormalization: normalisation(true),
  SimplifiedLayerNormalization: normalisation(false),
  RMSNormalization: normalisation(false),
};
