// Which arrays a state holds, under which names: the parameters and, for those that are trained, the optimizer's slots.
// Every kind of state checks with it what it is asked for. Knows not where the numbers are.
import { GptError } from '../errors.js';
import { adamw } from '../optimizer/index.js';
import { sizeOf } from '../trace/graph.js';
import type { ArraySpec, Optimizer, Slot, StateOptions } from './types.js';
import { type ArrayGroup, groupsOf } from './update/groups.js';

interface Entry {
  readonly spec: ArraySpec;
  readonly slots: readonly Slot[];
}

export class StateLayout {
  readonly training: boolean;
  readonly optimizer: Optimizer | undefined;
  /** What is trained, by what can be updated together. */
  readonly groups: readonly ArrayGroup<ArraySpec>[];
  private readonly entries: ReadonlyMap<string, Entry>;
  private closed = false;

  /** @throws GptError `engine/state` when two arrays have one name */
  constructor(
    readonly specs: readonly ArraySpec[],
    { training, optimizer = adamw }: StateOptions,
  ) {
    this.training = training;
    this.optimizer = training ? optimizer : undefined;
    const slotsOf = (spec: ArraySpec) => (training && isTrainable(spec) ? optimizer.ruleFor(spec).slots(spec) : []);
    this.entries = new Map(specs.map((spec) => [spec.name, { spec, slots: slotsOf(spec) }]));
    if (this.entries.size !== specs.length) throw new GptError('engine/state', 'two arrays have the same name');
    this.groups = groupsOf(this.trained, optimizer);
  }

  /** What is trained, in the specs' order. */
  get trained(): readonly ArraySpec[] {
    return this.training ? this.specs.filter(isTrainable) : [];
  }

  slots(name: string): readonly Slot[] {
    return this.entry(name).slots;
  }

  specOf(name: string): ArraySpec {
    return this.entry(name).spec;
  }

  /** The arrays of the state that have this name: `parameter`, then the slots. */
  arrays(name: string): readonly Pick<Slot, 'name' | 'shape'>[] {
    const { spec, slots } = this.entry(name);
    return [{ name: 'parameter', shape: spec.shape }, ...slots];
  }

  /**
   * The shape of an array that the state holds.
   * @throws GptError `engine/state` for one that it does not hold
   */
  shapeOf(slot: string, name: string): readonly number[] {
    const found = this.arrays(name).find((array) => array.name === slot);
    if (found) return found.shape;
    const { spec, slots } = this.entry(name);
    if (!this.optimizer || !isTrainable(spec))
      throw new GptError('engine/state', `${name} is not trained, so it has no ${slot}`);
    throw new GptError('engine/state', `${name} has no ${slot}`, {
      hint: `${this.optimizer.name} keeps ${slots.map((each) => each.name).join(', ') || 'nothing'}`,
    });
  }

  /** @throws GptError `engine/state` unless `data` has the array's size */
  requireSize(slot: string, name: string, data: Float32Array): void {
    const size = sizeOf(this.shapeOf(slot, name));
    if (data.length !== size) throw new GptError('engine/state', `${name} of ${size} numbers was given ${data.length}`);
  }

  /** From now on every access is an error. */
  close(): void {
    this.closed = true;
  }

  private entry(name: string): Entry {
    if (this.closed) throw new Error('the state was disposed');
    const entry = this.entries.get(name);
    if (!entry) throw new GptError('engine/state', `the state holds no array ${JSON.stringify(name)}`);
    return entry;
  }
}

/** Whether a state for training trains this array. */
function isTrainable(spec: ArraySpec): boolean {
  return spec.trainable !== false;
}
