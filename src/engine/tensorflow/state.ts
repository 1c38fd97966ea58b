// Parameters and slots as resource variables of one context.
import { StateLayout } from '../layout.js';
import type { ArraySpec, State, StateOptions } from '../types.js';
import type { Context } from './native/index.js';
import { Variable } from './variable.js';

export class VariableState extends StateLayout implements State {
  private readonly variables = new Map<string, Variable>();
  private readonly sums = new Map<string, Variable>();
  private disposed = false;

  /** All zeros. */
  constructor(
    private readonly context: Context,
    specs: readonly ArraySpec[],
    options: StateOptions,
    private readonly device?: string,
  ) {
    super(specs, options);
    for (const { name } of specs)
      for (const { name: slot, shape } of this.arrays(name))
        this.variables.set(key(slot, name), Variable.zeros(context, shape, device));
  }

  variable(slot: string, name: string): Variable {
    this.shapeOf(slot, name);
    return this.variables.get(key(slot, name))!;
  }

  async read(slot: string, name: string): Promise<Float32Array> {
    return this.variable(slot, name).read();
  }

  async write(slot: string, name: string, data: Float32Array): Promise<void> {
    this.requireSize(slot, name, data);
    this.variable(slot, name).write(data);
  }

  async dispose(): Promise<void> {
    if (this.disposed) return;
    this.disposed = true;
    this.close();
    for (const variables of [this.variables, this.sums]) {
      for (const variable of variables.values()) variable.dispose();
      variables.clear();
    }
  }

  /** Where gradients of several batches add up; made when first asked for, and shared by all programs. */
  gradientSum(name: string): Variable {
    const sum = this.sums.get(name) ?? Variable.zeros(this.context, this.specOf(name).shape, this.device);
    this.sums.set(name, sum);
    return sum;
  }
}

function key(slot: string, name: string): string {
  return `${slot} ${name}`;
}
