// A graph as text for people: one line a constant, input, node and output, shapes and dtypes beside every value.
import type { Attribute, Constant, Graph, Node, Port, Value } from './graph.js';

const short = { float32: 'f32', int32: 'i32', bool: 'bool' } as const;
const shownNumbers = 8;

/**
 * A readable listing, one node a line, `%id` naming values; a composite's body is indented below it.
 * The text is for reading and for `--dump-graph`, its layout may change.
 */
export function dump(graph: Graph): string {
  return `${lines(graph).join('\n')}\n`;
}

function lines(graph: Graph): string[] {
  const head = `graph ${graph.name}: ${graph.nodes.length} nodes, ${graph.constants.length} constants`;
  const body = [
    ...graph.inputs.map((port) => `input ${typed(port.value)} ${port.name}`),
    ...graph.constants.map(constantLine),
    ...graph.nodes.flatMap(nodeLines),
    ...graph.outputs.map((port: Port) => `output ${port.name} = %${port.value.id}`),
  ];
  return [head, ...body.map((line) => `  ${line}`)];
}

function nodeLines(node: Node): string[] {
  const attributes = Object.entries(node.attributes).map(([key, value]) => `${key}=${attributeText(value)}`);
  const call = [`${node.op}(${node.inputs.map((input) => `%${input.id}`).join(', ')})`, ...attributes].join(' ');
  const line = `${node.outputs.map(typed).join(', ')} = ${call}`;
  return node.body ? [line, ...lines(node.body).map((inner) => `  ${inner}`)] : [line];
}

function constantLine({ value, data }: Constant): string {
  const numbers = Array.from(data.subarray(0, shownNumbers), (x) => String(Number(x.toPrecision(6))));
  return `constant ${typed(value)} = ${numbers.join(' ')}${data.length > shownNumbers ? ' ...' : ''}`;
}

function attributeText(value: Attribute): string {
  return typeof value === 'object' ? `[${value.join(',')}]` : String(value);
}

function typed(value: Value): string {
  return `%${value.id}:${short[value.dtype]}[${value.shape.join(',')}]`;
}
