// Dropout's masks taken out of a graph and made inputs of it: one pass of a kernel writes what would take a graph some 15 passes
// over integers. Only masks that depend on nothing but the graph's inputs.
import type { Graph, Node, Value } from '../../trace/graph.js';
import { removeDeadCode, rewrite, sizeOf } from '../../trace/index.js';
import { firstCounter, number, rowCounters } from '../attributes.js';

/** One mask, as an input of the graph. Bernoulli's attributes are in ops/dropout. */
export interface Mask {
  readonly name: string;
  readonly shape: readonly number[];
  /** float32: `kept` or 0. bool: 1 or 0. */
  readonly dtype: 'float32' | 'bool';
  readonly kept: number;
  readonly rate: number;
  readonly place: number;
  /** The inputs that it depends on. */
  readonly seed: string;
  readonly step: string;
  readonly row: string | undefined;
  readonly rowSize: number;
  /** The counter of the first element, and of each row's first one relative to that: one row where they follow each other. */
  readonly first: number;
  readonly starts: readonly number[];
}

export interface LiftedMasks {
  readonly graph: Graph;
  readonly masks: readonly Mask[];
}

/** @param most bytes that all masks may take; what does not fit stays in the graph */
export function liftMasks(graph: Graph, most: number): LiftedMasks {
  const masks: Mask[] = [];
  const names = new Map(graph.inputs.map(({ name, value }) => [value.id, name]));
  const scaled = scaledMasks(graph);
  let room = most;

  const lift = (node: Node, dtype: Mask['dtype'], kept: number): Mask | undefined => {
    const [seed, step, row] = node.inputs.map(({ id }) => names.get(id));
    const { shape } = node.outputs[0]!;
    const bytes = sizeOf(shape) * (dtype === 'bool' ? 1 : 4);
    if (seed === undefined || step === undefined || (node.inputs[2] && row === undefined) || bytes > room)
      return undefined;
    room -= bytes;
    const name = `mask:${masks.length}`;
    const of = { rate: number(node, 'rate'), place: number(node, 'place'), seed, step, row };
    const counters = { first: firstCounter(node), starts: rowCounters(node) ?? [0] };
    masks.push({
      name,
      shape,
      dtype,
      kept,
      ...of,
      rowSize: row === undefined ? 0 : number(node, 'rowSize'),
      ...counters,
    });
    return masks.at(-1);
  };

  const lifted = rewrite(graph, {
    visit(node, _, { builder }) {
      const ofScaled = scaled.products.get(node);
      const mask = ofScaled
        ? lift(ofScaled.bernoulli, 'float32', ofScaled.factor)
        : node.op === 'Bernoulli' && !scaled.inside.has(node)
          ? lift(node, 'bool', 1)
          : undefined;
      return mask && [builder.input(mask.name, mask)];
    },
  });
  return { graph: lifted === graph ? graph : removeDeadCode(lifted), masks };
}

interface ScaledMasks {
  /** Mul(Cast(Bernoulli), factor), by the Mul. */
  readonly products: ReadonlyMap<Node, { readonly bernoulli: Node; readonly factor: number }>;
  /** The Bernoullis of which nothing else is used. */
  readonly inside: ReadonlySet<Node>;
}

/** The masks that are only used as numbers times a factor, as dropout does it. */
function scaledMasks(graph: Graph): ScaledMasks {
  const users = new Map<Value['id'], Node[]>();
  for (const node of graph.nodes)
    for (const { id } of new Set(node.inputs)) users.set(id, [...(users.get(id) ?? []), node]);
  const outputs = new Set(graph.outputs.map(({ value }) => value.id));
  const onlyUser = ({ id }: Value) => (outputs.has(id) || users.get(id)?.length !== 1 ? undefined : users.get(id)![0]);
  const factors = new Map(
    graph.constants.flatMap(({ value, data }) => (data.length === 1 ? [[value.id, data[0]!] as const] : [])),
  );

  const products = new Map<Node, { bernoulli: Node; factor: number }>();
  for (const bernoulli of graph.nodes) {
    if (bernoulli.op !== 'Bernoulli') continue;
    const cast = onlyUser(bernoulli.outputs[0]!);
    const product =
      cast?.op === 'Cast' && cast.outputs[0]!.dtype === 'float32' ? onlyUser(cast.outputs[0]!) : undefined;
    if (product?.op !== 'Multiply') continue;
    const other = product.inputs.find(({ id }) => id !== cast!.outputs[0]!.id);
    const factor = other && factors.get(other.id);
    const sameShape = product.outputs[0]!.shape.join() === bernoulli.outputs[0]!.shape.join();
    if (factor !== undefined && sameShape) products.set(product, { bernoulli, factor });
  }
  return { products, inside: new Set([...products.values()].map(({ bernoulli }) => bernoulli)) };
}
