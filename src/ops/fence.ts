// Order in a graph, where the graph's own edges do not ask for it.
//
//   Fence  x, after  -> x    the value of x, but not before `after` is known; no engine may merge it with x
//
// A primitive: without it, passes that merge equal nodes would find a second computation equal to the first.
import * as tf from '../tf.js';
import { primitive } from '../trace/composite.js';
import type { DType } from '../trace/graph.js';

type Tensor = tf.Tensor;

export function fence(x: Tensor, after: Tensor): Tensor {
  const outputs = [{ shape: x.shape, dtype: x.dtype as DType }];
  return primitive('Fence', [x, after], {}, outputs, (value) => [tf.clone(value!)])[0]!;
}

/** A number that is known when all of these are. */
export function whenAll(tensors: readonly Tensor[]): Tensor {
  const firsts = tensors.map((x) => {
    const zeros = x.shape.map(() => 0);
    const ones = x.shape.map(() => 1);
    return tf.reshape(tf.slice(x, zeros, ones), []);
  });
  return tf.addN(firsts);
}
