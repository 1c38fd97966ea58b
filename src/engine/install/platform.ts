// Whether a library's wheels are of use on this machine, and which wheels those are.
import { GptError } from '../../errors.js';
import type { LibraryDescription, Machine } from './description.js';
import type { Pin, Pins, Variant } from './pins.js';

export function thisMachine(): Machine {
  const { platform, arch } = process;
  return { platform, arch, glibc: platform === 'linux' ? glibcVersion() : undefined };
}

const instead = '--backend onnx works here';

/** @throws GptError `setup/platform` */
export function choosePin(library: LibraryDescription, pins: Pins, variant: Variant, machine: Machine): Pin {
  demandPlatform(library, machine);
  const pin = pins[variant][`${machine.platform}-${machine.arch}`];
  if (pin) return pin;
  const where = `${machine.platform} ${machine.arch}`;
  if (variant === 'gpu' && pins.cpu[`${machine.platform}-${machine.arch}`])
    throw new GptError('setup/platform', `${library.title} has no CUDA wheel for ${where}`, {
      hint: 'without --gpu it computes on the CPU; --backend onnx --device webgpu uses the card',
    });
  throw new GptError('setup/platform', `${library.title} has no wheel for ${where}`, { hint: instead });
}

/** @throws GptError `setup/platform` where the library cannot be loaded, wherever it comes from */
export function demandPlatform(library: LibraryDescription, machine: Machine): void {
  const { platform, arch, glibc } = machine;
  const refusal = library.refuses?.(machine);
  if (refusal) throw new GptError('setup/platform', refusal, { hint: instead });
  if (platform !== 'linux') return;
  if (glibc === undefined)
    throw new GptError('setup/platform', `${library.title} needs glibc, and this system's C library is another`, {
      hint: `${instead} if onnxruntime loads, else --backend eager`,
    });
  const oldest = library.glibc[arch];
  if (oldest !== undefined && isOlder(glibc, oldest))
    throw new GptError('setup/platform', `${library.title} needs glibc ${oldest} or newer, this is ${glibc}`, {
      hint: instead,
    });
}

function isOlder(version: string, oldest: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = oldest.split('.').map(Number);
  return major < leastMajor || (major === leastMajor && minor < leastMinor);
}

function glibcVersion(): string | undefined {
  const report = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  return report.header.glibcVersionRuntime;
}
