import type { Settings } from './settings.ts';
import type { RotaryPart } from './spec.ts';

/** What a family's class says of its rotary positions where the configuration is silent. */
export interface RotaryDefaults {
  readonly headWidth: number;
  readonly theta?: number;
  /** Share of each head that is rotated. */
  readonly partial?: number;
  /** Where the whole configuration keeps the base; null: nowhere. */
  readonly thetaName?: string | null;
  readonly partialName?: string;
  readonly interleaved?: boolean;
  /** Positions that the model can take; for scalings that refer to it. */
  readonly positions: number;
  /** `original_max_position_embeddings` beside the rotary settings counts before the one among them (Phi-3). */
  readonly original?: number;
  /** Types that this family takes for another. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** The settings are those of one group of layers. */
  readonly grouped?: boolean;
}

/**
 * Rotary positions as a configuration gives them: `rope_theta` and `rope_scaling` of transformers 4, or `rope_parameters` of 5.
 * Frequencies are worked out in float32 as there. Source: transformers 5.18, modeling_rope_utils.py.
 * @throws EmendError 'unsupported' for a kind of scaling that is not known, 'bad-file' for values that are missing
 */
export function readRotary(settings: Settings, defaults: RotaryDefaults): RotaryPart {
  const scaling = filled(settings.within('rope_scaling'));
  const parameters = settings.within('rope_parameters');
  return rotaryOf(settings, scaling ?? parameters, defaults);
}

/** An object that says nothing counts as absent, as it does in Python. */
export function filled(settings: Settings | undefined): Settings | undefined {
  return settings?.isEmpty === true ? undefined : settings;
}

/** The same from one group's settings. */
export function rotaryOf(settings: Settings, own: Settings | undefined, defaults: RotaryDefaults): RotaryPart {
  const { headWidth, thetaName = 'rope_theta', partialName = 'partial_rotary_factor' } = defaults;
  const usual = defaults.theta ?? 10_000;
  const outerTheta = thetaName === null ? usual : settings.number(thetaName, usual);
  const outerShare = settings.numberOrNull(partialName, defaults.partial ?? null);
  const theta = own?.number('rope_theta', outerTheta) ?? outerTheta;
  const share = own?.number('partial_rotary_factor', outerShare ?? 1) ?? outerShare ?? 1;
  if (defaults.partial === undefined && share !== 1) throw settings.unsupported(partialName, share);
  const asked = Math.trunc(headWidth * share);
  const width = 2 * Math.ceil(asked / 2); // an odd share is rounded up; frequencies follow the odd one
  if (asked < 1 || width > headWidth)
    throw settings.bad(`${asked} of ${headWidth} dimensions of a head would be rotated; an even number up to all of them was expected.`);
  if (theta <= 0) throw settings.bad(`${thetaName ?? 'rope_theta'} is ${theta}; a number above 0 was expected.`);
  const said = own?.text(['rope_type', 'type'], 'default') ?? 'default';
  const type = defaults.aliases?.[said] ?? said;
  const known = SCALINGS[type];
  if (known === undefined) throw settings.unsupported('rope_scaling.rope_type', said);
  const base = { interleaved: defaults.interleaved ?? false, width, factor: 1 };
  return { ...base, ...known({ settings, own: own ?? settings, width: asked, theta, defaults }) };
}

interface Asked {
  readonly settings: Settings;
  readonly own: Settings;
  /** Rotated dimensions as asked for, which may be odd. */
  readonly width: number;
  readonly theta: number;
  readonly defaults: RotaryDefaults;
}

type Scaled = Pick<RotaryPart, 'frequencies'> & Partial<Pick<RotaryPart, 'factor' | 'long' | 'growing'>>;

const f = Math.fround;

/** θ^(−2i / width). */
function plain(theta: number, width: number): Float32Array {
  return Float32Array.from({ length: Math.ceil(width / 2) }, (_, i) => f(1 / f(Math.pow(theta, f((2 * i) / width)))));
}

const SCALINGS: Readonly<Record<string, ((asked: Asked) => Scaled) | undefined>> = {
  default: ({ theta, width }) => ({ frequencies: plain(theta, width) }),
  linear: ({ own, theta, width }) => {
    const factor = positive(own, 'factor');
    return { frequencies: plain(theta, width).map((x) => x / factor) };
  },
  dynamic: ({ own, theta, width, defaults }) => {
    const factor = positive(own, 'factor');
    own.ignore('original_max_position_embeddings');
    if (width < 4 || width % 2 === 1) throw own.bad('dynamic scaling needs an even number of rotated dimensions, at least 4.');
    return { frequencies: plain(theta, width), growing: { above: defaults.positions, base: theta, factor } };
  },
  llama3: (asked) => ({ frequencies: llama3(asked) }),
  yarn: (asked) => yarn(asked),
  longrope: (asked) => longrope(asked),
};

function positive(own: Settings, name: string, otherwise?: number): number {
  const value = own.number(name, otherwise);
  if (value > 0) return value;
  throw own.bad(`${name} of the rotary scaling is ${value}; a number above 0 was expected.`);
}

/** Positions before the model was stretched. */
function original({ settings, own, defaults }: Asked): number {
  const within = own.countOrNull('original_max_position_embeddings');
  const beside = defaults.grouped === true ? null : settings.countOrNull('original_max_position_embeddings');
  return beside ?? defaults.original ?? within ?? defaults.positions;
}

function llama3(asked: Asked): Float32Array {
  const { own, theta, width } = asked;
  const factor = positive(own, 'factor');
  const [low, high] = [positive(own, 'low_freq_factor'), positive(own, 'high_freq_factor')];
  const length = original(asked);
  return plain(theta, width).map((x) => {
    const wave = (2 * Math.PI) / x;
    if (wave > length / low) return x / factor;
    if (wave < length / high) return x;
    const smooth = (length / wave - low) / (high - low);
    return ((1 - smooth) * x) / factor + smooth * x;
  });
}

function yarn(asked: Asked): Scaled {
  const { own, theta, width, defaults } = asked;
  const length = original(asked);
  const factor = own.numberOrNull('factor') ?? defaults.positions / length;
  const given = own.numberOrNull('attention_factor');
  const [one, all] = [own.numberOrNull('mscale'), own.numberOrNull('mscale_all_dim')];
  const [fast, slow] = [own.numberOrNull('beta_fast') ?? 32, own.numberOrNull('beta_slow') ?? 1];
  // a group's own word on this is not read: _compute_yarn_parameters looks for it beside the groups
  const truncate = own.flag('truncate', true) || defaults.grouped === true;
  own.ignore('finetuned'); // of the code that came with the first such models; nothing reads it
  const scale = (by: number) => (factor <= 1 ? 1 : 0.1 * by * Math.log(factor) + 1);
  const turns = (count: number) => (width * Math.log(length / (count * 2 * Math.PI))) / (2 * Math.log(theta));
  const [from, to] = truncate ? [Math.floor(turns(fast)), Math.ceil(turns(slow))] : [turns(fast), turns(slow)];
  const low = Math.max(from, 0);
  let high = Math.min(to, width - 1);
  if (low === high) high += 0.001;
  const frequencies = Float32Array.from({ length: Math.ceil(width / 2) }, (_, i) => {
    const wave = f(Math.pow(theta, f((2 * i) / width)));
    const kept = 1 - Math.min(1, Math.max(0, (i - low) / (high - low)));
    return (1 / (factor * wave)) * (1 - kept) + (1 / wave) * kept;
  });
  return { frequencies, factor: given ?? (one && all ? scale(one) / scale(all) : scale(1)) };
}

function longrope(asked: Asked): Scaled {
  const { own, theta, width, defaults } = asked;
  const above = original(asked);
  const factor = own.numberOrNull('factor') ?? defaults.positions / above;
  const given = own.numberOrNull('attention_factor');
  const stretched = (name: string) => {
    const by = own.numbers(name);
    const count = Math.ceil(width / 2);
    if (by?.length !== count || by.some((x) => x <= 0))
      throw own.bad(`${name} of the rotary scaling: expected ${count} numbers above 0, found ${by?.length ?? 'none'}.`);
    return Float32Array.from(by, (x, i) => 1 / f(f(x) * f(Math.pow(theta, f((2 * i) / width)))));
  };
  return {
    frequencies: stretched('short_factor'),
    long: { above, frequencies: stretched('long_factor') },
    factor: given ?? (factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(above))),
  };
}
