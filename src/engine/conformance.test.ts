// One suite for every engine: each operation gives what the plain interpreter gives.
import type { Graph, HostArray } from '../trace/graph.js';
import { interpret, vocabulary } from '../trace/index.js';
import { GraphSession } from './onnx/session.js';
import { openSession } from './openvino/session.js';
import { hasOpenvino } from './openvino/testing/library.js';
import { compileGraph } from './tensorflow/compile.js';
import { Context, loadLibrary } from './tensorflow/native/index.js';
import { hasTensorflow } from './tensorflow/testing/library.js';
import type { Mode } from './tensorflow/writer.js';
import { type Case, operationCases } from './testing/cases.js';
import { difference, feedsOf, graphOf, title } from './testing/graphs.js';

type Run = (graph: Graph, feeds: Record<string, HostArray>) => Promise<Record<string, HostArray>>;

const engines: Record<string, Run> = {
  'onnx cpu': async (graph, feeds) => {
    const session = await GraphSession.open(graph, { device: 'cpu', threads: 1 });
    const results = await session.run(feeds);
    await session.release();
    return results;
  },
  ...(hasOpenvino && {
    openvino: async (graph, feeds) => {
      const session = await openSession(graph, { threads: 1, precision: 'f32' });
      const results = await session.run(feeds);
      await session.release();
      return results;
    },
  }),
  ...(hasTensorflow && { 'tensorflow graph': tensorflow('graph'), 'tensorflow xla': tensorflow('xla') }),
};

function tensorflow(mode: Mode): Run {
  let context: Promise<Context> | undefined;
  return async (graph, feeds) => {
    context ??= loadLibrary().then((library) =>
      Context.open(library, { threads: 1, interThreads: 1, growMemory: true, gpu: false }),
    );
    const session = compileGraph(await context, graph, { manner: { mode, precision: 'f32' } });
    const results = await session.run(feeds);
    session.dispose();
    return results;
  };
}

const groups = new Map<string, Case[]>();
for (const one of operationCases) groups.set(one.op, [...(groups.get(one.op) ?? []), one]);

test('every operation of the vocabulary has cases', () => {
  expect([...groups.keys()].sort()).toEqual(Object.keys(vocabulary).sort());
});

/** By the names of the outputs of the graph of all cases. */
function expectedOf(cases: readonly Case[]): Record<string, HostArray> {
  const entries = cases.flatMap((one, number) => {
    if (one.expected) return [[`${number}.y0`, one.expected] as const];
    const outputs = Object.entries(interpret(graphOf([one]), feedsOf([one])));
    return outputs.map(([name, data]) => [name.replace('0.', `${number}.`), data] as const);
  });
  return Object.fromEntries(entries);
}

describe.each(Object.entries(engines))('on %s', (_, run) => {
  test.each([...groups])('%s is as defined', async (_op, cases) => {
    const graph = graphOf(cases);
    const feeds = feedsOf(cases);
    const expected = expectedOf(cases);
    const actual = await run(graph, feeds);
    const failures = Object.keys(expected).flatMap((name) => {
      const one = cases[Number.parseInt(name, 10)]!;
      const found = difference(actual[name]!, expected[name]!, one.tolerance ?? 4e-6);
      return found ? [`${title(one)} ${name}: ${found}`] : [];
    });
    expect(failures).toEqual([]);
  });
});
