// What our layers share: weights and parts by name, so that a layer can list its parameters under its family's names.
import type { DropoutKey, Past } from '../../ops/index.js';
import * as tf from '../../tf.js';

export type Shape = (number | null)[];
export type Config = tf.serialization.ConfigDict;
export interface LayerArgs {
  readonly name?: string;
  readonly trainable?: boolean;
  /** Of one example, for the first layer of a tf.sequential. */
  readonly inputShape?: Shape;
}

/** What `call` understands besides its input. Undefined values mean: absent. */
export interface CallOptions {
  /** T, for an input folded to [B*T, C]; an input [B, T, C] brings its own. */
  readonly time?: number;
  /** Turns dropout on: training. */
  readonly dropout?: DropoutKey | undefined;
  /** Position of each token, int32 [B*T]; default 0..T-1 in each example. */
  readonly positions?: tf.Tensor | undefined;
  /** The keys and values of earlier positions: the input is then new positions in each example. */
  readonly past?: Past | undefined;
  /** Where attention puts the keys and values of its input, [B*T, 2 D] of every head that keeps them, for later ones. Inference only. */
  readonly present?: tf.Tensor[] | undefined;
  /** Where attention puts its weights, [B, H, T, T]. Inference only. */
  readonly weights?: tf.Tensor[] | undefined;
  /** tfjs' own sign of training; with a dropout rate above 0 it needs `dropout` too. */
  readonly training?: boolean;
}

type LayerVariable = tf.layers.Layer['trainableWeights'][number];

/** A tfjs layer that may have others as parts. Its weights are its own, then its parts', in order. */
export abstract class GptLayer extends tf.layers.Layer {
  private readonly own = new Map<string, LayerVariable>();
  private readonly parts = new Map<string, GptLayer>();

  /** Adds a weight under its name in checkpoints. Call it in `build`. */
  protected weight(name: string, shape: number[], init: 'zeros' | 'ones' | 'normal'): void {
    const initializer = init === 'normal' ? tf.initializers.randomNormal({ stddev: 0.02 }) : tf.initializers[init]();
    this.own.set(name, this.addWeight(`${this.name}.${name}`, shape, 'float32', initializer));
  }

  /** Adds a part under its name in checkpoints. Call it in the constructor. */
  protected part<Part extends GptLayer>(name: string, make: (args: LayerArgs) => Part): Part {
    const part = make({ name: `${this.name}.${name}` });
    this.parts.set(name, part);
    return part;
  }

  protected buildPart(part: GptLayer, inputShape: Shape): void {
    part.build(inputShape);
    part.built = true;
    this._trainableWeights.push(...part.trainableWeights);
  }

  override setFastWeightInitDuringBuild(value: boolean): void {
    super.setFastWeightInitDuringBuild(value);
    for (const part of this.parts.values()) part.setFastWeightInitDuringBuild(value);
  }

  /** The value of a weight; undefined if `build` added none of this name. */
  protected read(name: string): tf.Variable | undefined {
    return this.own.get(name)?.read() as tf.Variable | undefined;
  }

  /** Every parameter under `prefix`: `h.0.` gives `h.0.ln_1.weight` and so on. */
  parameters(prefix = ''): [string, tf.Variable][] {
    const own = [...this.own].map(([name, weight]): [string, tf.Variable] => [
      prefix + name,
      weight.read() as tf.Variable,
    ]);
    return [...own, ...[...this.parts].flatMap(([name, part]) => part.parameters(`${prefix}${name}.`))];
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: CallOptions): tf.Tensor {
    const input = Array.isArray(inputs) ? inputs[0]! : inputs;
    // What was put into `present` and `weights` meanwhile is returned as well, so that it outlives this scope.
    return tf.tidy(() => {
      const output = this.compute(input, kwargs);
      return { output, kept: [...(kwargs.present ?? []), ...(kwargs.weights ?? [])] };
    }).output;
  }

  /** What the layer does; intermediate tensors are cleaned up around it. */
  protected abstract compute(input: tf.Tensor, options: CallOptions): tf.Tensor;

  /** `apply` for tensors, with types. */
  run(input: tf.Tensor, options: CallOptions = {}): tf.Tensor {
    return this.apply(input, options as Record<string, unknown>) as tf.Tensor;
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    return single(inputShape);
  }
}

/** The arguments of a layer as its configuration: those that are given, without those that tfjs keeps itself. */
export function given({ name: _, trainable: __, inputShape: ___, ...args }: LayerArgs): Config {
  const present = Object.entries(args).filter(([, value]) => value !== undefined);
  return structuredClone(Object.fromEntries(present)) as Config;
}

/** The one shape of a layer with one input. */
export function single(shape: Shape | Shape[]): Shape {
  return (Array.isArray(shape[0]) ? shape[0] : shape) as Shape;
}

/** [..., C] to [N, C]. */
export function fold(x: tf.Tensor): tf.Tensor {
  return x.rank === 2 ? x : tf.reshape(x, [-1, x.shape.at(-1)!]);
}

/** [N, C] back to the leading axes of `like`. */
export function unfold(x: tf.Tensor, like: tf.Tensor): tf.Tensor {
  return like.rank === 2 ? x : tf.reshape(x, [...like.shape.slice(0, -1), x.shape[1]!]);
}

/** T of an input [B, T, C], or of a folded one from the options. */
export function timeOf(layer: GptLayer, input: tf.Tensor, options: CallOptions): number {
  const time = input.rank === 3 ? input.shape[1] : options.time;
  if (time === undefined) throw new Error(`${layer.name}: an input folded to [${input.shape}] needs the option time`);
  return time;
}

/** The dropout key where dropout is to be applied. */
export function dropoutKey(layer: GptLayer, rate: number, options: CallOptions): CallOptions['dropout'] {
  if (rate > 0 && options.training && !options.dropout) {
    throw new Error(`${layer.name}: dropout in training needs the option dropout: { seed, step }`);
  }
  return options.dropout;
}
