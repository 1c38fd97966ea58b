// Operations that stay whole in a graph. Outside a trace a composite just runs its plain definition; inside, it is
// recorded as one node that carries that definition as its body, so that an engine may lower the node its best way and
// inlines the body otherwise. Knows nothing of which operations there are.
import type { Tensor } from '../tf.js';
import type { Attributes, TensorSpec } from './graph.js';
import { activeRecorder } from './recorder.js';

/**
 * Runs or records an operation with a plain definition. It is kept whole where tfjs does not differentiate it: in
 * code without gradients, or inside a `tf.customGrad`, whose gradient may be a composite again. Elsewhere inside a
 * gradient its definition is recorded in the open, so that its gradient is right.
 * @param op its name in graphs, engines, tests and benches
 * @param inputs tensors; concrete ones become constants
 * @param plain the definition in tfjs operations; gets tensors of the inputs' shapes, returns the outputs; a pure
 * function of `inputs` and `attributes`
 */
export function composite(
  op: string,
  inputs: readonly Tensor[],
  attributes: Attributes,
  plain: (...inputs: Tensor[]) => Tensor[],
): Tensor[] {
  return activeRecorder()?.composite(op, inputs, attributes, plain) ?? plain(...inputs);
}

/**
 * Runs or records an operation that tfjs cannot express (integer randomness). Every engine must lower it.
 * It has no gradient.
 * @param run the definition in plain TypeScript over concrete tensors, used outside a trace; a pure function of
 * `inputs` and `attributes`
 */
export function primitive(
  op: string,
  inputs: readonly Tensor[],
  attributes: Attributes,
  outputs: readonly TensorSpec[],
  run: (...inputs: Tensor[]) => Tensor[],
): Tensor[] {
  return activeRecorder()?.primitive(op, inputs, attributes, outputs, run) ?? run(...inputs);
}
