// Traces a function of tensors together with the tf.Variables that it reads, assigns and makes.
import { GptError } from '../errors.js';
import * as tf from '../tf.js';
import { onTraceBackend } from './backend.js';
import type { DType, Graph, TensorSpec, Value } from './graph.js';
import { guarded } from './guard.js';
import { interpret } from './interpret.js';
import { optimize } from './passes/index.js';
import { activeRecorder, Recorder } from './recorder.js';
import { HeldVariables } from './variables.js';

/** A function's graph. Its inputs are the function's, then the variables; its outputs are the function's, then assignments. */
export interface TracedFunction {
  readonly graph: Graph;
  /** The variables that the graph reads, by the name of the input. */
  readonly reads: ReadonlyMap<string, tf.Variable>;
  /** The variables that the function assigns, by the name of the output that holds the new numbers. */
  readonly writes: ReadonlyMap<string, tf.Variable>;
}

/**
 * Runs a function once on symbolic tensors. Every tf.Variable that exists then may be read and assigned in it, and what
 * it makes is made for good, with its initial numbers. Other tensors from outside are constants. Nothing is assigned.
 * @param run called once; gives the outputs by name, every one a tensor
 * @throws GptError `trace/read`, `trace/data-dependent`, `trace/random`, `trace/kernel`, `trace/dtype`, `trace/variable`,
 * `trace/async`, `trace/nested`, and what `run` throws
 */
export function traceFunction(
  name: string,
  inputs: Readonly<Record<string, TensorSpec>>,
  run: (inputs: Record<string, tf.Tensor>) => Record<string, tf.Tensor>,
): TracedFunction {
  if (activeRecorder()) throw new GptError('trace/nested', `${name} is traced inside another trace`);
  const all = Object.values(tf.engine().registeredVariables);
  const recorder = new Recorder(name, new Map(all.filter(isForeign).map(({ dataId, name }) => [dataId, name])));
  const variables = new HeldVariables(recorder);
  let writes: TracedFunction['writes'];
  try {
    writes = onTraceBackend(() =>
      guarded(
        () =>
          recorder.during(() => {
            const entries = Object.entries(inputs);
            const tensors = entries.map(([key, spec]) => [key, recorder.inputTensor(key, spec)] as const);
            variables.hold(all.filter((variable) => !isForeign(variable)));
            try {
              const outputs = run(Object.fromEntries(tensors));
              recorder.rethrow();
              for (const [key, tensor] of Object.entries(outputs))
                recorder.builder.output(key, recorder.valueOf(tensor));
              return variables.outputAssigned();
            } finally {
              variables.release();
            }
          }),
        variables,
      ),
    );
  } finally {
    variables.fillMade((values) => initialNumbers(recorder.builder.build(), values));
  }
  const graph = withoutUnused(recorder.builder.build(), inputs);
  const used = new Set(graph.inputs.map((input) => input.name));
  return { graph, reads: new Map([...variables.inputs].filter(([key]) => used.has(key))), writes };
}

const traceable: readonly string[] = ['float32', 'int32', 'bool'] satisfies DType[];

/** A variable that no graph can hold: of strings or complex numbers. */
function isForeign({ dtype }: tf.Variable): boolean {
  return !traceable.includes(dtype);
}

/** The numbers of values that depend on no input; undefined for those that do. */
function initialNumbers(graph: Graph, values: readonly Value[]): (ReturnType<typeof interpret>[string] | undefined)[] {
  return values.map((value) => {
    const alone = withoutUnused(optimize({ ...graph, outputs: [{ name: 'value', value }] }), {});
    return alone.inputs.length > 0 ? undefined : interpret(alone, {})['value'];
  });
}

function withoutUnused(graph: Graph, kept: Readonly<Record<string, unknown>>): Graph {
  const used = new Set([...graph.nodes.flatMap((node) => node.inputs), ...graph.outputs.map((o) => o.value)]);
  return { ...graph, inputs: graph.inputs.filter(({ name, value }) => Object.hasOwn(kept, name) || used.has(value)) };
}
