// How an operation gets a gradient of its own: a typed face for tf.customGrad.
import * as tf from '../tf.js';

type Tensor = tf.Tensor;

/**
 * Runs `forward` now; when a gradient is taken through its value, `backward` runs instead of tfjs' own derivative.
 * @param inputs the float32 tensors to differentiate by; integer tensors are used by closure and saved
 * @param forward the value, and what `backward` needs (clones are kept until the gradient is done)
 * @param backward from the value's gradient and the saved tensors to the gradient of each input
 */
export function differentiable(
  inputs: readonly Tensor[],
  forward: () => { value: Tensor; saved: Tensor[] },
  backward: (dy: Tensor, saved: Tensor[]) => Tensor[],
): Tensor {
  return tf.customGrad((...args) => {
    const save = args[args.length - 1] as tf.GradSaveFunc;
    const { value, saved } = forward();
    save(saved);
    return { value, gradFunc: (dy: Tensor, kept: Tensor[]) => backward(dy, kept) };
  })(...inputs);
}
