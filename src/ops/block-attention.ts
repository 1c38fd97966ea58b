// Causal attention over a long text, in blocks of queries: a block looks at the positions up to its own end and not at
// the future, which saves nearly half of the products and passes. With a window it does not look at what lies before its first
// query's, so that time and memory grow as the text. The gradient computes the weights of a block again, as
// FlashAttention does (Dao et al. 2022, arXiv:2205.14135), so that no [T, T] is ever kept, nor whole at any time.
//
//   BlockAttention      qkv [3, N, T, D], kept bool [N, R, E]...     -> y [N, T, D]           { blocks, rate, scale?, window? }
//   BlockAttentionGrad  dy [N, T, D], along [N, T, 1], qkv, kept...  -> dq, dk, dv [N, T, D]  { blocks, rate, scale?, window? }
//
// N counts the heads of all examples, `along` is the sum of dy y over D. One `kept` a block, with attention dropout only: which
// of the weights of its R queries for the E positions that it looks at are not dropped. Engines inline the definition.
import * as tf from '../tf.js';
import { composite } from '../trace/composite.js';
import { differentiable } from './differentiable.js';
import { type Dropout, keptAtRandom } from './dropout.js';
import { fence, whenAll } from './fence.js';
import { type AttentionShape, causalMask, mergeHeads, splitHeads } from './heads.js';

type Tensor = tf.Tensor;

interface Blocks {
  readonly time: number;
  /** At most so many. */
  readonly count: number;
  /** How many positions a query attends to. */
  readonly window: number;
  /** Of the scores, besides 1 / sqrt(D). */
  readonly scale?: number | undefined;
}

interface Block {
  /** The first position that its queries look at. */
  readonly start: number;
  /** Its first query. */
  readonly from: number;
  /** Where its queries end, and the positions that they look at. */
  readonly end: number;
}

/** Blocks with nearly the same number of weights, so that one takes the memory that another has left. */
function blocksOf({ time, count, window }: Blocks): Block[] {
  const grain = time < 64 ? 1 : 8; // products of odd lengths are slower
  for (let rows = grain; ; rows += grain) {
    const blocks = cut(time, window, rows, grain);
    if (blocks.length <= count) return blocks;
  }
}

/** From the end on: the last block has so many rows, the others as many as make no more weights. */
function cut(time: number, window: number, rows: number, grain: number): Block[] {
  const down = (position: number) => Math.floor(position / grain) * grain;
  const most = rows * Math.min(time, rows + window);
  const blocks: Block[] = [];
  for (let end = time; end > 0; end = blocks[0]!.from) {
    const from = Math.max(0, end - Math.max(rows, down(most / end)));
    blocks.unshift({ start: down(Math.max(0, from - window + 1)), from, end });
  }
  return blocks;
}

/** Positions `from` to `end` of [N, T, D]. */
function positions(x: Tensor, from: number, end: number): Tensor {
  return tf.slice(x, [0, from, 0], [x.shape[0]!, end - from, x.shape[2]!]);
}

const scaleOf = (qkv: Tensor, { scale = 1 }: Blocks) => scale / Math.sqrt(qkv.shape[3]!);

/**
 * Gives a block's queries, scaled (less work than scaling the scores), and the keys and values that they look at; not before
 * `done` is known. The fence is before the slice: those of all blocks together would have T^2 / R rows.
 */
function partsOf(qkv: Tensor, blocks: Blocks): (block: Block, done: Tensor) => [Tensor, Tensor, Tensor] {
  const [, ...shape] = qkv.shape;
  const [queries, keys, values] = tf.split(qkv, 3, 0).map((part) => tf.reshape(part, shape)) as [
    Tensor,
    Tensor,
    Tensor,
  ];
  const scale = scaleOf(qkv, blocks);
  return ({ start, from, end }, done) => [
    fence(tf.mul(positions(queries, from, end), scale), done),
    positions(fence(keys, done), start, end),
    positions(fence(values, done), start, end),
  ];
}

/** [N, R, E] of q [N, R, D] and k [N, E, D]. @param mask of the block */
function weightsOf(q: Tensor, k: Tensor, mask: Tensor): Tensor {
  return tf.softmax(tf.add(tf.matMul(q, k, false, true), mask));
}

/** The longest text whose blocks have constants as masks even without a window: T^2 / 2 numbers in all. */
const constantMasks = 2048;

/**
 * What is added to the scores of a block, [R, E]. With a window blocks of one shape share a constant. For a long text without one it
 * is made for each block again, not before `done` is known, of one constant triangle.
 */
function masksOf(blocks: Blocks): (block: Block, done: Tensor) => Tensor {
  const { time, window } = blocks;
  if (time <= constantMasks || window < time)
    return ({ start, from, end }) => causalMask(end - from, end - start, window);
  const rows = Math.max(...blocksOf(blocks).map(({ from, end }) => end - from));
  const triangle = causalMask(rows, rows);
  return ({ from, end }, done) => {
    const own = tf.slice(fence(triangle, done), [0, 0], [end - from, end - from]);
    return tf.pad(own, [
      [0, 0],
      [from, 0],
    ]);
  };
}

const without = (x: Tensor, kept: Tensor | undefined) => (kept ? tf.where(kept, x, 0) : x);
/** Times 1 / (1 - rate), which is not put into the weights themselves: this is T / D times less work. */
const scaledUp = (x: Tensor, rate: number) => (rate > 0 ? tf.mul(x, 1 / (1 - rate)) : x);

/** One block after the other, from the last to the first, as in the gradient. */
function blockAttentionPlain(blocks: Blocks, rate: number, qkv: Tensor, kept: readonly Tensor[]): Tensor[] {
  const parts: Tensor[] = [];
  const partOf = partsOf(qkv, blocks);
  const maskOf = masksOf(blocks);
  for (const [i, block] of [...blocksOf(blocks).entries()].reverse()) {
    const done = parts[0] ?? qkv;
    const [q, k, v] = partOf(block, done);
    parts.unshift(tf.matMul(without(weightsOf(q, k, maskOf(block, done)), kept[i]), v));
  }
  return [scaledUp(tf.concat(parts, 1), rate)];
}

/** From the last block on: what lies behind a block's end is then a sum that is ready. */
function blockAttentionGradPlain(
  blocks: Blocks,
  rate: number,
  dy: Tensor,
  along: Tensor,
  qkv: Tensor,
  kept: readonly Tensor[],
): Tensor[] {
  const again = fence(qkv, dy);
  const scaled = scaledUp(dy, rate);
  const byQuery: Tensor[] = [];
  const byKey = new Sums();
  const byValue = new Sums();
  const partOf = partsOf(again, blocks);
  const maskOf = masksOf(blocks);
  let done = dy;
  for (const [i, block] of [...blocksOf(blocks).entries()].reverse()) {
    const { from, end } = block;
    const [q, k, v] = partOf(block, done);
    const [d, sums] = [fence(positions(scaled, from, end), done), fence(positions(along, from, end), done)];
    const weights = weightsOf(q, k, maskOf(block, done));
    const dweights = without(tf.matMul(d, v, false, true), kept[i]);
    const dscores = tf.mul(weights, tf.sub(dweights, sums));
    byQuery.unshift(tf.matMul(dscores, k));
    const dk = byKey.add(tf.matMul(dscores, q, true, false), block);
    const dv = byValue.add(tf.matMul(without(weights, kept[i]), d, true, false), block);
    done = whenAll([byQuery[0]!, ...dk, ...dv]);
  }
  return [tf.mul(tf.concat(byQuery, 1), scaleOf(qkv, blocks)), byKey.all(), byValue.all()];
}

/** Sums over blocks of what each has for the positions that it looks at, [N, end - start, D], the last block first. */
class Sums {
  private readonly ready: Tensor[] = [];
  private current: { readonly sum: Tensor; readonly start: number } | undefined;

  /** Gives the sums to wait for before the next part: with them all that the earlier sums are needed for is computed. */
  add(part: Tensor, { start, end }: Block): Tensor[] {
    const { current } = this;
    if (!current) {
      this.current = { sum: part, start };
      return [part];
    }
    // Behind a fence: to wait for one number of a slice is otherwise to wait for one of what it is a slice of.
    const ready = fence(positions(current.sum, end - current.start, current.sum.shape[1]!), part);
    this.ready.unshift(ready);
    const sum = this.joined(current, part, { start, end });
    this.current = { sum, start };
    return [sum, ready];
  }

  /** The sum up to the end of a part, with the part. */
  private joined(
    { sum, start: from }: { readonly sum: Tensor; readonly start: number },
    part: Tensor,
    { start, end }: Omit<Block, 'from'>,
  ): Tensor {
    if (end === from) return part; // they share no position
    const rest = positions(sum, 0, end - from);
    if (start === from) return tf.add(rest, part);
    const shared = tf.add(rest, positions(part, from - start, end - start));
    return tf.concat([positions(part, 0, from - start), shared], 1);
  }

  all(): Tensor {
    return tf.concat([this.current!.sum, ...this.ready], 1);
  }
}

/** As `causalAttention`, in at most so many blocks. */
export function blockAttention(qkv: Tensor, shape: AttentionShape, count: number, dropout?: Dropout): Tensor {
  const { batch, time, heads, scale, window = time } = shape;
  const rate = dropout?.rate ?? 0;
  const blocks = { time, count, scale, window: Math.min(window, time) };
  const kept = dropout ? keptWeights(blocks, batch * heads, dropout) : [];
  const attributes = {
    ...{ blocks: count, rate },
    ...(scale !== undefined && { scale }),
    ...(window < time && { window }),
  };
  return differentiable(
    [qkv],
    () => {
      const turned = tf.transpose(tf.reshape(qkv, [batch, time, 3, heads, -1]), [2, 0, 3, 1, 4]);
      const joint = tf.reshape(turned, [3, batch * heads, time, -1]);
      const [parts] = composite('BlockAttention', [joint, ...kept], attributes, (x, ...masks) =>
        blockAttentionPlain(blocks, rate, x!, masks),
      );
      const y = mergeHeads(unfold(parts!, shape), shape);
      return { value: y, saved: [y, joint, ...kept] };
    },
    (dy, [y, ...saved]) => {
      const products = tf.reshape(tf.mul(dy, y!), [batch, time, heads, -1]);
      const along = tf.reshape(tf.transpose(tf.sum(products, 3), [0, 2, 1]), [batch * heads, time, 1]);
      const d = tf.reshape(splitHeads(dy, shape), [batch * heads, time, -1]);
      const parts = composite('BlockAttentionGrad', [d, along, ...saved], attributes, (d, sums, x, ...masks) =>
        blockAttentionGradPlain(blocks, rate, d!, sums!, x!, masks),
      );
      const merged = parts.map((part) => mergeHeads(unfold(part, shape), shape));
      return [tf.concat(merged, 1)];
    },
  );
}

/** [N, T, D] to [B, H, T, D]. */
const unfold = (x: Tensor, { batch, heads, time }: AttentionShape) => tf.reshape(x, [batch, heads, time, -1]);

/** The bits that attention in one piece would drop by. */
function keptWeights(blocks: Blocks, heads: number, dropout: Dropout): Tensor[] {
  const of = [heads, blocks.time, blocks.time];
  return blocksOf(blocks).map(({ start, from, end }) =>
    keptAtRandom([heads, end - from, end - start], dropout, { of, origin: [0, from, start] }),
  );
}
