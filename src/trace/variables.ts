// tf.Variables in a trace: each stands for an input of the graph while the traced code runs. What is assigned to one
// becomes an output. Afterwards all of them hold the numbers of before.
import { GptError } from '../errors.js';
import * as tf from '../tf.js';
import type { HostArray, Value } from './graph.js';
import type { Recorder } from './recorder.js';
import { engineInternals } from './scope.js';

type DataId = object;

/** Sets what tfjs has as read-only. */
type Movable = { dataId: DataId };

interface Held {
  readonly variable: tf.Variable;
  /** Its numbers outside the trace; undefined for one that the traced code made. */
  readonly data: DataId | undefined;
  readonly standIn: tf.Tensor;
  /** Of one that the traced code made: its initial numbers in the graph. */
  readonly initial?: Value;
}

export class HeldVariables {
  /** By the name of the graph's input. */
  readonly inputs = new Map<string, tf.Variable>();
  private readonly held = new Map<tf.Variable, Held>();

  constructor(private readonly recorder: Recorder) {}

  /** Has variables stand for inputs of the graph, each with a data id of its own: two variables may share numbers. */
  hold(variables: readonly tf.Variable[]): void {
    for (const variable of variables) {
      const standIn = this.input(variable);
      this.held.set(variable, { variable, data: variable.dataId, standIn });
      (variable as Movable).dataId = standIn.dataId;
    }
  }

  /** Called when tfjs counts a variable: one of ours that was assigned, or one that is being made. */
  counted(variable: tf.Variable): boolean {
    if (this.held.has(variable)) return true;
    const initial = this.recorder.valueOf(variable);
    const standIn = this.input(variable);
    this.held.set(variable, { variable, data: undefined, standIn, initial });
    (variable as Movable).dataId = standIn.dataId;
    return false;
  }

  /** Called when tfjs gives up a variable's numbers; whether it really should. */
  givenUp(variable: tf.Variable): boolean {
    return variable.dataId !== this.held.get(variable)?.standIn.dataId;
  }

  /** Makes the new numbers of assigned variables outputs of the graph; by the output's name. */
  outputAssigned(): Map<string, tf.Variable> {
    const assigned = [...this.held.values()].filter(({ variable, standIn }) => variable.dataId !== standIn.dataId);
    return new Map(
      assigned.map(({ variable }) => {
        const name = `assigned:${variable.name}`;
        this.recorder.builder.output(name, this.recorder.valueOf(variable));
        return [name, variable];
      }),
    );
  }

  /** Gives the variables their numbers back. */
  release(): void {
    const engine = engineInternals();
    for (const { variable, data, standIn } of this.held.values()) {
      if (variable.dataId !== standIn.dataId) engine.disposeTensor(variable);
      if (data) (variable as Movable).dataId = data;
      // tfjs counted the stand-in once more when the variable was made.
      else tf.backend().disposeData(standIn.dataId);
    }
  }

  /**
   * Gives the variables that the traced code made their initial numbers, on tfjs' own backend.
   * @throws GptError `trace/variable` where they depend on an input
   */
  fillMade(numbersOf: (values: readonly Value[]) => readonly (HostArray | undefined)[]): void {
    const made = [...this.held.values()].filter(({ data }) => data === undefined);
    if (made.length === 0) return;
    const numbers = numbersOf(made.map(({ initial }) => initial!));
    const failed = made.filter(({ variable }, i) => !fill(variable, numbers[i]));
    if (failed.length === 0) return;
    throw new GptError('trace/variable', `the initial value of variable ${failed[0]!.variable.name} is traced`, {
      hint: 'make the variable outside the traced function',
    });
  }

  private input(variable: tf.Variable): tf.Tensor {
    const name = `variable:${variable.name}`;
    this.inputs.set(name, variable);
    return this.recorder.inputTensor(name, { shape: variable.shape, dtype: variable.dtype as Value['dtype'] });
  }
}

/** Without numbers the variable is taken out of tfjs. */
function fill(variable: tf.Variable, numbers: HostArray | undefined): boolean {
  if (!numbers) {
    delete tf.engine().registeredVariables[variable.name];
    return false;
  }
  const tensor = tf.tensor(numbers, variable.shape, variable.dtype);
  (variable as Movable).dataId = tensor.dataId;
  engineInternals().incRef(variable, null);
  tensor.dispose();
  return true;
}
