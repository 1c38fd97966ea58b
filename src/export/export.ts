// A checkpoint in the format that a person asked for.
import { openCheckpoint } from '../checkpoint/index.js';
import { exportGguf, type Exported as GgufExported } from '../gguf/export.js';
import type { Writable } from '../gguf/quantize.js';
import type { Scheme } from '../quantization/index.js';
import { dtypesOf, type FormatName } from './formats.js';
import { exportHf } from './hf/export.js';
import { exportHtml } from './html/export.js';
import { exportOnnx } from './onnx/export.js';
import type { ExportOptions } from './source.js';

export interface ExportRequest extends ExportOptions {
  readonly format: FormatName;
  /** As typed; see `dtypesOf`. */
  readonly dtype?: string | undefined;
}

export interface Exported extends Partial<Pick<GgufExported, 'tensors' | 'formats'>> {
  /** Of all files with weights. */
  readonly bytes: number;
  /** Bytes of each, in a folder. */
  readonly files?: Readonly<Record<string, number>>;
  /** To what the weights were rounded before adapters were trained on them, and merged. */
  readonly rounded?: Scheme;
}

/** @throws GptError `export/...`, with the reason; nothing is written then */
export async function exportAs(path: string, request: ExportRequest): Promise<Exported> {
  const { rounded, close } = await openCheckpoint(path);
  await close();
  return { ...(await written(path, request)), ...(rounded && { rounded }) };
}

async function written(path: string, { format, dtype, ...options }: ExportRequest): Promise<Exported> {
  switch (format) {
    case 'gguf': {
      const [type] = dtypesOf(format, dtype);
      return exportGguf(path, { ...options, type: type!.toUpperCase() as Writable });
    }
    case 'onnx':
      return summed(await exportOnnx(path, { ...options, dtypes: dtypesOf(format, dtype) }));
    case 'html': {
      const [only] = dtypesOf(format, dtype);
      return exportHtml(path, { ...options, dtype: only! });
    }
    case 'hf': {
      const [only] = dtypesOf(format, dtype);
      return summed(await exportHf(path, { ...options, dtype: only!.toUpperCase() as 'F16' | 'BF16' | 'F32' }));
    }
    default:
      return format satisfies never;
  }
}

function summed({ files }: { readonly files: Readonly<Record<string, number>> }): Exported {
  return { files, bytes: Object.values(files).reduce((sum, bytes) => sum + bytes, 0) };
}
