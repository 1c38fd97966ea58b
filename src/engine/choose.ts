// The one place where an engine is chosen.
import type { ClusterSpec } from '../cluster/types.js';
import { GptError } from '../errors.js';
import { createEagerEngine } from './eager/engine.js';
import { probe } from './onnx/devices.js';
import { createOnnxEngine } from './onnx/engine.js';
import { createOpenvinoEngine } from './openvino/engine.js';
import { choosePrecision } from './openvino/precision.js';
import { createTensorflowEngine } from './tensorflow/engine.js';
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
 * @throws GptError `cluster/...`, `engine/threads`, `engine/backend`, `engine/device`, `engine/precision`, `onnx/missing`, `openvino/missing`, `eager/device`, with the command
 * that would help as hint
 */
export async function openEngine(choice: EngineChoice): Promise<Engine> {
  const { device, threads, profile, onGraph, cluster } = choice;
  const backend = cluster ? withCluster(choice.backend, cluster) : choice.backend;
  const count = resolveThreads(threads);
  const on = device === 'auto' ? 'cpu' : device;
  if (backend !== 'tensorflow' && backend !== 'openvino') demandSinglePrecision(backend, choice.precision);
  switch (backend) {
    case 'auto':
    case 'onnx':
      await demandDevice(on);
      return createOnnxEngine({ device: on, threads: count, ...(profile && { profile }), ...(onGraph && { onGraph }) });
    case 'eager':
      return createEagerEngine({ device });
    case 'openvino': {
      if (on !== 'cpu') throw noDevice(on);
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

function withCluster(backend: EngineChoice['backend'], { spec }: ClusterChoice): 'tensorflow' {
  if (backend === 'auto' || backend === 'tensorflow') return 'tensorflow';
  throw new GptError(
    'cluster/backend',
    `backend ${backend} trains alone, but TF_CONFIG names ${spec.addresses.length} workers`,
    { hint: '--backend tensorflow, or unset TF_CONFIG' },
  );
}

async function demandDevice(device: Device): Promise<void> {
  if (device === 'cpu') return;
  const { available, reason, fix } = await probe(device);
  if (available) return;
  throw new GptError('engine/device', `device ${device} is not available: ${reason}`, {
    hint: `${fix ?? 'see gpt-cli doctor'}; or --device cpu`,
  });
}

function noDevice(device: Device): GptError {
  return new GptError('engine/device', `the openvino engine computes on the cpu only, not on ${device}`, {
    hint: '--device cpu, or --backend onnx',
  });
}

/** onnxruntime has no bfloat16 products on the CPU, tfjs none at all. */
function demandSinglePrecision(backend: string, precision: Precision | 'auto' = 'auto'): void {
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
