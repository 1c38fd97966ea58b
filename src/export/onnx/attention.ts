// Causal attention of T new positions to P that are kept and to themselves, for any B, T and P. What attention_mask hides, padding
// on either side, is not read.
import type { Name, OnnxWriter } from '../../engine/onnx/writer.js';
import type { AttentionParts } from '../../model/onnx-format.js';
import type { Weights } from './weights.js';

/** Keys and values of a block, float32 [B, K, positions, D]. */
export interface KeysAndValues {
  readonly key: Name;
  readonly value: Name;
}

export interface AttentionInputs {
  /** int64 [B, T] */
  readonly ids: Name;
  /** int64 [B, P + T]: 0 hides a position. */
  readonly mask: Name;
  /** int64 [B, T], from 0. */
  readonly positions: Name;
  /** What is kept, of each block; absent: nothing. */
  readonly past?: readonly KeysAndValues[];
  /** Where keys and values of all P + T positions are put, block by block. */
  readonly present?: KeysAndValues[];
}

/** Of hidden scores. Finite: a position that sees nothing, padding itself, must not become NaN. */
const lowest = -3e38;

export class Attention {
  private readonly visible = new Map<number, Name>();
  private readonly angles = new Map<string, { readonly cos: Name; readonly sin: Name }>();

  constructor(
    private readonly onnx: OnnxWriter,
    private readonly weights: Weights,
    private readonly inputs: AttentionInputs,
  ) {}

  /** -> [B, T, H D] */
  write(block: number, parts: AttentionParts): Name {
    const {
      query,
      key,
      value,
      heads,
      keptHeads,
      width,
      scale = 1,
      window = Infinity,
      frequencies,
      amplitude = 1,
    } = parts;
    const { onnx } = this;
    const turned = (x: Name) => (frequencies ? this.rotated(x, frequencies, amplitude) : x);
    const past = this.inputs.past?.[block];
    const keys = this.joined(past?.key, turned(this.heads(key, keptHeads, width)));
    const values = this.joined(past?.value, this.heads(value, keptHeads, width));
    this.inputs.present?.push({ key: this.wide(keys), value: this.wide(values) });

    const factor = this.weights.constant(Float32Array.of(scale / Math.sqrt(width)), []);
    const queries = onnx.op('Mul', [turned(this.heads(query, heads, width)), factor]); // [B, H, T, D]
    const groups = heads / keptHeads;
    const grouped = groups > 1;
    // Queries of one group share keys and values: [B, K, H / K, T, D] by [B, K, 1, D, P + T].
    const q = grouped ? this.reshape(queries, [0, keptHeads, groups, -1, width]) : queries;
    const shared = (x: Name) => (grouped ? onnx.op('Unsqueeze', [x, onnx.int64s([2])]) : x);
    const transposed = shared(onnx.op('Transpose', [keys], { perm: [0, 1, 3, 2] }));
    const scores = this.wide(onnx.op('MatMul', [q, transposed]));
    const seen = onnx.op('Where', [shared(this.visibleKeys(window)), scores, onnx.scalar(lowest)]);
    const weights = this.narrow(onnx.op('Softmax', [seen], { axis: -1 }));
    const mixed = onnx.op('MatMul', [weights, shared(values)]);
    const apart = grouped ? this.reshape(mixed, [0, heads, -1, width]) : mixed; // [B, H, T, D]
    return this.reshape(onnx.op('Transpose', [apart], { perm: [0, 2, 1, 3] }), [0, 0, heads * width]);
  }

  /** [B, T, heads D] -> [B, heads, T, D] */
  private heads(x: Name, heads: number, width: number): Name {
    return this.onnx.op('Transpose', [this.reshape(x, [0, 0, heads, width])], { perm: [0, 2, 1, 3] });
  }

  private joined(past: Name | undefined, now: Name): Name {
    return past === undefined ? now : this.onnx.op('Concat', [this.narrow(past), now], { axis: 2 });
  }

  /** bool [B, 1, T, P + T]: query t, at position P + t of this text, sees so many keys up to itself. */
  private visibleKeys(window: number): Name {
    const known = this.visible.get(window);
    if (known !== undefined) return known;
    const { onnx } = this;
    const { ids, mask } = this.inputs;
    const length = (x: Name) => onnx.op('Squeeze', [onnx.op('Shape', [x], { start: 1, end: 2 }), onnx.int64s([0])]);
    const [total, one] = [length(mask), onnx.scalar(1, 'int64')];
    const keys = onnx.op('Range', [onnx.scalar(0, 'int64'), total, one]); // [P + T]
    const queries = onnx.op('Range', [onnx.op('Sub', [total, length(ids)]), total, one]); // [T]
    const own = onnx.op('Unsqueeze', [queries, onnx.int64s([1])]);
    const causal = onnx.op('GreaterOrEqual', [own, keys]);
    const inside = () => onnx.op('Less', [onnx.op('Sub', [own, keys]), onnx.scalar(window, 'int64')]);
    const seen = Number.isFinite(window) ? onnx.op('And', [causal, inside()]) : causal;
    const real = onnx.op('Unsqueeze', [onnx.cast(mask, 'bool'), onnx.int64s([1, 2])]);
    const visible = onnx.op('And', [seen, real]);
    this.visible.set(window, visible);
    return visible;
  }

  /** x [B, heads, T, D]: element d of a head turns with d + D/2, by position times frequency. */
  private rotated(x: Name, frequencies: readonly number[], amplitude: number): Name {
    const { onnx } = this;
    const { cos, sin } = this.anglesOf(frequencies, amplitude);
    const half = frequencies.length;
    const [low, high] = onnx.ops('Split', [x, onnx.int64s([half, half])], 2, { axis: -1 }) as [Name, Name];
    const times = (a: Name, b: Name) => onnx.op('Mul', [a, b]);
    const first = onnx.op('Sub', [times(low, cos), times(high, sin)]);
    const second = onnx.op('Add', [times(high, cos), times(low, sin)]);
    return onnx.op('Concat', [first, second], { axis: -1 });
  }

  /** [B, 1, T, D/2], computed in float32. */
  private anglesOf(frequencies: readonly number[], amplitude: number) {
    const key = [amplitude, ...frequencies].join();
    const known = this.angles.get(key);
    if (known) return known;
    const { onnx } = this;
    const positions = onnx.op('Unsqueeze', [onnx.cast(this.inputs.positions, 'float32'), onnx.int64s([1, 3])]);
    const radians = onnx.op('Mul', [
      positions,
      onnx.constant(new Uint8Array(Float32Array.from(frequencies).buffer), 'float32', [frequencies.length]),
    ]);
    const table = (name: 'Cos' | 'Sin') => {
      const values = onnx.op(name, [radians]);
      return this.narrow(amplitude === 1 ? values : onnx.op('Mul', [values, onnx.scalar(amplitude)]));
    };
    const angles = { cos: table('Cos'), sin: table('Sin') };
    this.angles.set(key, angles);
    return angles;
  }

  private reshape(x: Name, shape: readonly number[]): Name {
    return this.onnx.op('Reshape', [x, this.onnx.int64s(shape)]);
  }

  /** To float32. */
  private wide(x: Name): Name {
    return this.weights.type === 'float16' ? this.onnx.cast(x, 'float32') : x;
  }

  /** From float32 to what the graph computes with. */
  private narrow(x: Name): Name {
    return this.weights.type === 'float16' ? this.onnx.cast(x, 'float16') : x;
  }
}
