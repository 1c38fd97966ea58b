// Loads onnxruntime-node when it is first needed: its binary is large, and on some platforms there is none.
import type * as Runtime from 'onnxruntime-node';
import { GptError } from '../../errors.js';

export type Ort = typeof Runtime;

let loading: Promise<Ort> | undefined;

/**
 * onnxruntime, its logging silenced: what goes wrong is thrown.
 * @throws GptError `onnx/missing` when the package or its binary for this platform is not there
 */
export function loadRuntime(): Promise<Ort> {
  loading ??= load().catch((cause: unknown) => {
    loading = undefined;
    throw missing(cause);
  });
  return loading;
}

async function load(): Promise<Ort> {
  // As CommonJS the package has its names itself, as ESM in `default`.
  const module = (await import('onnxruntime-node')) as unknown as Ort & { default?: Ort };
  const ort = module.default ?? module;
  ort.env.logLevel = 'fatal';
  return ort;
}

function missing(cause: unknown): GptError {
  const platform = `${process.platform} ${process.arch}`;
  const [reason] = String((cause as Error)?.message ?? cause).split('\n');
  const code = (cause as NodeJS.ErrnoException)?.code;
  const absent = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
  const noBinary = absent && /onnxruntime_binding/.test(reason!);
  return new GptError('onnx/missing', `onnxruntime-node cannot be loaded on ${platform}: ${reason}`, {
    hint: noBinary
      ? 'it has binaries for Linux x64 and arm64, macOS arm64, Windows x64 and arm64; use --backend eager here'
      : 'npm install --ignore-scripts onnxruntime-node@1.30.0, or use --backend eager',
    cause,
  });
}
