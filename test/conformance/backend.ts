// A tfjs backend for the conformance suite: each kernel call that the tracer covers is traced by itself, compiled, run,
// and its numbers handed back; the others run on tfjs' CPU kernels.
import { GptError } from '../../src/errors.js';
import * as tf from '../../src/tf.js';
import { TraceBackend } from '../../src/trace/backend.js';
import { hostArray } from '../../src/trace/emitter.js';
import type { DType, Graph, HostArray } from '../../src/trace/graph.js';
import { kernelRules } from '../../src/trace/kernels/index.js';
import { Recorder } from '../../src/trace/recorder.js';
import { verify } from '../../src/trace/verify.js';
import { inferNode } from '../../src/trace/vocabulary/index.js';

/** Compiles a graph of one kernel; the function that it gives runs at once. */
export type Compile = (graph: Graph) => (feeds: Record<string, HostArray>) => Record<string, HostArray>;

export interface Coverage {
  /** Kernel calls that were compiled and run, and graphs compiled for them. */
  compiled: number;
  graphs: number;
  /** Calls that ran on the CPU kernels for want of a rule, by kernel. */
  readonly plain: Record<string, number>;
}

type Program = {
  readonly graph: Graph;
  readonly run: ReturnType<Compile>;
  readonly list: boolean;
  readonly same: boolean;
};
type Inputs = readonly (readonly [string, tf.TensorInfo])[];

/** Programs kept at a time: the suite repeats a call many times within one spec, and seldom later. */
const mostPrograms = 200;

/** Registers the backend under a name. */
export function registerConformanceBackend(name: string, compile: Compile): Coverage {
  const coverage: Coverage = { compiled: 0, graphs: 0, plain: {} };
  const programs = new Map<string, Program | undefined>();
  tf.registerBackend(name, () => new TraceBackend());

  const programOf = (kernel: string, inputs: Inputs, attrs: object): Program | undefined => {
    const key = JSON.stringify([kernel, inputs.map(([id, t]) => [id, t.shape, t.dtype]), attrs], exactly);
    if (!programs.has(key)) {
      const traced = traceKernel(kernel, inputs, attrs);
      programs.set(key, traced && { ...traced, same: isIdentity(traced.graph), run: compile(traced.graph) });
      if (traced) coverage.graphs += 1;
      if (programs.size > mostPrograms) programs.delete(programs.keys().next().value!);
    }
    return programs.get(key);
  };

  for (const config of tf.getKernelsForBackend('cpu')) {
    const { kernelName, kernelFunc } = config;
    const compiled: tf.KernelFunc = (call) => {
      const inputs = Object.entries(call.inputs).filter((entry): entry is [string, tf.TensorInfo] =>
        isTensor(entry[1]),
      );
      const program = inputs.length > 0 ? programOf(kernelName, inputs, call.attrs ?? {}) : undefined;
      if (!program) {
        coverage.plain[kernelName] = (coverage.plain[kernelName] ?? 0) + 1;
        return kernelFunc(call);
      }
      coverage.compiled += 1;
      const backend = call.backend as TraceBackend;
      const numbers = (tensor: tf.TensorInfo) =>
        hostArray(backend.readSync(tensor.dataId) as Float32Array, tensor.dtype as DType);
      if (program.same) {
        // As tfjs' own kernels do, so that its counts of data ids come out.
        backend.incRef(inputs[0]![1].dataId);
        const { dataId, shape, dtype } = inputs[0]![1];
        return { dataId, shape, dtype };
      }
      const results = program.run(Object.fromEntries(inputs.map(([id, tensor]) => [id, numbers(tensor)])));
      const infos = program.graph.outputs.map(({ name: output, value }) =>
        backend.makeTensorInfo([...value.shape], value.dtype, results[output]!),
      );
      return program.list ? infos : infos[0]!;
    };
    tf.registerKernel({ ...config, backendName: name, kernelFunc: compiled });
  }
  return coverage;
}

/** The graph of one kernel call, or undefined where the tracer does not cover it. */
function traceKernel(kernel: string, inputs: Inputs, attrs: object): { graph: Graph; list: boolean } | undefined {
  if (!Object.hasOwn(kernelRules, kernel)) return undefined;
  if (inputs.some(([, { dtype }]) => dtype === 'string' || dtype === 'complex64')) return undefined;
  const recorder = new Recorder(kernel, new Map());
  // Only ids and specs: tfjs does not get to know these inputs.
  const symbolic = inputs.map(([name, { shape, dtype }]) => [name, { dataId: {}, shape, dtype }] as const);
  const isList = inputs.every(([name], index) => name === String(index));
  try {
    const result = recorder.during(() => {
      for (const [name, info] of symbolic) recorder.bindInput(name, info as tf.Tensor);
      const given = isList ? symbolic.map(([, info]) => info) : Object.fromEntries(symbolic);
      return recorder.kernel(kernel, given, attrs, () => {
        throw new Error(`${kernel} was not traced`);
      });
    });
    const infos = Array.isArray(result) ? result : [result];
    infos.forEach((info, index) => {
      recorder.builder.output(`out${index}`, recorder.valueOf(info));
      (tf.backend() as TraceBackend).disposeData(info.dataId);
    });
    const graph = recorder.builder.build();
    verify(graph, inferNode);
    return { graph, list: Array.isArray(result) };
  } catch (error) {
    if (error instanceof GptError && error.code === 'trace/dtype') return undefined;
    throw error;
  }
}

/** Whether a graph gives its only input back. */
function isIdentity({ inputs, outputs }: Graph): boolean {
  return inputs.length === 1 && outputs.length === 1 && inputs[0]!.value === outputs[0]!.value;
}

function isTensor(value: unknown): value is tf.TensorInfo {
  return typeof value === 'object' && value !== null && 'dataId' in value;
}

/** JSON has no NaN, no infinities and no negative zero. */
function exactly(_: string, value: unknown): unknown {
  if (typeof value !== 'number' || (Number.isFinite(value) && !Object.is(value, -0))) return value;
  return `number:${Object.is(value, -0) ? '-0' : value}`;
}
