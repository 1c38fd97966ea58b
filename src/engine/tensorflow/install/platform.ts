// Whether TensorFlow's wheels hold a library for this machine, and which wheels those are.
import { GptError } from '../../../errors.js';
import type { Pin, Pins, Variant } from './pins.js';

export interface Machine {
  readonly platform: string;
  readonly arch: string;
  /** Of glibc; undefined with another C library (Alpine's musl). Only looked at on Linux. */
  readonly glibc: string | undefined;
}

export function thisMachine(): Machine {
  const { platform, arch } = process;
  return { platform, arch, glibc: platform === 'linux' ? glibcVersion() : undefined };
}

const instead = '--backend onnx works here';

/** @throws GptError `setup/platform` */
export function choosePin(pins: Pins, variant: Variant, machine: Machine): Pin {
  demandPlatform(machine);
  const pin = pins[variant][`${machine.platform}-${machine.arch}`];
  if (pin) return pin;
  const where = `${machine.platform} ${machine.arch}`;
  if (variant === 'gpu' && pins.cpu[`${machine.platform}-${machine.arch}`])
    throw new GptError('setup/platform', `TensorFlow has no CUDA wheel for ${where}`, {
      hint: 'without --gpu it computes on the CPU; --backend onnx --device webgpu uses the card',
    });
  throw new GptError('setup/platform', `TensorFlow has no wheel for ${where}`, { hint: instead });
}

/** @throws GptError `setup/platform` where no library of TensorFlow can be loaded, wherever it comes from */
export function demandPlatform({ platform, glibc }: Machine): void {
  if (platform === 'win32')
    throw new GptError(
      'setup/platform',
      'on Windows TensorFlow is one library with its Python module (it needs python311.dll), which Node cannot load',
      { hint: `${instead}; or use TensorFlow in WSL` },
    );
  if (platform !== 'linux') return;
  if (glibc === undefined)
    throw new GptError('setup/platform', "TensorFlow needs glibc, and this system's C library is another", {
      hint: `${instead} if onnxruntime loads, else --backend eager`,
    });
  const [major = 0, minor = 0] = glibc.split('.').map(Number);
  if (major < 2 || (major === 2 && minor < 27))
    throw new GptError('setup/platform', `TensorFlow needs glibc 2.27 or newer, this is ${glibc}`, { hint: instead });
}

function glibcVersion(): string | undefined {
  const report = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  return report.header.glibcVersionRuntime;
}
