// Which tfjs backend the eager engine runs on: our own CPU one, or TensorFlow's where a person has tfjs-node-gpu.
import { GptError } from '../../errors.js';
import * as tf from '../../tf.js';
import { ensureTraceBackend } from '../../trace/index.js';
import type { Device } from '../types.js';

const packageName = '@tensorflow/tfjs-node-gpu';

/** Makes the device's tfjs backend the active one; to be called before each run, since others switch it too. */
export type Activate = () => void;

/**
 * @throws GptError `eager/device` for a device that tfjs has no backend for here, or whose package is missing
 */
export async function openBackend(device: Device): Promise<Activate> {
  if (device === 'cpu') return ensureTraceBackend;
  if (device !== 'cuda')
    throw new GptError('eager/device', `the eager engine has no device ${device}`, {
      hint: '--device cpu, or --backend onnx',
    });
  try {
    await import(packageName);
  } catch (cause) {
    throw new GptError('eager/device', `device cuda of the eager engine needs ${packageName}, which cannot be loaded`, {
      hint: `npm install ${packageName}`,
      cause,
    });
  }
  return () => activate('tensorflow');
}

function activate(name: string): void {
  if (tf.engine().backendName === name) return;
  tf.setBackend(name).catch(() => undefined);
  if (tf.engine().backendName !== name) throw new GptError('eager/device', `tfjs has no working backend ${name}`);
}
