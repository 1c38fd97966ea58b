import type { OnnxDtype } from '../onnx/weights.js';
import type { ExportOptions } from '../source.js';
export async function exportHtml(
  _path: string,
  _options: ExportOptions & { dtype: OnnxDtype },
): Promise<{ bytes: number }> {
  throw new Error('not yet');
}
