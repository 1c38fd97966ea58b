// A model's parameters as constants of an ONNX graph, each in the graph once, in the number format of the file.
import { fromFloat32 } from '../../checkpoint/safetensors/dtype.js';
import type { Name, OnnxWriter } from '../../engine/onnx/writer.js';
import { GptError } from '../../errors.js';
import type { ParameterSpec } from '../../model/config.js';
import { type Bits, quantizeRows } from './blocks.js';

/** f32, f16: all numbers. q8, q4: matrices in so many bits, vectors and what is not a matrix product in float32. */
export const onnxDtypes = ['f32', 'f16', 'q8', 'q4'] as const;
export type OnnxDtype = (typeof onnxDtypes)[number];

export interface Parameter {
  readonly spec: ParameterSpec;
  /** Row-major. */
  readonly values: Float32Array;
}

export type Parameters = ReadonlyMap<string, Parameter>;

/** A matrix [rows, columns] in blocks. */
export interface QuantizedMatrix {
  readonly data: Name;
  readonly scales: Name;
  readonly bits: Bits;
  readonly rows: number;
  readonly columns: number;
  readonly blocks: number;
}

export class Weights {
  /** What the graph computes with. */
  readonly type: 'float32' | 'float16';
  private readonly written = new Map<string, Name>();
  private readonly quantized = new Map<string, QuantizedMatrix>();

  constructor(
    private readonly onnx: OnnxWriter,
    private readonly parameters: Parameters,
    private readonly dtype: OnnxDtype,
  ) {
    this.type = dtype === 'f16' ? 'float16' : 'float32';
  }

  has(name: string): boolean {
    return this.parameters.has(name);
  }

  spec(name: string): ParameterSpec {
    return this.parameter(name).spec;
  }

  /** A parameter as it is. */
  plain(name: string): Name {
    const { spec, values } = this.parameter(name);
    return this.once(name, () => this.constant(values, spec.shape, name));
  }

  /** A matrix as [inputs, outputs]. */
  inputsFirst(name: string): Name {
    const { spec, values } = this.parameter(name);
    if (spec.outputAxis !== 0) return this.plain(name);
    const [outputs, inputs] = spec.shape as [number, number];
    return this.once(name, () => this.constant(transposed(values, outputs, inputs), [inputs, outputs], name));
  }

  /**
   * A matrix in blocks, as [outputs, inputs] or, what has a row for each token, as [tokens, width]; undefined where the format or
   * the parameter's role does not ask for it. What has a row for each token keeps 8 bits: it is the output projection, too.
   */
  inBlocks(name: string): QuantizedMatrix | undefined {
    const { spec, values } = this.parameter(name);
    const product = spec.role === 'matrix' || spec.perToken;
    if (!product || this.dtype === 'f32' || this.dtype === 'f16') return undefined;
    const known = this.quantized.get(name);
    if (known) return known;
    const bits = this.dtype === 'q4' && !spec.perToken ? 4 : 8;
    const asStored = spec.perToken || spec.outputAxis === 0;
    const [first, second] = spec.shape as [number, number];
    const [rows, columns] = asStored ? [first, second] : [second, first];
    const rowMajor = asStored ? values : transposed(values, first, second);
    const { data, scales, blocks } = quantizeRows(rowMajor, rows, columns, bits);
    const bytes = data.length / (rows * blocks);
    const matrix: QuantizedMatrix = {
      data: this.onnx.constant(data, 'uint8', [rows, blocks, bytes], `${name}.quantized`),
      scales: this.onnx.constant(fromFloat32(scales, 'F32'), 'float32', [rows, blocks], `${name}.scales`),
      ...{ bits, rows, columns, blocks },
    };
    this.quantized.set(name, matrix);
    return matrix;
  }

  /** Numbers that are no parameter. */
  constant(values: Float32Array, shape: readonly number[], name?: string): Name {
    return this.onnx.constant(fromFloat32(values, this.type === 'float16' ? 'F16' : 'F32'), this.type, shape, name);
  }

  private parameter(name: string): Parameter {
    const found = this.parameters.get(name);
    if (!found) throw new Error(`the model has no parameter "${name}"`);
    return found;
  }

  private once(name: string, write: () => Name): Name {
    const found = this.written.get(name) ?? write();
    this.written.set(name, found);
    return found;
  }
}

/** [rows, columns] to [columns, rows]. */
function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) out[column * rows + row] = values[row * columns + column]!;
  return out;
}

/** The largest float16. */
const mostHalf = 65504;

/** @throws GptError `export/numbers` for NaN, infinity, and in float16 what is beyond its range */
export function requireNumbers(name: string, values: Float32Array, halves: boolean): void {
  const most = halves ? mostHalf : Number.MAX_VALUE;
  const stranger = values.find((value) => !(Math.abs(value) <= most));
  if (stranger === undefined) return;
  const hint = Number.isFinite(stranger) ? 'choose another --dtype' : 'its training diverged; try another checkpoint';
  throw new GptError('export/numbers', `"${name}" holds ${stranger}, which the file cannot keep`, { hint });
}
