// Which tfjs backend the eager engine runs on: our own CPU one, or TensorFlow's where a person has tfjs-node(-gpu).
import { GptError } from '../../errors.js';
import * as tf from '../../tf.js';
import { ensureTraceBackend, restoringBackend } from '../../trace/index.js';
import type { Device } from '../types.js';
import { findNative, loadNative } from './native.js';

export interface Backend {
  readonly device: Device;
  /** Runs `f` with the device's tfjs backend active, then restores the one of before. */
  readonly on: <T>(f: () => T) => T;
}

/**
 * `auto` is tfjs-node-gpu or tfjs-node where one is installed with its binary, else the plain CPU backend. `cpu` is always
 * the plain one, the oracle.
 * @throws GptError `eager/device` for a device that tfjs has no backend for here, or whose package is missing
 */
export function openBackend(device: Device | 'auto'): Backend {
  if (device === 'cpu') return { device, on: running(ensureTraceBackend) };
  if (device !== 'cuda' && device !== 'auto')
    throw new GptError('eager/device', `the eager engine has no device ${device}`, {
      hint: '--device cpu, or --backend onnx',
    });
  const native = findNative();
  if (!native) {
    if (device === 'auto') return { device: 'cpu', on: running(ensureTraceBackend) };
    const name = '@tensorflow/tfjs-node-gpu';
    throw new GptError('eager/device', `device cuda of the eager engine needs ${name}, which is not installed`, {
      hint: `npm install ${name}`,
    });
  }
  const { gpu } = loadNative(native);
  if (device === 'cuda' && !gpu)
    throw new GptError('eager/device', `${native.name} ${native.version} finds no GPU`, {
      hint: '--device auto runs it on the CPU',
    });
  return { device: gpu ? 'cuda' : 'cpu', on: running(() => activate('tensorflow')) };
}

function running(activate: () => void): Backend['on'] {
  return (f) =>
    restoringBackend(() => {
      activate();
      return f();
    });
}

function activate(name: string): void {
  if (tf.engine().backendName === name) return;
  tf.setBackend(name).catch(() => undefined);
  if (tf.engine().backendName !== name) throw new GptError('eager/device', `tfjs has no working backend ${name}`);
}
