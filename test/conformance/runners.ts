// How each engine runs the graph of one kernel at once. tfjs' suite reads values synchronously, so an engine's
// asynchronous face will not do.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import type { NativeSession as OpenSession } from '../../src/engine/native-session.js';
import { kept, lower } from '../../src/engine/onnx/lower.js';
import { prepared as openvinoPrepared } from '../../src/engine/openvino/graphs.js';
import { loadOpenvino } from '../../src/engine/openvino/native/library.js';
import { openSessionNow } from '../../src/engine/openvino/session.js';
import { compileGraph } from '../../src/engine/tensorflow/compile.js';
import { prepared } from '../../src/engine/tensorflow/graphs.js';
import { Context, loadLibrary, TensorHandle } from '../../src/engine/tensorflow/native/index.js';
import type { HostArray } from '../../src/trace/graph.js';
import { interpret, optimize } from '../../src/trace/index.js';
import type { Compile } from './backend.js';

/** onnxruntime-node's native session, whose `run` its package wraps in a promise. */
interface NativeSession {
  loadModel(buffer: ArrayBufferLike, offset: number, length: number, options: InferenceSession.SessionOptions): void;
  run(feeds: Record<string, Tensor>, fetches: Record<string, null>, options: object): Record<string, Tensor>;
  dispose(): void;
}

interface NativeBinding {
  readonly initOrt: () => void;
  readonly binding: { readonly InferenceSession: new () => NativeSession };
}

function onnx(): Compile {
  const require = createRequire(join(process.cwd(), 'package.json'));
  const ort = require('onnxruntime-node') as typeof import('onnxruntime-node');
  ort.env.logLevel = 'fatal';
  const native = require(join(dirname(require.resolve('onnxruntime-node')), 'binding.js')) as NativeBinding;
  native.initOrt();
  const finished = new FinalizationRegistry<NativeSession>((session) => session.dispose());
  return (traced) => {
    const graph = optimize(traced, { keep: (op) => kept.has(op) });
    const { model, inputs, outputs } = lower(graph);
    const session = new native.binding.InferenceSession();
    session.loadModel(model.buffer, model.byteOffset, model.byteLength, {
      executionProviders: ['cpu'],
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      logSeverityLevel: 4,
    });
    const fetches = Object.fromEntries([...outputs.values()].map((name) => [name, null]));
    const run: ReturnType<Compile> = (feeds) => {
      const tensors = graph.inputs.map(({ name, value }) => {
        const tensor = new ort.Tensor(value.dtype, feeds[name] as Float32Array, value.shape);
        return [inputs.get(name)!, tensor] as const;
      });
      const results = session.run(Object.fromEntries(tensors), fetches, {});
      return Object.fromEntries([...outputs].map(([name, key]) => [name, results[key]!.data as HostArray]));
    };
    finished.register(run, session);
    return run;
  };
}

async function openvino(): Promise<Compile> {
  const library = await loadOpenvino();
  const finished = new FinalizationRegistry<OpenSession>((session) => void session.release());
  return (traced) => {
    const graph = openvinoPrepared(traced);
    const session = openSessionNow(library, graph, { threads: 1, precision: 'f32' });
    const run: ReturnType<Compile> = (feeds) => session.runNow(feeds);
    finished.register(run, session);
    return run;
  };
}

/** Plain graphs: XLA would compile thousands of them. The operation suite runs on both. */
async function tensorflow(): Promise<Compile> {
  const library = await loadLibrary();
  const context = Context.open(library, { threads: 1, interThreads: 1, growMemory: true, gpu: false });
  const finished = new FinalizationRegistry<{ dispose(): void }>((native) => native.dispose());
  return (traced) => {
    const graph = prepared(traced);
    const native = compileGraph(context, graph, { manner: { mode: 'graph', precision: 'f32' } });
    const run: ReturnType<Compile> = (feeds) => {
      const inputs = graph.inputs.map(({ name, value }) =>
        TensorHandle.from(library, feeds[name]!, value.shape, value.dtype),
      );
      const results = context.execute(native.name, { inputs, outputs: graph.outputs.length });
      const read = graph.outputs.map(({ name, value }, i) => [name, results[i]!.read(value.dtype)]);
      for (const handle of [...inputs, ...results]) handle.dispose();
      return Object.fromEntries(read);
    };
    finished.register(run, native);
    return run;
  };
}

/** By name: `trace` is the plain interpreter, which shows the tracer's own rules right or wrong. */
export const runners: Readonly<Record<string, () => Compile | Promise<Compile>>> = {
  onnx,
  openvino,
  tensorflow,
  trace: () => (graph) => {
    const optimized = optimize(graph);
    return (feeds) => interpret(optimized, feeds);
  },
};
