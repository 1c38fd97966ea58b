// Small graphs made by hand, and how two results are compared. For tests only.
import type { Graph, HostArray } from '../../trace/graph.js';
import { GraphBuilder, inferOutputs } from '../../trace/index.js';
import type { Case } from './cases.js';

/** All cases as one graph, a node for each; case 3's inputs are `3.x0`, `3.x1`..., its outputs `3.y0`... */
export function graphOf(cases: readonly Case[]): Graph {
  const builder = new GraphBuilder(cases[0]!.op);
  cases.forEach(({ op, inputs, attributes }, number) => {
    const values = inputs.map((input, i) => builder.input(`${number}.x${i}`, input));
    builder.add(op, values, attributes, inferOutputs(op, inputs, attributes)).forEach((value, i) => {
      builder.output(`${number}.y${i}`, value);
    });
  });
  return builder.build();
}

export function feedsOf(cases: readonly Case[]): Record<string, HostArray> {
  const entries = cases.flatMap(({ inputs }, number) =>
    inputs.map(({ data }, i) => [`${number}.x${i}`, data] as const),
  );
  return Object.fromEntries(entries);
}

export function title({ op, inputs, attributes }: Case): string {
  const specs = inputs.map(({ dtype, shape }) => `${dtype}[${shape}]`);
  return `${op}(${specs.join(', ')}) ${JSON.stringify(attributes)}`;
}

/** What differs, or undefined: integers and bools exactly, floats relative to the larger of 1 and the expected number. */
export function difference(actual: HostArray, expected: HostArray, tolerance: number): string | undefined {
  if (actual.constructor !== expected.constructor || actual.length !== expected.length)
    return `${actual.constructor.name}(${actual.length}), not ${expected.constructor.name}(${expected.length})`;
  const exact = !(expected instanceof Float32Array);
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i]!, expected[i]!];
    if (a === e || (Number.isNaN(a) && Number.isNaN(e))) continue;
    if (exact || !(Math.abs(a - e) <= tolerance * Math.max(1, Math.abs(e)))) return `[${i}] is ${a}, not ${e}`;
  }
  return undefined;
}
