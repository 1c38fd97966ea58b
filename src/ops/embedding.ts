// Rows of a table by number.
//
//   Embedding      table [V, C], ids int32 [N]  -> [N, C]
//   EmbeddingGrad  dy [N, C], ids int32 [N]     -> dtable [V, C]    { rows: V }
import * as tf from '../tf.js';
import { composite } from '../trace/composite.js';
import { check } from './check.js';
import { differentiable } from './differentiable.js';

type Tensor = tf.Tensor;

export function embeddingPlain(table: Tensor, ids: Tensor): Tensor[] {
  return [tf.gather(table, ids as tf.Tensor1D)];
}

/** Adds row n of dy to row ids[n]; a scatter, because tfjs' UnsortedSegmentSum walks the whole vocabulary. */
export function embeddingGradPlain(rows: number, dy: Tensor, ids: Tensor): Tensor[] {
  return [tf.scatterND(tf.reshape(ids, [-1, 1]), dy, [rows, dy.shape[1]!])];
}

/**
 * @param table [V, C]
 * @param ids int32 [N], each in 0..V-1
 * @returns [N, C]
 */
export function embedding(table: Tensor, ids: Tensor): Tensor {
  check('embedding: table', table, [undefined, undefined]);
  check('embedding: ids', ids, [undefined], 'int32');
  const rows = table.shape[0]!;
  return differentiable(
    [table],
    () => ({ value: composite('Embedding', [table, ids], {}, embeddingPlain)[0]!, saved: [ids] }),
    (dy, [kept]) => composite('EmbeddingGrad', [dy, kept!], { rows }, (d, i) => embeddingGradPlain(rows, d!, i!)),
  );
}
