// Looks at what there is to compute with: engines, devices, threads, memory, and how fast each engine multiplies.
import { arch, cpus, totalmem } from 'node:os';
import { GptError } from '../errors.js';
import * as tf from '../tf.js';
import type { Graph, Value } from '../trace/graph.js';
import { ensureTraceBackend, GraphBuilder } from '../trace/index.js';
import { availableMemory } from './available-memory.js';
import { examineNative, type PackageReport } from './eager/examine.js';
import { type DeviceState, findDevices } from './onnx/devices.js';
import { loadRuntime } from './onnx/runtime.js';
import { GraphSession } from './onnx/session.js';
import { examineOpenvino } from './openvino/examine.js';
import { examineLibrary } from './tensorflow/examine.js';
import { defaultThreads } from './threads.js';
import type { Device, EngineName } from './types.js';

export interface DeviceReport extends DeviceState {
  /** Of a square matrix product in float32, 10^9 multiplications and additions a second. */
  readonly gflops?: number;
  /** The same in bfloat16, where the engine and the processor have it. */
  readonly bf16Gflops?: number;
}

export interface EngineReport {
  readonly name: EngineName;
  readonly available: boolean;
  /** Of the library that computes. */
  readonly version?: string;
  readonly reason?: string;
  readonly fix?: string;
  readonly devices: readonly DeviceReport[];
  /** What it can run on besides, where a person installs it. */
  readonly packages?: readonly PackageReport[];
}

export interface Report {
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly logicalCores: number;
  /** What engines use by default. */
  readonly threads: number;
  readonly memoryMB: { readonly total: number; readonly available: number };
  readonly engines: readonly EngineReport[];
}

/**
 * Takes a second or two: each engine multiplies matrices for a while.
 * @param threads for the measurement; default: what engines use
 */
export async function examine(threads = defaultThreads()): Promise<Report> {
  const cores = cpus();
  return {
    node: process.versions.node,
    platform: `${process.platform} ${arch()}`,
    cpu: cores[0]?.model.trim() ?? 'unknown',
    logicalCores: cores.length,
    threads: defaultThreads(),
    memoryMB: { total: megabytes(totalmem()), available: megabytes(availableMemory()) },
    engines: [
      await examineOnnx(threads),
      await examineOpenvinoEngine(threads),
      await examineEager(),
      await examineTensorflow(threads),
    ],
  };
}

async function examineOnnx(threads: number): Promise<EngineReport> {
  try {
    const ort = await loadRuntime();
    const devices: DeviceReport[] = [];
    for (const state of await findDevices())
      devices.push(state.available ? { ...state, gflops: await measureOnnx(state.name, threads) } : state);
    const version = ort.env.versions.node ?? ort.env.versions.common;
    return { name: 'onnx', available: true, version, devices };
  } catch (error) {
    return unavailable('onnx', error);
  }
}

/** What cannot be had, as long as a person may mend it. */
function unavailable(name: EngineName, error: unknown): EngineReport {
  if (!(error instanceof GptError)) throw error;
  const fix = error.hint ? { fix: error.hint } : {};
  return { name, available: false, reason: error.message, ...fix, devices: [] };
}

async function examineEager(): Promise<EngineReport> {
  const devices: DeviceReport[] = [{ name: 'cpu', available: true, gflops: await measureEager() }];
  return { name: 'eager', available: true, version: tf.version_core, devices, packages: [await examineNative()] };
}

async function examineOpenvinoEngine(threads: number): Promise<EngineReport> {
  try {
    const report = await examineOpenvino(threads, productGraph(productSize), measureProduct);
    const { version, source, precision, ...speeds } = report;
    const devices: DeviceReport[] = [
      { name: 'cpu', available: true, ...speeds, detail: `--precision auto is ${precision}` },
    ];
    return { name: 'openvino', available: true, version: `${version} (${source})`, devices };
  } catch (error) {
    return unavailable('openvino', error);
  }
}

type Run = (feeds: { a: Float32Array; b: Float32Array }) => Promise<unknown>;

/** Of the graph of products, however it is run. */
function measureProduct(run: Run): Promise<number> {
  const operand = new Float32Array(productSize ** 2).fill(1 / 32);
  return measure(products * 2 * productSize ** 3, () => run({ a: operand, b: operand }));
}

async function examineTensorflow(threads: number): Promise<EngineReport> {
  try {
    const { version, source, devices } = await examineLibrary(threads, productGraph(productSize), measureProduct);
    return { name: 'tensorflow', available: true, version: `${version} (${source})`, devices };
  } catch (error) {
    return unavailable('tensorflow', error);
  }
}

/** Rows and columns of the matrices that engines other than eager multiply. */
const productSize = 1024;
/** One after the other in a graph, so that handing over the operands, and converting them to bfloat16, counts little. */
const products = 4;

/** Float32 products of the onnx engine on this machine, 10^9 multiplications and additions a second; a third of a second. */
export async function measureOnnx(device: Device, threads: number): Promise<number> {
  const session = await GraphSession.open(productGraph(productSize), { device, threads });
  const gflops = await measureProduct((feeds) => session.run(feeds));
  await session.release();
  return gflops;
}

async function measureEager(): Promise<number> {
  const size = 192;
  ensureTraceBackend();
  const operand = tf.fill([size, size], 0.5);
  const gflops = await measure(2 * size ** 3, async () => {
    tf.tidy(() => tf.matMul(operand as tf.Tensor2D, operand as tf.Tensor2D).dataSync());
  });
  operand.dispose();
  return gflops;
}

/** 10^9 operations a second, by the best run of those that fit into a third of a second. */
async function measure(flops: number, run: () => Promise<unknown>): Promise<number> {
  await run();
  const end = performance.now() + 330;
  let best = Number.POSITIVE_INFINITY;
  do {
    const start = performance.now();
    await run();
    best = Math.min(best, performance.now() - start);
  } while (performance.now() < end);
  return Number((flops / (best * 1e6)).toPrecision(3));
}

/** a b b b b of matrices [size, size], summed up so that the result need not come back. */
function productGraph(size: number): Graph {
  const builder = new GraphBuilder('product');
  const square = { shape: [size, size], dtype: 'float32' } as const;
  const inputs = [builder.input('a', square), builder.input('b', square)];
  let [product, factor] = inputs as [Value, Value];
  for (let i = 0; i < products; i++)
    [product] = builder.add('BatchMatMul', [product, factor], { transposeA: false, transposeB: false }, [square]) as [
      Value,
    ];
  const attributes = { axis: [0, 1], keepDims: false };
  const [sum] = builder.add('Sum', [product], attributes, [{ shape: [], dtype: 'float32' }]);
  builder.output('sum', sum!);
  return builder.build();
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e6);
}
