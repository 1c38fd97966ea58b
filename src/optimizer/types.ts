// What an optimizer is: settings, and for each array a rule with named state slots, host-computed scalars and one update
// in tfjs operations. Knows no memory, no engine and no particular optimizer. tfjs is passed in, so that reading the
// settings for a help text does not load it.
import type { Setting } from '../config/setting.js';
import type { Tensor } from '../tf.js';
import type { KernelCall, KernelUpdate } from './kernels.js';

export type Tfjs = typeof import('../tf.js');

/** One trainable array as an optimizer sees it. */
export interface OptimizedArray {
  readonly name: string;
  readonly shape: readonly number[];
  /** Whether weight decay applies to it. */
  readonly decay: boolean;
  /** What the learning rate is multiplied with for this array, and with it the decay. Default 1. */
  readonly learningRateScale?: number;
  /** What the array is for in the model, such as `matrix` or `embedding`; an optimizer may choose a rule by it. */
  readonly role?: string;
  /** The block of the model that it belongs to, counted from 0. */
  readonly block?: number;
  /** Which axis of a matrix counts the outputs. Default 1: [in, out]. */
  readonly outputAxis?: 0 | 1;
  /** Along the output axis, the widths of the matrices that one array joins. */
  readonly joins?: readonly number[];
}

/** One array of state that a rule keeps for an optimized array. Its initial values are zeros. */
export interface Slot<Name extends string = string> {
  /** Its name in the program; not `parameter`, `gradient` or `scratch`. */
  readonly name: Name;
  /** Its prefix in optimizer.safetensors: torch's name where torch has one. */
  readonly stored: string;
  readonly shape: readonly number[];
}

/** `iteration` counts optimizer steps from 1. */
export interface Update {
  readonly learningRate: number;
  readonly iteration: number;
}

type Numbers = Readonly<Record<string, number>>;
type TensorsOf<Scalars> = { readonly [K in keyof Scalars]: Tensor };

/** What one update computes with; all slots and scalars by name. */
export interface UpdateInputs<Slots extends string, Scalars, Constants> {
  readonly parameter: Tensor;
  /** Clipped. */
  readonly gradient: Tensor;
  readonly slots: Readonly<Record<Slots, Tensor>>;
  readonly scalars: TensorsOf<Scalars>;
  readonly constants: Constants;
}

export interface UpdateOutputs<Slots extends string> {
  readonly parameter: Tensor;
  readonly slots: Readonly<Record<Slots, Tensor>>;
}

/** How one array is updated. */
export interface UpdateRule<
  Options = Readonly<Record<string, number | boolean>>,
  Slots extends string = string,
  Scalars = Numbers,
  Constants = Numbers,
> {
  /** The name of the operation in graphs and engines: one name, one definition. */
  readonly op: string;
  slots(array: OptimizedArray): readonly Slot<Slots>[];
  /** The numbers that stay the same in every step, in float64; the caller rounds them to float32. */
  constants(options: Options, array: OptimizedArray): Constants;
  /**
   * The numbers that change from step to step, in float64; the caller rounds them to float32. Arrays that differ in
   * nothing but name and shape share them.
   * @param update its learning rate is scaled for the array already
   */
  scalars(options: Options, update: Update, array: Pick<OptimizedArray, 'decay'>): Scalars;
  /** The definition: a pure function in tfjs operations. Every engine runs this one, or a kernel that has its bits. */
  update(tf: Tfjs, inputs: UpdateInputs<Slots, Scalars, Constants>): UpdateOutputs<Slots>;
  /**
   * The same in WebAssembly, elementwise and in place over flat memory, with the same bits; neighbouring arrays are updated in
   * one call. Only for rules whose slots have the array's shape and whose constants are the same for all arrays.
   */
  readonly kernel?: (update: KernelUpdate<Slots, Scalars, Constants>) => KernelCall;
}

/** An optimizer: one file or folder, and one line in optimizers.ts. */
export interface Optimizer<Settings = Readonly<Record<string, Setting<number> | Setting<boolean>>>> {
  /** As in `--optimizer`. */
  readonly name: string;
  /** Settings of a run that it reads: flags, config keys, defaults, ranges and help. */
  readonly settings: Settings;
  /** The rule for an array. An optimizer may use another one's rule for the arrays that it does not treat itself. */
  ruleFor(array: OptimizedArray): UpdateRule;
}

/** The values of an optimizer's settings, and what all optimizers share. */
export interface OptimizerOptions extends Readonly<Record<string, number | boolean>> {
  /** Largest global norm of the gradient; 0 turns clipping off. */
  readonly gradClip: number;
}

export type OptionsOf<Settings> = {
  readonly [K in keyof Settings]: Settings[K] extends Setting<infer T> ? T : never;
};

/** Forgets the names in a rule's types, which only its own definition needs. */
export function defineRule<Options, Slots extends string, Scalars, Constants>(
  rule: UpdateRule<Options, Slots, Scalars, Constants>,
): UpdateRule {
  return rule as unknown as UpdateRule;
}
