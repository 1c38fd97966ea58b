import { OnnxWriter } from './writer.js';

/** In the order in which the file has them first: operators and outputs of nodes as the nodes are ordered. */
function ordered(bytes: Uint8Array, names: readonly string[]): string[] {
  const text = Buffer.from(bytes).toString('latin1');
  return [...names].sort((a, b) => text.indexOf(a) - text.indexOf(b));
}

test('nodes that nothing uses come last, in reverse order, behind copies of inner values', () => {
  const onnx = new OnnxWriter();
  const inner = onnx.op('Exp', ['in0']);
  const first = onnx.op('Neg', [inner]);
  const second = onnx.op('Tanh', [inner]);
  onnx.alias(first, 'first result');
  onnx.alias(second, 'second result');
  onnx.alias(inner, 'inner result');
  const port = (name: string) => ({ name, type: 'float32' as const, shape: [2] });
  const results = ['first result', 'second result', 'inner result'];
  const bytes = onnx.finish('order', [port('in0')], results.map(port));
  const order = ['Exp', 'inner result', 'Tanh', 'Neg', 'second result', 'first result'];
  expect(ordered(bytes, [...order].sort())).toEqual(order);
});
