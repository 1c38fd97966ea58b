// What onnxruntime can compute on here: the providers in its package, and whether a small graph runs on each.
import type { Device } from '../types.js';
import { loadRuntime } from './runtime.js';
import { GraphSession } from './session.js';
import { findDrivers } from './webgpu/adapter.js';
import { tinyGraph } from './webgpu/hold.js';

export interface DeviceState {
  readonly name: Device;
  readonly available: boolean;
  /** What it is made of, where that is known. */
  readonly detail?: string;
  /** Why it is not available. */
  readonly reason?: string;
  /** The command, or the deed, that would change that. */
  readonly fix?: string;
}

const names: readonly Device[] = ['cpu', 'webgpu', 'cuda', 'dml'];

/** All devices that onnxruntime knows on this platform. */
export async function findDevices(): Promise<DeviceState[]> {
  const states: DeviceState[] = [];
  for (const name of names) states.push(await probe(name));
  return states;
}

/** Whether a device works, found by computing on it. */
export async function probe(name: Device): Promise<DeviceState> {
  const ort = await loadRuntime();
  const listed = ort.listSupportedBackends().some((backend) => backend.name === name);
  if (!listed) return absent(name, `onnxruntime-node has no ${name} on ${process.platform} ${process.arch}`);
  const { missing, drivers } = name === 'webgpu' ? findDrivers() : {};
  if (missing) return absent(name, missing);
  try {
    const session = await GraphSession.open(tinyGraph(), { device: name, threads: 1 });
    await session.run({ x: Float32Array.of(1, 2) });
    await session.release();
    return { name, available: true, ...(drivers ? { detail: drivers } : {}) };
  } catch (error) {
    const reason = shortened(String((error as Error).message));
    return absent(name, drivers ? `${reason} (${drivers})` : reason);
  }
}

function absent(name: Device, reason: string): DeviceState {
  const fix = fixes[name];
  return { name, available: false, reason, ...(fix ? { fix } : {}) };
}

const fixes: Readonly<Partial<Record<Device, string>>> = {
  webgpu:
    process.platform === 'linux'
      ? 'install a Vulkan loader and the driver of the card (Debian, Ubuntu: apt install libvulkan1 mesa-vulkan-drivers, or the NVIDIA driver); docs/gpu.md'
      : 'install the graphics driver of the card',
  cuda:
    process.platform === 'linux'
      ? 'npm install --foreground-scripts --ignore-scripts=false --onnxruntime-node-install=cuda12 onnxruntime-node'
      : '--device webgpu uses the card here',
  dml: '--device webgpu uses the card here',
};

/** onnxruntime begins its messages with the file and function that threw. */
function shortened(message: string): string {
  const [line] = message.split('\n');
  return line!.replace(/^\/?\S*onnxruntime\S*:\d+ .*? was false\. /, '').slice(0, 300);
}
