// A checkpoint as a Hugging Face folder in another number format, in one file, with adapters merged.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { requireReplaceable } from '../../checkpoint/replaceable.js';
import type { ReadableDType } from '../../checkpoint/safetensors/index.js';
import { saveCheckpoint } from '../../checkpoint/save.js';
import { requireNumbers } from '../onnx/weights.js';
import { type ExportOptions, requireRunning, type Written, withSource } from '../source.js';

export interface HfOptions extends ExportOptions {
  readonly dtype: ReadableDType;
}

/**
 * Writes the folder whole, or leaves what was there.
 * @param path a run folder, a checkpoint folder or a Hugging Face folder
 * @throws GptError `export/...` for what cannot be exported, with the reason
 */
export async function exportHf(path: string, options: HfOptions): Promise<Written> {
  const { out, dtype, signal } = options;
  await requireReplaceable('export', options);
  return withSource(path, async ({ checkpoint, files }) => {
    await requireReplaceable('export', options, checkpoint.directory);
    const read = async (_: string, name: string) => {
      requireRunning(out, signal);
      const values = await checkpoint.read(name);
      requireNumbers(name, values, dtype === 'F16');
      return values;
    };
    const { torch_dtype: _, dtype: __, ...configKeys } = files.configKeys ?? {};
    await saveCheckpoint(out, {
      ...files,
      configKeys,
      dtype,
      state: { specs: checkpoint.specs, training: false, read },
    });
    const name = 'model.safetensors';
    return { files: { [name]: (await stat(join(out, name))).size } };
  });
}
