// Causal attention: batched matrix products that scale and transpose by themselves, one softmax. Queries, keys and
// values are split off once: onnxruntime merges the equal nodes of the forward and the backward pass.
import type { Node } from '../../../trace/graph.js';
import { type Lowering, number } from '../lowerings/lowering.js';
import { matrixProduct } from '../lowerings/products.js';
import { reshape } from '../lowerings/shapes.js';
import type { Name, OnnxWriter } from '../writer.js';

const masked = -1e9;

class Attention {
  readonly batch: number;
  readonly time: number;
  readonly heads: number;
  readonly width: number;
  readonly scale: number;
  readonly window: number;

  constructor(
    readonly onnx: OnnxWriter,
    node: Node,
    joint: number,
  ) {
    this.batch = number(node, 'batch');
    this.time = number(node, 'time');
    this.heads = number(node, 'heads');
    this.width = node.inputs[joint]!.shape[1]! / 3 / this.heads;
    this.window = node.attributes['window'] === undefined ? this.time : number(node, 'window');
    this.scale = (node.attributes['scale'] === undefined ? 1 : number(node, 'scale')) / Math.sqrt(this.width);
  }

  /** [B*T, P C] to P parts, each [B, H, T, D] */
  split(x: Name, parts: 1 | 3): Name[] {
    const { batch, time, heads, width } = this;
    const rows = reshape(this.onnx, x, [batch, time, parts, heads, width]);
    const turned = this.onnx.op('Transpose', [rows], { perm: [2, 0, 3, 1, 4] });
    const sizes = this.onnx.int64s(Array(parts).fill(1));
    const split = parts === 1 ? [turned] : this.onnx.ops('Split', [turned, sizes], parts, { axis: 0 });
    return split.map((part) => reshape(this.onnx, part, [batch, heads, time, width]));
  }

  /** [B, H, T, D] to [B*T, C] */
  merge(x: Name): Name {
    const { batch, time, heads, width } = this;
    const turned = this.onnx.op('Transpose', [x], { perm: [0, 2, 1, 3] });
    return reshape(this.onnx, turned, [batch * time, heads * width]);
  }

  product(a: Name, b: Name, options: { transA?: 1; transB?: 1; scaled?: boolean }): Name {
    const { transA = 0, transB = 0, scaled = false } = options;
    return matrixProduct(this.onnx, a, b, { transA, transB, alpha: scaled ? this.scale : 1, ranks: [4, 4] });
  }

  /** [T, T]: 0 for the positions that a query sees, a large negative number for the others. */
  causalMask(): Name {
    const { time, window } = this;
    const data = new Float32Array(time * time);
    for (let row = 0; row < time; row++) {
      data.fill(masked, row * time, row * time + Math.max(0, row - window + 1));
      data.fill(masked, row * time + row + 1, (row + 1) * time);
    }
    return this.onnx.sharedConstant(`causal mask ${time} ${window}`, data, [time, time]);
  }
}

/** qkv, keep? -> y, probs */
export const causalAttention: Lowering = (onnx, [qkv, keep], node) => {
  const attention = new Attention(onnx, node, 0);
  const [q, k, v] = attention.split(qkv!, 3) as [Name, Name, Name];
  const scores = onnx.op('Add', [attention.product(q, k, { transB: 1, scaled: true }), attention.causalMask()]);
  const probs = onnx.op('Softmax', [scores], { axis: -1 });
  const weights = keep === undefined ? probs : onnx.op('Mul', [probs, keep]);
  return [attention.merge(onnx.op('MatMul', [weights, v])), probs];
};

/** dy, qkv, probs, keep? -> dqkv */
export const causalAttentionGrad: Lowering = (onnx, [dy, qkv, probs, keep], node) => {
  const attention = new Attention(onnx, node, 1);
  const mul = (a: Name, b: Name) => onnx.op('Mul', [a, b]);
  const [q, k, v] = attention.split(qkv!, 3) as [Name, Name, Name];
  const d = attention.split(dy!, 1)[0]!;
  const weights = keep === undefined ? probs! : mul(probs!, keep);
  const dv = attention.product(weights, d, { transA: 1 });
  const dweights = attention.product(d, v, { transB: 1 });
  const dprobs = keep === undefined ? dweights : mul(dweights, keep);
  const along = onnx.op('ReduceSum', [mul(dprobs, probs!), onnx.int64s([-1])], { keepdims: 1 });
  const dscores = mul(probs!, onnx.op('Sub', [dprobs, along]));
  const dq = attention.product(dscores, k, { scaled: true });
  const dk = attention.product(dscores, q, { transA: 1, scaled: true });
  // One by one: joined first and turned then, all three would be there three times.
  const parts = [dq, dk, dv].map((part) => attention.merge(part));
  return [onnx.op('Concat', parts, { axis: 1 })];
};
