// Cross-entropy over a large vocabulary in blocks of rows, so that the logits of all tokens are never there at once. The
// gradient computes a block's logits, its losses and both gradients before the next block's logits: the idea of Liger Kernel's
// fused linear cross-entropy (Hsu et al. 2024, arXiv:2410.10989) and of Cut Cross-Entropy (Wijmans et al. 2024, arXiv:2411.09009).
//
//   VocabularyLosses      hidden [N, C], table [V, C], targets int32 [N]           -> losses [N]      { blocks }
//   VocabularyLossesGrad  dlosses [N], hidden, table, targets  -> dhidden, dtable?, losses [N]        { blocks, trained, also }
//
// `dtable` [V, C] is there where the table is trained. `also` names what the last outputs are besides: with it a compiled step
// takes the losses from the gradient (trace/passes/forward-from-gradient.ts), and each block's logits are computed once.
// A negative target is ignored: its loss and its gradient are 0. Engines inline the definitions.
import * as tf from '../tf.js';
import { composite } from '../trace/composite.js';
import { check } from './check.js';
import { differentiable } from './differentiable.js';
import { fence, whenAll } from './fence.js';
import { meanLoss, type TokenLoss, tokenLosses, tokenLossGradPlain, tokenLossPlain } from './token-loss.js';

type Tensor = tf.Tensor;

/** Numbers in the logits of one block: 128 MB. */
const mostLogits = 2 ** 25;

/**
 * How many blocks take the least memory. 1 where those of one block, with a sum of the table's gradients next to it, would be no
 * fewer numbers than all logits.
 */
export function vocabularyBlocks(rows: number, vocabulary: number, width: number): number {
  const most = Math.max(1, Math.floor(mostLogits / vocabulary));
  return rows > most + width ? Math.ceil(rows / most) : 1;
}

interface Block {
  readonly from: number;
  readonly rows: number;
}

/** Of nearly the same length. */
function blocksOf(rows: number, count: number): Block[] {
  const length = Math.ceil(rows / count);
  return Array.from({ length: Math.ceil(rows / length) }, (_, i) => {
    const from = i * length;
    return { from, rows: Math.min(length, rows - from) };
  });
}

/** Rows of [N] or [N, C]. */
function rowsOf(x: Tensor, { from, rows }: Block): Tensor {
  const [, ...more] = x.shape;
  return tf.slice(x, [from, ...more.map(() => 0)], [rows, ...more]);
}

const logitsOf = (hidden: Tensor, table: Tensor) => tf.matMul(hidden, table, false, true);
const lossOf = (logits: Tensor, targets: Tensor) =>
  composite('TokenLoss', [logits, targets], {}, (x, ids) => tokenLossPlain(x!, ids!));

/** [losses] */
function lossesPlain(count: number, hidden: Tensor, table: Tensor, targets: Tensor): Tensor[] {
  const losses: Tensor[] = [];
  for (const block of blocksOf(hidden.shape[0]!, count)) {
    const before = losses.at(-1);
    const rows = rowsOf(hidden, block);
    losses.push(lossOf(logitsOf(before ? fence(rows, before) : rows, table), rowsOf(targets, block))[0]!);
  }
  return [tf.concat(losses)];
}

/** [dhidden, dtable?, losses] */
function gradPlain(
  { blocks, trained }: { blocks: number; trained: boolean },
  dlosses: Tensor,
  hidden: Tensor,
  table: Tensor,
  targets: Tensor,
): Tensor[] {
  const losses: Tensor[] = [];
  const dhidden: Tensor[] = [];
  let dtable: Tensor | undefined;
  let done = dlosses;
  for (const block of blocksOf(hidden.shape[0]!, blocks)) {
    const rows = fence(rowsOf(hidden, block), done);
    const ids = rowsOf(targets, block);
    const logits = logitsOf(rows, table);
    const [loss, logSumExp] = lossOf(logits, ids);
    const given = [rowsOf(dlosses, block), logits, ids, logSumExp!];
    const [dlogits] = composite('TokenLossGrad', given, {}, (d, x, t, sums) => tokenLossGradPlain(d!, x!, t!, sums!));
    losses.push(loss!);
    dhidden.push(tf.matMul(dlogits!, table));
    if (trained) {
      const part = tf.matMul(dlogits!, rows, true, false);
      dtable = dtable ? tf.add(dtable, part) : part;
    }
    done = whenAll([loss!, dhidden.at(-1)!, ...(dtable ? [dtable] : [])]);
  }
  return [tf.concat(dhidden), ...(dtable ? [dtable] : []), tf.concat(losses)];
}

/** As `vocabularyLosses`, in so many blocks. */
export function blockedLosses(hidden: Tensor, table: Tensor, targets: Tensor, blocks: number): Tensor {
  const trained = !(table instanceof tf.Variable) || table.trainable;
  return differentiable(
    trained ? [hidden, table] : [hidden],
    () => {
      const given = [hidden, table, targets];
      const [losses] = composite('VocabularyLosses', given, { blocks }, (x, w, ids) =>
        lossesPlain(blocks, x!, w!, ids!),
      );
      return { value: losses!, saved: given };
    },
    (dlosses, saved) => {
      const attributes = { blocks, trained, also: 'VocabularyLosses' };
      const outputs = composite('VocabularyLossesGrad', [dlosses, ...saved], attributes, (d, x, w, ids) =>
        gradPlain(attributes, d!, x!, w!, ids!),
      );
      return outputs.slice(0, -1);
    },
  );
}

/**
 * The negative log-likelihood of each target in nats, 0 where the target is negative, with the logits hidden table^T.
 * In blocks where that takes less memory than all logits; the same up to rounding.
 * @param hidden [N, C]
 * @param table [V, C]; a tf.Variable that is not trainable gets no gradient
 * @param targets int32 [N], each below V
 * @returns [N]
 */
export function vocabularyLosses(hidden: Tensor, table: Tensor, targets: Tensor): Tensor {
  check('vocabularyLosses: hidden', hidden, [undefined, undefined]);
  check('vocabularyLosses: table', table, [undefined, hidden.shape[1]]);
  check('vocabularyLosses: targets', targets, [hidden.shape[0]], 'int32');
  const [vocabulary, width] = table.shape as [number, number];
  const blocks = vocabularyBlocks(hidden.shape[0]!, vocabulary, width);
  return blocks > 1 ? blockedLosses(hidden, table, targets, blocks) : tokenLosses(logitsOf(hidden, table), targets);
}

/** @see vocabularyLosses */
export function vocabularyLoss(hidden: Tensor, table: Tensor, targets: Tensor): TokenLoss {
  return meanLoss(vocabularyLosses(hidden, table, targets), targets);
}
