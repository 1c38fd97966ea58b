// Rotary scaling, for contexts beyond that of pretraining: what config.json says of it, in both directions. The angles are in
// frequencies.ts.
import type { ConfigReader } from '../../hugging-face.js';

interface Scaled {
  readonly factor: number;
}

interface Pretrained extends Scaled {
  /** Context length of pretraining. */
  readonly original: number;
}

/** All frequencies divided by the factor (Chen et al. 2023, arXiv:2306.15595). */
interface Linear extends Scaled {
  readonly kind: 'linear';
}

/** The base grows with the length of a text that is longer than those of pretraining (dynamic NTK). */
interface Dynamic extends Pretrained {
  readonly kind: 'dynamic';
}

/** Llama 3.1: low frequencies are divided, high ones kept. */
interface Llama3 extends Pretrained {
  readonly kind: 'llama3';
  readonly lowFrequency: number;
  readonly highFrequency: number;
}

/** YaRN (Peng et al. 2023, arXiv:2309.00071): a ramp between kept and divided frequencies, and larger queries and keys. */
interface Yarn extends Pretrained {
  readonly kind: 'yarn';
  /** Turns within the original context from which on, and up to which, a frequency is kept and divided. */
  readonly betaFast: number;
  readonly betaSlow: number;
  /** Whether the ramp's ends are whole dimensions. */
  readonly truncate: boolean;
  /** What turned queries and keys are multiplied with. */
  readonly attentionFactor: number;
}

export type RopeScaling = Linear | Dynamic | Llama3 | Yarn;

/** Absent scaling: angles are position * theta^(-2d/D). */
export interface Rope {
  readonly ropeTheta: number;
  readonly ropeScaling?: RopeScaling;
}

/**
 * Keys of rotary positions lie in `rope_parameters`; in older files `rope_theta` next to the others, the rest in `rope_scaling`,
 * with the key `type` or `rope_type`. Where both are there `rope_scaling` holds, as in transformers.
 * @param positions `max_position_embeddings`
 */
export function readRope(json: ConfigReader, positions: number): Rope {
  const keys = new RopeKeys(json);
  const ropeTheta = keys.above('rope_theta', 0, 10000);
  if (keys.above('partial_rotary_factor', 0, 1) !== 1)
    throw json.wrong('partial_rotary_factor is not 1; only whole heads can be turned');
  const scaling = readScaling(json, keys, positions);
  return { ropeTheta, ...(scaling && { ropeScaling: scaling }) };
}

function readScaling(json: ConfigReader, keys: RopeKeys, positions: number): RopeScaling | undefined {
  const { kind } = keys;
  if (kind === 'default') return undefined;
  if (kind === 'linear') return { kind, factor: keys.above('factor', 0) };
  if (kind === 'dynamic') return { kind, factor: keys.atLeast('factor', 1), original: positions };
  if (kind !== 'llama3' && kind !== 'yarn')
    throw json.wrong(
      `rope_type is ${JSON.stringify(kind)}`,
      'default, linear, dynamic, llama3 and yarn can be computed',
    );
  const original = keys.above('original_max_position_embeddings', 0, positions);
  if (kind === 'yarn') return readYarn(json, keys, original, positions);
  const [lowFrequency, highFrequency] = [keys.above('low_freq_factor', 0), keys.above('high_freq_factor', 0)];
  if (lowFrequency >= highFrequency)
    throw json.wrong(`low_freq_factor (${lowFrequency}) is not below high_freq_factor (${highFrequency})`);
  return { kind, factor: keys.above('factor', 0), lowFrequency, highFrequency, original };
}

function readYarn(json: ConfigReader, keys: RopeKeys, original: number, positions: number): Yarn {
  const factor = keys.atLeast('factor', 1, positions / original);
  const [betaFast, betaSlow] = [keys.above('beta_fast', 0, 32), keys.above('beta_slow', 0, 1)];
  if (betaSlow > betaFast) throw json.wrong(`beta_slow (${betaSlow}) is above beta_fast (${betaFast})`);
  const [scale, scaleOfAll] = [keys.atLeast('mscale', 0, 0), keys.atLeast('mscale_all_dim', 0, 0)];
  const derived = scale && scaleOfAll ? mscale(factor, scale) / mscale(factor, scaleOfAll) : mscale(factor);
  const attentionFactor = keys.above('attention_factor', 0, derived);
  return {
    kind: 'yarn',
    factor,
    original,
    betaFast,
    betaSlow,
    truncate: keys.toggle('truncate', true),
    attentionFactor,
  };
}

/** Section 3.4 of the paper. */
const mscale = (factor: number, scale = 1) => (factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1);

/** The values of one object, whose errors name file and key. */
class RopeKeys {
  readonly kind: unknown;
  private readonly values: Readonly<Record<string, unknown>>;

  constructor(private readonly json: ConfigReader) {
    const parts = ['rope_parameters', 'rope_scaling'].map((key) => this.part(key));
    this.values = Object.assign(
      Object.fromEntries(outer.map((key) => [key, json.value(key)])),
      ...parts.map(({ type, ...rest }) => ({ ...(type !== undefined && { rope_type: type }), ...rest })),
    );
    this.kind = this.values['rope_type'] ?? 'default';
  }

  private part(key: string): Record<string, unknown> {
    const value = this.json.value(key) ?? {};
    if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
    throw this.json.wrong(`${key} is ${JSON.stringify(value)}, expected an object`);
  }

  above(key: string, bound: number, standard?: number): number {
    return this.number(key, (value) => value > bound, `above ${bound}`, standard);
  }

  atLeast(key: string, bound: number, standard?: number): number {
    return this.number(key, (value) => value >= bound, `from ${bound} on`, standard);
  }

  private number(key: string, fits: (value: number) => boolean, range: string, standard?: number): number {
    const value = this.values[key] ?? standard;
    if (typeof value === 'number' && Number.isFinite(value) && fits(value)) return value;
    throw this.json.wrong(`${key} is ${JSON.stringify(value) ?? 'missing'}, expected a number ${range}`);
  }

  toggle(key: string, standard: boolean): boolean {
    const value = this.values[key] ?? standard;
    if (typeof value === 'boolean') return value;
    throw this.json.wrong(`${key} is ${JSON.stringify(value)}, expected true or false`);
  }
}

/** Keys that may lie next to those of the model. */
const outer = ['rope_theta', 'partial_rotary_factor', 'original_max_position_embeddings'];

/** Both spellings. */
export function writeRope({ ropeTheta, ropeScaling }: Rope): Record<string, unknown> {
  const scaling = ropeScaling && writeScaling(ropeScaling);
  return {
    rope_theta: ropeTheta,
    rope_parameters: { rope_theta: ropeTheta, rope_type: 'default', ...scaling },
    ...(scaling && { rope_scaling: { rope_theta: ropeTheta, ...scaling } }),
  };
}

function writeScaling(scaling: RopeScaling): Record<string, unknown> {
  const { kind: rope_type, factor } = scaling;
  if (scaling.kind === 'linear' || scaling.kind === 'dynamic') return { rope_type, factor };
  const shared = { rope_type, factor, original_max_position_embeddings: scaling.original };
  if (scaling.kind === 'llama3')
    return { ...shared, low_freq_factor: scaling.lowFrequency, high_freq_factor: scaling.highFrequency };
  return {
    ...shared,
    beta_fast: scaling.betaFast,
    beta_slow: scaling.betaSlow,
    truncate: scaling.truncate,
    attention_factor: scaling.attentionFactor,
  };
}

/**
 * The longest text of a model with these `max_position_embeddings`. With dynamic scaling they are the original ones, and the factor
 * says how many times as long texts may become.
 */
export const roomOf = (positions: number, scaling: RopeScaling | undefined): number =>
  scaling?.kind === 'dynamic' ? Math.floor(positions * scaling.factor) : positions;

/** `max_position_embeddings`. */
export const positionsOf = ({ blockSize, ropeScaling }: Rope & { readonly blockSize: number }): number =>
  ropeScaling?.kind === 'dynamic' ? ropeScaling.original : blockSize;
