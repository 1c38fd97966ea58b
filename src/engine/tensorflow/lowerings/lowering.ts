// How an operation of our graphs is written in TensorFlow's.
import type { Node } from '../../../trace/graph.js';
import type { OpAttribute } from '../native/index.js';
import type { GraphWriter, Ref } from '../writer.js';

export { firstCounter, mirroredPlaces, number, numbers, range, rowCounters } from '../../attributes.js';

/** Writes what computes the node; gives a value for each of its outputs. */
export type Lowering = (tf: GraphWriter, inputs: readonly Ref[], node: Node) => readonly Ref[];
export type Lowerings = Readonly<Record<string, Lowering>>;

/** One operation of TensorFlow's with the same inputs. */
export function same(type: string, attributes: Readonly<Record<string, OpAttribute>> = {}): Lowering {
  return (tf, inputs) => [tf.op(type, inputs, attributes)];
}

/** The same, for several under their own names. */
export function sameNames(names: string): Lowerings {
  return Object.fromEntries(names.split(' ').map((name) => [name, same(name)]));
}

export function flag(node: Node, key: string): boolean {
  return node.attributes[key] === true;
}
