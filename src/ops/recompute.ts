// Gradient checkpointing (Chen et al. 2016, arXiv:1604.06174): a part of the model whose inner values are thrown away
// after the forward pass and computed again for the backward pass. Less memory for about a third more time, the same
// gradients.
//
//   Fence  x, after  -> x    the value of x, but not before `after` is known; no engine may merge it with x
//
// A primitive: without it, passes that merge equal nodes would find the second computation equal to the first.
import * as tf from '../tf.js';
import { primitive } from '../trace/composite.js';
import type { DType } from '../trace/graph.js';
import { differentiable } from './differentiable.js';

type Tensor = tf.Tensor;

function fence(x: Tensor, after: Tensor): Tensor {
  const outputs = [{ shape: x.shape, dtype: x.dtype as DType }];
  return primitive('Fence', [x, after], {}, outputs, (value) => [tf.clone(value!)])[0]!;
}

/**
 * `run(x)`, keeping only x for the gradient.
 * @param run a pure function of its argument and of `variables`; called a second time when a gradient is taken
 * @param variables those that `run` reads and that the gradient may be taken by
 */
export function recompute(run: (x: Tensor) => Tensor, x: Tensor, variables: readonly tf.Variable[]): Tensor {
  return differentiable(
    [x, ...variables],
    () => ({ value: run(x), saved: [x] }),
    (dy, [kept]) => {
      const again = fence(kept!, dy);
      const { grads } = gradientsInside(() => run(again), [again, ...variables], dy);
      return grads.map((gradient, i) => gradient ?? tf.zerosLike(i === 0 ? again : variables[i - 1]!));
    },
  );
}

/** tfjs takes a gradient while it takes another one only if the outer one's record is kept out of its way. */
function gradientsInside(run: () => Tensor, by: Tensor[], dy: Tensor): { grads: (Tensor | null)[] } {
  const engine = tf.engine();
  const outer = engine.state.activeTape;
  try {
    return engine.gradients(run, by, dy, true);
  } finally {
    if (outer) engine.state.activeTape = outer;
  }
}
