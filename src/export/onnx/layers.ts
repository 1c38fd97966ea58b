// Layers as ONNX operators of opset 20, for any batch and length. What is quantized is multiplied by onnxruntime's MatMulNBits.
// Shapes: B batch, T tokens of this pass, P positions that are kept, C channels, H heads, K heads of keys and values, D head width.
import { microsoft, type Name, type OnnxWriter } from '../../engine/onnx/writer.js';
import type { AttentionParts, OnnxActivation, OnnxLayers } from '../../model/onnx-format.js';
import { Attention, type AttentionInputs } from './attention.js';
import { blockSize } from './blocks.js';
import type { QuantizedMatrix, Weights } from './weights.js';

const activations: Readonly<Record<OnnxActivation, (onnx: OnnxWriter, x: Name) => Name>> = {
  'tanh-gelu': (onnx, x) => onnx.op('Gelu', [x], { approximate: 'tanh' }),
  gelu: (onnx, x) => onnx.op('Gelu', [x], { approximate: 'none' }),
  relu: (onnx, x) => onnx.op('Relu', [x]),
  silu: (onnx, x) => onnx.op('Mul', [x, onnx.op('Sigmoid', [x])]),
};

export class Layers implements OnnxLayers {
  private readonly attentions: Attention;

  constructor(
    private readonly onnx: OnnxWriter,
    private readonly weights: Weights,
    inputs: AttentionInputs,
  ) {
    this.attentions = new Attention(onnx, weights, inputs);
  }

  rows(table: string, indices: Name): Name {
    const matrix = this.weights.inBlocks(table);
    if (!matrix) return this.onnx.op('Gather', [this.weights.plain(table), indices], { axis: 0 });
    const { data, scales, columns, blocks } = matrix;
    const steps = this.onnx.cast(this.onnx.op('Gather', [data, indices], { axis: 0 }), 'float32'); // [B, T, blocks, 32]
    const around = this.onnx.op('Sub', [steps, this.onnx.scalar(128)]);
    const scale = this.onnx.op('Unsqueeze', [
      this.onnx.op('Gather', [scales, indices], { axis: 0 }),
      this.onnx.int64s([-1]),
    ]);
    const whole = this.reshape(this.onnx.op('Mul', [around, scale]), [0, 0, blocks * blockSize]);
    if (columns === blocks * blockSize) return whole;
    return this.onnx.op('Slice', [whole, ...[0, columns, 2].map((value) => this.onnx.int64s([value]))]);
  }

  linear(prefix: string, x: Name): Name {
    const weight = `${prefix}.weight`;
    const matrix = this.weights.inBlocks(weight);
    const product = matrix
      ? this.timesBlocks(x, matrix)
      : this.onnx.op('MatMul', [x, this.weights.inputsFirst(weight)]);
    const bias = `${prefix}.bias`;
    return this.weights.has(bias) ? this.add(product, this.weights.plain(bias)) : product;
  }

  /** x [N, C] times the transpose of a table [V, C], which `rows` may read, too. -> [N, V] */
  timesTable(table: string, x: Name): Name {
    const matrix = this.weights.inBlocks(table);
    return matrix
      ? this.timesBlocks(x, matrix)
      : this.onnx.op('Gemm', [x, this.weights.plain(table)], { transA: 0, transB: 1 });
  }

  layerNorm(prefix: string, x: Name, epsilon: number): Name {
    const bias = `${prefix}.bias`;
    const inputs = [x, this.weights.plain(`${prefix}.weight`)];
    if (this.weights.has(bias)) inputs.push(this.weights.plain(bias));
    return this.onnx.op('LayerNormalization', inputs, { axis: -1, epsilon: { float: epsilon } });
  }

  /** In float32, whatever the format: squares of float16 overflow. */
  rmsNorm(prefix: string, x: Name, epsilon: number): Name {
    const { onnx } = this;
    const wide = this.weights.type === 'float16' ? onnx.cast(x, 'float32') : x;
    const square = onnx.op('Pow', [wide, onnx.scalar(2)]);
    const mean = onnx.op('ReduceMean', [square, onnx.int64s([-1])], { keepdims: 1 });
    const root = onnx.op('Sqrt', [onnx.op('Add', [mean, onnx.scalar(epsilon)])]);
    const unit = onnx.op('Div', [wide, root]);
    const narrow = this.weights.type === 'float16' ? onnx.cast(unit, 'float16') : unit;
    return onnx.op('Mul', [narrow, this.weights.plain(`${prefix}.weight`)]);
  }

  headNorm(prefix: string, x: Name, heads: number, epsilon: number): Name {
    const [width] = this.weights.spec(`${prefix}.weight`).shape as [number];
    return this.reshape(this.rmsNorm(prefix, this.reshape(x, [0, 0, heads, width]), epsilon), [0, 0, heads * width]);
  }

  attention(block: number, parts: AttentionParts): Name {
    return this.attentions.write(block, parts);
  }

  activation(name: OnnxActivation, x: Name): Name {
    return activations[name](this.onnx, x);
  }

  split(x: Name, sizes: readonly number[]): Name[] {
    return this.onnx.ops('Split', [x, this.onnx.int64s(sizes)], sizes.length, { axis: -1 });
  }

  add(a: Name, b: Name): Name {
    return this.onnx.op('Add', [a, b]);
  }

  multiply(a: Name, b: Name): Name {
    return this.onnx.op('Mul', [a, b]);
  }

  /** 0 keeps a size, -1 is what remains. */
  reshape(x: Name, shape: readonly number[]): Name {
    return this.onnx.op('Reshape', [x, this.onnx.int64s(shape)]);
  }

  /** x [..., columns] times the transpose of a matrix [rows, columns]. */
  private timesBlocks(x: Name, { data, scales, bits, rows, columns }: QuantizedMatrix): Name {
    const sizes = { K: columns, N: rows, bits, block_size: blockSize };
    return this.onnx.op('MatMulNBits', [x, data, scales], sizes, microsoft);
  }
}
