// An update as its rule defines it, in elementary operations: XLA makes one loop of each array that is written.
import type { OptimizerOptions } from '../../../optimizer/index.js';
import type { Graph, Value } from '../../../trace/index.js';
import { port, updateGraph } from '../../update/graph.js';
import { prepared } from '../graphs.js';
import { lowerInto } from '../lower.js';
import type { Ref } from '../writer.js';
import type { ArrayUpdate, UpdateWriter } from './types.js';

/**
 * What a slot becomes is put where it is computed, and what comes after is computed from the slot as it was put. Computed
 * from the old one, XLA would make each new slot twice and, since the old ones are then read and written in an order of
 * its own, copy all of them first.
 */
export const defined =
  (options: OptimizerOptions): UpdateWriter =>
  (writer, { ok, gradientScale }) => {
    const { tf } = writer;
    const graphs = new Map<string, Graph>();
    const graphOf = ({ rule, array, constants }: ArrayUpdate) => {
      const key = JSON.stringify([rule.op, array.decay, rule.slots(array), array.shape, constants]);
      const known = graphs.get(key) ?? prepared(updateGraph({ rule, arrays: [{ ...array, name: '' }] }, options));
      graphs.set(key, known);
      return known;
    };
    return (update) => {
      const { rule, array, gradient, variable, scalars } = update;
      const graph = graphOf(update);
      const parts = ['parameter', ...rule.slots(array).map(({ name }) => name)];
      const held = new Map(parts.map((part) => [port.array(part, ''), variable(part)]));
      const given = new Map<string, Ref>([
        [port.gradientScale, gradientScale],
        [port.array('gradient', ''), gradient],
        ...[...held].map(([name, each]) => [name, writer.read(each)] as const),
        ...[...scalars].map(([name, ref]) => [port.scalar(name), ref] as const),
      ]);
      const left = new Map(graph.outputs.map(({ name, value }) => [name, value.id]));
      const put = (name: string, ref: Ref) => {
        const value = tf.op('SelectV2', [ok, ref, given.get(name)!]);
        writer.assign(held.get(name)!, value);
        left.delete(name);
        return value;
      };
      const computed = ({ id }: Value, ref: Ref) => {
        const found = [...left].find(([, value]) => value === id);
        return found ? put(found[0], ref) : ref;
      };
      // Whatever the model's products are in: an optimizer's definition means float32.
      const outputs = tf.inPrecision('f32', () => lowerInto(tf, graph, (name) => given.get(name)!, computed));
      // An output that no node computes for itself: an input, a constant, or the same as another one.
      for (const name of [...left.keys()]) put(name, outputs.get(name)!);
    };
  };
