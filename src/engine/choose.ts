// The one place where an engine is chosen.
import { GptError } from '../errors.js';
import { createEagerEngine } from './eager/engine.js';
import { probe } from './onnx/devices.js';
import { createOnnxEngine } from './onnx/engine.js';
import { resolveThreads } from './threads.js';
import type { Device, Engine, EngineName, GraphListener } from './types.js';

export interface EngineChoice {
  readonly backend: EngineName | 'auto';
  readonly device: Device | 'auto';
  /** Default: the physical cores. */
  readonly threads?: number | undefined;
  /** Beginning of the names of onnxruntime's own profiles. */
  readonly profile?: string | undefined;
  /** Told of every graph that is compiled; never called by eager, which compiles none. */
  readonly onGraph?: GraphListener | undefined;
}

/**
 * Opens an engine. `auto` is onnx on the CPU.
 * @throws GptError `engine/threads`, `engine/backend`, `engine/device`, `onnx/missing`, `eager/device`, with the command
 * that would help as hint
 */
export async function openEngine({ backend, device, threads, profile, onGraph }: EngineChoice): Promise<Engine> {
  const count = resolveThreads(threads);
  const on = device === 'auto' ? 'cpu' : device;
  switch (backend) {
    case 'auto':
    case 'onnx':
      await demandDevice(on);
      return createOnnxEngine({ device: on, threads: count, ...(profile && { profile }), ...(onGraph && { onGraph }) });
    case 'eager':
      return createEagerEngine({ device });
    case 'tensorflow':
      throw new GptError('engine/backend', 'backend tensorflow is not part of this version', {
        hint: 'use --backend onnx',
      });
    default:
      throw unknownBackend(backend);
  }
}

async function demandDevice(device: Device): Promise<void> {
  if (device === 'cpu') return;
  const { available, reason, fix } = await probe(device);
  if (available) return;
  throw new GptError('engine/device', `device ${device} is not available: ${reason}`, {
    hint: `${fix ?? 'see gpt-cli doctor'}; or --device cpu`,
  });
}

function unknownBackend(backend: never): GptError {
  return new GptError('engine/backend', `unknown backend ${JSON.stringify(backend)}`, {
    hint: 'one of auto, onnx, tensorflow, eager',
  });
}
