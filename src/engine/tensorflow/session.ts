// One graph as a function: arrays in by name, arrays out by name. Some inputs may stay where they are: variables.
import type { Graph, HostArray, TensorSpec } from '../../trace/graph.js';
import { TfFunction } from './function.js';
import { kept, lowerInto } from './lower.js';
import { type Context, type Handle, TensorHandle } from './native/index.js';
import { GraphWriter, type Mode, type Ref } from './writer.js';

export class GraphSession {
  private constructor(
    private readonly context: Context,
    private readonly native: TfFunction,
    private readonly inputs: readonly { readonly name: string; readonly spec: TensorSpec }[],
    private readonly variables: readonly Handle[],
    private readonly outputs: readonly { readonly name: string; readonly spec: TensorSpec }[],
  ) {}

  /**
   * @param graph prepared: `kept` composites whole, the others inlined
   * @param variable the resource of an input that is a variable
   */
  static open(
    context: Context,
    graph: Graph,
    { mode, variable = () => undefined }: { mode: Mode; variable?: (input: string) => Handle | undefined },
  ): GraphSession {
    const writer = new GraphWriter(context.library, mode);
    const fed: { name: string; spec: TensorSpec; ref: Ref }[] = [];
    const held: { handle: Handle; ref: Ref }[] = [];
    const refs = lowerInto(writer, graph, (name) => {
      const spec = graph.inputs.find((port) => port.name === name)!.value;
      const handle = variable(name);
      const ref = writer.placeholder(handle ? 'resource' : spec.dtype, spec.shape);
      if (!handle) {
        fed.push({ name, spec, ref });
        return ref;
      }
      held.push({ handle, ref });
      return readVariable(writer, ref, spec.shape);
    });
    const native = TfFunction.register(context, writer, {
      name: graph.name,
      inputs: [...fed, ...held].map(({ ref }) => ref),
      outputs: graph.outputs.map(({ name }) => refs.get(name)!),
    });
    const handles = held.map(({ handle }) => handle);
    const outputs = graph.outputs.map(({ name, value }) => ({ name, spec: value }));
    return new GraphSession(context, native, fed, handles, outputs);
  }

  /** Runs once; every input that is no variable must be fed. */
  async run(feeds: Readonly<Record<string, HostArray>>): Promise<Record<string, HostArray>> {
    const given = this.given(feeds);
    try {
      return this.read(await this.native.run([...given, ...this.variables]));
    } finally {
      for (const handle of given) handle.dispose();
    }
  }

  runSync(feeds: Readonly<Record<string, HostArray>>): Record<string, HostArray> {
    const given = this.given(feeds);
    try {
      return this.read(this.native.runSync([...given, ...this.variables]));
    } finally {
      for (const handle of given) handle.dispose();
    }
  }

  dispose(): void {
    this.native.dispose();
  }

  private given(feeds: Readonly<Record<string, HostArray>>): TensorHandle[] {
    const { library } = this.context;
    return this.inputs.map(({ name, spec }) => TensorHandle.from(library, feeds[name]!, spec.shape, spec.dtype));
  }

  private read(results: readonly TensorHandle[]): Record<string, HostArray> {
    try {
      return Object.fromEntries(this.outputs.map(({ name, spec }, i) => [name, results[i]!.read(spec.dtype)]));
    } finally {
      for (const handle of results) handle.dispose();
    }
  }
}

/** The handle carries no shape inside a function: it must be told. */
export function readVariable(writer: GraphWriter, resource: Ref, shape: readonly number[]): Ref {
  const value = writer.op('ReadVariableOp', [resource], { dtype: { type: 'float32' } });
  writer.setShape(value, shape);
  return value;
}

/** Which composites a mode has a lowering of its own for. */
export const keptBy = kept;
