// Parameters and moments as resource variables of one context.
import { GptError } from '../../errors.js';
import { sizeOf } from '../../trace/graph.js';
import { isTrainable } from '../host-state.js';
import type { ArraySpec, State, StateKind } from '../types.js';
import type { Context } from './native/index.js';
import { Variable } from './variable.js';

export class VariableState implements State {
  private readonly variables = new Map<string, Variable>();
  private readonly sums = new Map<string, Variable>();
  private readonly byName: ReadonlyMap<string, ArraySpec>;
  private disposed = false;

  /** All zeros. */
  constructor(
    private readonly context: Context,
    readonly specs: readonly ArraySpec[],
    readonly training: boolean,
    private readonly device?: string,
  ) {
    this.byName = new Map(specs.map((spec) => [spec.name, spec]));
    if (this.byName.size !== specs.length) throw new GptError('engine/state', 'two arrays have the same name');
    for (const { name, shape } of specs)
      for (const kind of this.kindsOf(name))
        this.variables.set(key(kind, name), Variable.zeros(context, shape, device));
  }

  variable(kind: StateKind, name: string): Variable {
    if (this.disposed) throw new Error('the state was disposed');
    if (!this.byName.has(name)) throw new GptError('engine/state', `the state holds no array ${JSON.stringify(name)}`);
    const variable = this.variables.get(key(kind, name));
    if (!variable) throw new GptError('engine/state', `${name} is not trained, so it has no ${kind}`);
    return variable;
  }

  async read(kind: StateKind, name: string): Promise<Float32Array> {
    return this.variable(kind, name).read();
  }

  async write(kind: StateKind, name: string, data: Float32Array): Promise<void> {
    const variable = this.variable(kind, name);
    const size = sizeOf(variable.shape);
    if (data.length !== size) throw new GptError('engine/state', `${name} of ${size} numbers was given ${data.length}`);
    variable.write(data);
  }

  async dispose(): Promise<void> {
    if (this.disposed) return;
    this.disposed = true;
    for (const variables of [this.variables, this.sums]) {
      for (const variable of variables.values()) variable.dispose();
      variables.clear();
    }
  }

  /** Names of what is trained, in the specs' order. */
  trainableNames(): string[] {
    return this.training ? this.specs.filter(isTrainable).map(({ name }) => name) : [];
  }

  /** Where gradients of several batches add up; made when first asked for, and shared by all programs. */
  gradientSum(name: string): Variable {
    const sum = this.sums.get(name) ?? Variable.zeros(this.context, this.specOf(name).shape, this.device);
    this.sums.set(name, sum);
    return sum;
  }

  specOf(name: string): ArraySpec {
    return this.byName.get(name)!;
  }

  private kindsOf(name: string): readonly StateKind[] {
    const trained = this.training && isTrainable(this.byName.get(name)!);
    return trained ? ['parameter', 'firstMoment', 'secondMoment'] : ['parameter'];
  }
}

function key(kind: StateKind, name: string): string {
  return `${kind} ${name}`;
}
