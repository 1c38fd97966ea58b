// Gradient checkpointing (Chen et al. 2016, arXiv:1604.06174): a part of the model whose inner values are thrown away
// after the forward pass and computed again for the backward pass. Less memory for about a third more time, the same
// gradients.
import * as tf from '../tf.js';
import { differentiable } from './differentiable.js';
import { fence } from './fence.js';

type Tensor = tf.Tensor;

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
