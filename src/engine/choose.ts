// The one place where an engine is chosen.
import type { ClusterSpec } from '../cluster/types.js';
import { GptError } from '../errors.js';
import { openBackend } from './eager/backend.js';
import { createEagerEngine } from './eager/engine.js';
import { probe } from './onnx/devices.js';
import { createOnnxEngine } from './onnx/engine.js';
import { createOpenvinoEngine } from './openvino/engine.js';
import { requireOpenvino } from './openvino/locate.js';
import { choosePrecision } from './openvino/precision.js';
import { createTensorflowEngine } from './tensorflow/engine.js';
import { requireTensorflow } from './tensorflow/locate.js';
import { resolveThreads } from './threads.js';
import type { Device, Engine, EngineName, GraphListener, Jit, Precision } from './types.js';

/** Other workers to train with. */
export interface ClusterChoice {
  readonly spec: ClusterSpec;
  /** Seconds to wait for them. */
  readonly seconds: number;
  /** Told now and then who has yet to come. */
  readonly waiting: (missing: string) => void;
  /** Aborted: nobody is waited for any more. */
  readonly signal?: AbortSignal | undefined;
}

export interface EngineChoice {
  readonly backend: EngineName | 'auto';
  readonly device: Device | 'auto';
  /** Default: the physical cores. */
  readonly threads?: number | undefined;
  /** Beginning of the names of profiles: onnxruntime's own, or the times of OpenVINO's nodes. */
  readonly profile?: string | undefined;
  /** Told of every graph that is compiled; never called by eager, which compiles none. */
  readonly onGraph?: GraphListener | undefined;
  /** For tensorflow: how steps are run. */
  readonly jit?: Jit | undefined;
  /** Default auto: bf16 with openvino where the processor has AMX for it, else f32. */
  readonly precision?: Precision | 'auto' | undefined;
  /** Lets native libraries write their logs. */
  readonly verbose?: boolean | undefined;
  /** Only tensorflow has it; `auto` is then tensorflow. */
  readonly cluster?: ClusterChoice | undefined;
}

/**
 * Opens an engine. `auto` is onnx on the CPU; with other workers it is tensorflow. Training runs choose before (run/choose-engine).
 * @throws GptError as `requireEngine`; `onnx/missing`, `openvino/load`, `tensorflow/load`
 */
export async function openEngine(choice: EngineChoice): Promise<Engine> {
  const { device, profile, onGraph, cluster } = choice;
  await requireEngine(choice);
  const count = resolveThreads(choice.threads);
  const on = device === 'auto' ? 'cpu' : device;
  const backend = backendOf(choice);
  switch (backend) {
    case 'onnx':
      return createOnnxEngine({ device: on, threads: count, ...(profile && { profile }), ...(onGraph && { onGraph }) });
    case 'eager':
      return createEagerEngine({ device });
    case 'openvino': {
      const precision = choosePrecision(choice.precision ?? 'auto');
      return createOpenvinoEngine({
        threads: count,
        precision,
        ...(profile && { profile }),
        ...(onGraph && { onGraph }),
      });
    }
    case 'tensorflow': {
      const { jit = 'auto', verbose = false } = choice;
      const precision: Precision = choice.precision === 'bf16' ? 'bf16' : 'f32';
      const machine = { device: on, threads: count, jit, precision, verbose, cluster };
      return createTensorflowEngine({ ...machine, ...(onGraph && { onGraph }) });
    }
    default:
      throw unknownBackend(backend);
  }
}

/**
 * Whether an engine has what it needs here: its library, the device, the number format. Loads no library but onnxruntime, for a
 * device other than the CPU. For commands that have long work to do before they open the engine.
 * @throws GptError `cluster/backend`, `engine/threads`, `engine/backend`, `engine/device`, `engine/precision`, `eager/device`,
 * `openvino/missing`, `openvino/folder`, `tensorflow/missing`, `tensorflow/folder`, with the command that would help as hint
 */
export async function requireEngine(choice: EngineChoice): Promise<void> {
  const { device, precision } = choice;
  resolveThreads(choice.threads);
  const backend = backendOf(choice);
  switch (backend) {
    case 'onnx':
      requireSinglePrecision(choice);
      return requireDevice(device === 'auto' ? 'cpu' : device);
    case 'eager':
      requireSinglePrecision(choice);
      openBackend(device);
      return;
    case 'openvino':
      if (device !== 'auto' && device !== 'cpu') throw noDevice(backend, device, '--device cpu');
      choosePrecision(precision ?? 'auto');
      requireOpenvino();
      return;
    case 'tensorflow':
      if (device !== 'auto' && device !== 'cpu' && device !== 'cuda')
        throw noDevice(backend, device, '--device cpu or cuda');
      requireTensorflow();
      return;
    default:
      throw unknownBackend(backend);
  }
}

function backendOf({ backend, cluster }: EngineChoice): EngineName {
  if (cluster) return withCluster(backend, cluster);
  return backend === 'auto' ? 'onnx' : backend;
}

function withCluster(backend: EngineChoice['backend'], { spec }: ClusterChoice): 'tensorflow' {
  if (backend === 'auto' || backend === 'tensorflow') return 'tensorflow';
  throw new GptError(
    'cluster/backend',
    `backend ${backend} trains alone, but TF_CONFIG names ${spec.addresses.length} workers`,
    { hint: '--backend tensorflow, or unset TF_CONFIG' },
  );
}

async function requireDevice(device: Device): Promise<void> {
  if (device === 'cpu') return;
  const { available, reason, fix } = await probe(device);
  if (available) return;
  throw new GptError('engine/device', `device ${device} is not available: ${reason}`, {
    hint: `${fix ?? 'see gpt-cli doctor'}; or --device cpu`,
  });
}

function noDevice(backend: EngineName, device: Device, instead: string): GptError {
  return new GptError('engine/device', `the ${backend} engine has no device ${device}`, {
    hint: `${instead}, or --backend onnx`,
  });
}

/** onnxruntime has no bfloat16 products on the CPU, tfjs none at all. */
function requireSinglePrecision({ backend, precision }: EngineChoice): void {
  if (precision !== 'bf16') return;
  const name = backend === 'auto' ? 'onnx' : backend;
  throw new GptError('engine/precision', `the ${name} engine computes in f32, not in ${precision}`, {
    hint: '--backend openvino or tensorflow, or --precision f32',
  });
}

function unknownBackend(backend: never): GptError {
  return new GptError('engine/backend', `unknown backend ${JSON.stringify(backend)}`, {
    hint: 'one of auto, onnx, openvino, tensorflow, eager',
  });
}
