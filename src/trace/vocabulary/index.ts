// The operations a graph may hold, besides composites and primitives: what each takes, its complete attributes and the
// shape it gives. The tracer reduces tfjs' kernels to these; an engine lowers exactly these. Names, meanings and
// rounding are tfjs' (the CPU kernels define them); axes are never negative and attributes never missing. What an
// operation gives for NaN among other numbers (Sign, Max, ArgMax) is the engine's own.
import { GptError } from '../../errors.js';
import type { Attributes, Node, TensorSpec } from '../graph.js';
import { mismatch } from '../shapes.js';
import { elementwiseOperations } from './elementwise.js';
import { indexingOperations } from './indexing.js';
import type { Operation, Specs } from './operation.js';
import { productOperations } from './products.js';
import { reductionOperations } from './reductions.js';
import { shapingOperations } from './shaping.js';

export type { Operation } from './operation.js';

/** Operation by name. Nothing else may appear in a graph but composites (with a body) and primitives. */
export const vocabulary: Readonly<Record<string, Operation>> = {
  ...elementwiseOperations,
  ...reductionOperations,
  ...productOperations,
  ...shapingOperations,
  ...indexingOperations,
};

/** The outputs of an operation of the vocabulary; errors name it. `trace/op` for a name that it does not know. */
export function inferOutputs(op: string, inputs: Specs, attributes: Attributes): TensorSpec[] {
  const operation = Object.hasOwn(vocabulary, op) ? vocabulary[op] : undefined;
  if (!operation) throw new GptError('trace/op', `${op} is not an operation of the vocabulary`);
  try {
    const arity = operation.inputs === 'list' ? Math.max(1, inputs.length) : operation.inputs.length;
    if (inputs.length !== arity) throw mismatch(`takes ${arity} inputs, got ${inputs.length}`);
    return operation.infer(inputs, attributes).map(({ shape, dtype }) => ({ shape, dtype }));
  } catch (error) {
    if (!(error instanceof GptError)) throw error;
    throw new GptError(error.code, `${op}: ${error.message}`, { cause: error });
  }
}

/** For `verify`: what the vocabulary says of a node; nothing of composites, nor of operations it does not know. */
export function inferNode(node: Node): TensorSpec[] | undefined {
  return node.body || !Object.hasOwn(vocabulary, node.op)
    ? undefined
    : inferOutputs(node.op, node.inputs, node.attributes);
}
