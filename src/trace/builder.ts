// Makes graphs one node at a time: used by the recorder, by the passes and by hand in tests. Knows nothing of tfjs.
import { GptError } from '../errors.js';
import type { Attributes, Constant, DType, Graph, HostArray, Node, Port, TensorSpec, Value } from './graph.js';
import { sizeOf } from './graph.js';

/** Collects a graph; ids are given in the order of creation. */
export class GraphBuilder {
  private nextId = 0;
  private readonly inputs: Port[] = [];
  private readonly constants: Constant[] = [];
  private readonly nodes: Node[] = [];
  private readonly outputs: Port[] = [];
  private readonly producers = new Map<number, Node>();
  private readonly numbers = new Map<number, HostArray>();

  constructor(readonly name: string) {}

  /** A named input of the graph; a name taken twice is an error (`trace/name`). */
  input(name: string, spec: TensorSpec): Value {
    refuseTwice(this.inputs, name, 'input');
    const value = this.value(spec);
    this.inputs.push({ name, value });
    return value;
  }

  /** A value known now. `data` is kept, not copied; its length must be the shape's size (`trace/constant`). */
  constant(data: HostArray, shape: readonly number[], dtype: DType): Value {
    if (data.length !== sizeOf(shape))
      throw new GptError('trace/constant', `a constant of shape [${shape}] got ${data.length} numbers`);
    const value = this.value({ shape, dtype });
    this.constants.push({ value, data });
    this.numbers.set(value.id, data);
    return value;
  }

  /** Appends a node; gives its outputs, one for each spec. `body` makes it a composite. */
  add(
    op: string,
    inputs: readonly Value[],
    attributes: Attributes,
    outputSpecs: readonly TensorSpec[],
    body?: Graph,
  ): Value[] {
    const outputs = outputSpecs.map((spec) => this.value(spec));
    const node: Node = { op, inputs, outputs, attributes, ...(body && { body }) };
    this.nodes.push(node);
    for (const output of outputs) this.producers.set(output.id, node);
    return outputs;
  }

  /** The node that gives a value; undefined for an input or a constant. */
  producerOf(value: Value): Node | undefined {
    return this.producers.get(value.id);
  }

  /** A constant's numbers; undefined for any other value. */
  numbersOf(value: Value): HostArray | undefined {
    return this.numbers.get(value.id);
  }

  /** Names a value as an output of the graph; a name taken twice is an error (`trace/name`). */
  output(name: string, value: Value): void {
    refuseTwice(this.outputs, name, 'output');
    this.outputs.push({ name, value });
  }

  /** The graph as it stands; later additions do not change it. */
  build(): Graph {
    return {
      name: this.name,
      inputs: [...this.inputs],
      constants: [...this.constants],
      nodes: [...this.nodes],
      outputs: [...this.outputs],
    };
  }

  private value({ shape, dtype }: TensorSpec): Value {
    return { id: this.nextId++, shape: [...shape], dtype };
  }
}

function refuseTwice(ports: readonly Port[], name: string, kind: string): void {
  if (ports.some((port) => port.name === name))
    throw new GptError('trace/name', `the graph has two ${kind}s named ${name}`);
}
