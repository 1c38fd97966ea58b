// Runs a step function once on symbolic tensors and gives the graph of what it did. Whatever happens, tfjs is left as
// it was: same backend, same tensors, Math.random back in place.
import { GptError } from '../errors.js';
import * as tf from '../tf.js';
import { onTraceBackend } from './backend.js';
import type { Graph, Value } from './graph.js';
import { guarded } from './guard.js';
import { activeRecorder, Recorder } from './recorder.js';
import { engineInternals } from './scope.js';
import type { StepFunction } from './step.js';

export interface TraceOptions {
  /** Also give `grad:<parameter name>` for every trainable variable: the gradient of the output `loss`. */
  readonly gradients?: boolean;
  /** Which variables are trainable; by default those whose tfjs variable is. */
  readonly trainable?: (name: string) => boolean;
}

/** The name of the graph's output that holds a parameter's gradient. */
export function gradientName(parameter: string): string {
  return `grad:${parameter}`;
}

/**
 * Traces a step.
 *
 * The graph's inputs are the step's inputs under their names, then those variables that the graph uses, under their
 * parameter names, in the Map's order. Its outputs are the step's, then the gradients; an output may be an input or a
 * constant. The gradient of a variable that the loss does not depend on is zeros. tfjs tensors made in the step are
 * disposed, kept ones too.
 *
 * @throws GptError `trace/read`, `trace/data-dependent`, `trace/random`, `trace/kernel`, `trace/dtype`,
 * `trace/variable`, `trace/async`, `trace/loss`, `trace/nested`
 */
export function trace(step: StepFunction, options: TraceOptions = {}): Graph {
  if (activeRecorder()) throw new GptError('trace/nested', `${step.name} is traced inside another trace`);
  return onTraceBackend(() => guarded(() => record(step, options)));
}

function record(step: StepFunction, options: TraceOptions): Graph {
  const recorder = new Recorder(step.name, foreignVariables(step));
  recorder.during(() => {
    const inputs: Record<string, tf.Tensor> = {};
    for (const [name, spec] of Object.entries(step.inputs)) inputs[name] = recorder.inputTensor(name, spec);
    for (const [name, variable] of step.variables) recorder.bindInput(name, variable);
    if (options.gradients) recordWithGradients(step, options, recorder, inputs);
    else for (const [name, tensor] of run(step, inputs)) recorder.builder.output(name, recorder.valueOf(tensor));
    recorder.rethrow();
  });
  return withoutUnusedVariables(recorder.builder.build(), step);
}

function recordWithGradients(
  step: StepFunction,
  { trainable }: TraceOptions,
  recorder: Recorder,
  inputs: Record<string, tf.Tensor>,
): void {
  const isTrainable = trainable ?? ((name: string) => step.variables.get(name)!.trainable);
  const parameters = [...step.variables].filter(([name, { dtype }]) => dtype === 'float32' && isTrainable(name));
  const forward = () => {
    const outputs = run(step, inputs);
    for (const [name, tensor] of outputs) recorder.builder.output(name, recorder.valueOf(tensor));
    const loss = outputs.find(([name]) => name === 'loss')?.[1];
    if (loss?.rank !== 0 || loss.dtype !== 'float32')
      throw new GptError(
        'trace/loss',
        `${step.name} needs a scalar float32 output named loss, got ${loss ? `${loss.dtype}[${loss.shape}]` : 'none'}`,
      );
    return loss;
  };
  if (parameters.length === 0) {
    forward();
    return;
  }
  const variables = parameters.map(([, variable]) => variable);
  const { grads } = onlyTrainable(step.variables, variables, () =>
    engineInternals().gradients(forward, variables, null, true),
  );
  parameters.forEach(([name, variable], index) => {
    const gradient = grads[index];
    const spec = { shape: variable.shape, dtype: 'float32' } as const;
    recorder.builder.output(gradientName(name), gradient ? recorder.valueOf(gradient) : recorder.zeros(spec));
  });
}

/** Runs `f` while just these are trainable: an operation may leave out the gradient by a variable that is not. */
function onlyTrainable<T>(all: StepFunction['variables'], trained: readonly tf.Variable[], f: () => T): T {
  const before = [...all.values()].map((variable) => [variable, variable.trainable] as const);
  for (const [variable] of before) variable.trainable = trained.includes(variable);
  try {
    return f();
  } finally {
    for (const [variable, trainable] of before) variable.trainable = trainable;
  }
}

function run(step: StepFunction, inputs: Record<string, tf.Tensor>): [string, tf.Tensor][] {
  const outputs = step.run({ ...inputs });
  refusePromise(step.name, outputs);
  return Object.entries(outputs);
}

/** Throws `trace/async`, or what went wrong before, where a traced function gave a promise. */
export function refusePromise(name: string, outputs: unknown): void {
  if (typeof (outputs as { then?: unknown } | null | undefined)?.then !== 'function') return;
  (outputs as Promise<unknown>).then(undefined, () => undefined);
  activeRecorder()?.rethrow();
  throw new GptError('trace/async', `${name} returns a promise`, { hint: 'a traced function is a plain function' });
}

/** Variables of tfjs that the step did not declare: their numbers would be frozen into the graph. */
function foreignVariables(step: StepFunction): Map<object, string> {
  const known = new Set([...step.variables.values()].map((variable) => variable.dataId));
  const all = Object.values(tf.engine().registeredVariables);
  return new Map(all.filter(({ dataId }) => !known.has(dataId)).map(({ dataId, name }) => [dataId, name]));
}

function withoutUnusedVariables(graph: Graph, step: StepFunction): Graph {
  const used = new Set<Value>([...graph.nodes.flatMap((node) => node.inputs), ...graph.outputs.map((o) => o.value)]);
  const inputs = graph.inputs.filter(({ name, value }) => Object.hasOwn(step.inputs, name) || used.has(value));
  return { ...graph, inputs };
}
