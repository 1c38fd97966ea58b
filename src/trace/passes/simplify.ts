// Small identities that do not change a bit of a result (but for the sign of a zero): x + 0, x * 1, a transposition of a
// transposition, a reshape of a reshape, a broadcast before an operation that broadcasts.
import type { Graph, Node, Value } from '../graph.js';
import { broadcast, numbersOf, reduced, sameShape } from '../shapes.js';
import { type GraphRewriter, rewrite } from './rewrite.js';

type Simplification = (node: Node, inputs: readonly Value[], rewriter: GraphRewriter) => Value | undefined;

const unary = new Set(
  (
    'Abs Neg Sign Square Ceil Floor Round Exp Expm1 Log Log1p Sqrt Rsqrt Reciprocal Sin Cos Tan Asin Acos Atan Sinh ' +
    'Cosh Tanh Asinh Acosh Atanh Sigmoid Softplus Relu Relu6 Erf Elu Selu LeakyRelu Step ClipByValue IsFinite IsInf ' +
    'IsNan LogicalNot Cast'
  ).split(' '),
);
const binary = new Set(
  (
    'Add Sub Multiply Maximum Minimum SquaredDifference RealDiv FloorDiv Mod Pow Atan2 Equal NotEqual Greater ' +
    'GreaterEqual Less LessEqual LogicalAnd LogicalOr BitwiseAnd'
  ).split(' '),
);
const reductions = new Set('Sum Mean Prod Max Min All Any'.split(' '));

export function simplify(graph: Graph): Graph {
  return rewrite(graph, {
    visit: (node, inputs, rewriter) => {
      for (const rule of rulesFor(node.op)) {
        const value = rule(node, inputs, rewriter);
        if (value) return [value];
      }
      return undefined;
    },
  });
}

function rulesFor(op: string): readonly Simplification[] {
  if (binary.has(op)) return [neutral, withoutBroadcast, afterBroadcast];
  if (unary.has(op)) return [twice, afterBroadcast];
  if (reductions.has(op)) return [reduceNothing];
  return byOperation[op] ?? [];
}

/** x + 0, x - 0, 0 - x, x * 1, x * -1, x / 1, x / 2^n, x ** 1, x ** 2. */
const neutral: Simplification = (node, [a, b], { to, builder }) => {
  const shape = node.outputs[0]!.shape;
  const [left, right] = [uniform(a!, builder), uniform(b!, builder)];
  const kept = (value: Value) => to.broadcastTo(value, shape);
  const negative = (value: Value) => kept(to.one('Neg', [value]));
  switch (node.op) {
    case 'Add':
      return right === 0 ? kept(a!) : left === 0 ? kept(b!) : undefined;
    case 'Sub':
      return right === 0 ? kept(a!) : left === 0 ? negative(b!) : undefined;
    case 'Multiply':
      if (right === 1) return kept(a!);
      if (left === 1) return kept(b!);
      return right === -1 ? negative(a!) : left === -1 ? negative(b!) : undefined;
    case 'RealDiv':
      if (right === 1) return kept(a!);
      return right !== undefined && isPowerOfTwo(right)
        ? kept(to.one('Multiply', [a!, to.scalar(1 / right, 'float32')]))
        : undefined;
    case 'Pow':
      return right === 1 ? kept(a!) : right === 2 ? kept(to.one('Square', [a!])) : undefined;
    default:
      return undefined;
  }
};

/** An operand that was broadcast only to meet the other one. */
const withoutBroadcast: Simplification = (node, inputs, { to, builder }) => {
  for (const [index, input] of inputs.entries()) {
    const source = sourceOf('BroadcastTo', input, builder);
    if (!source) continue;
    const operands = inputs.with(index, source);
    if (sameShape(broadcast(...operands.map(({ shape }) => shape)), node.outputs[0]!.shape))
      return to.one(node.op, operands, node.attributes);
  }
  return undefined;
};

/** Computes on what was broadcast, then broadcasts. */
const afterBroadcast: Simplification = (node, inputs, { to, builder }) => {
  const sources = inputs.map((input) => sourceOf('BroadcastTo', input, builder));
  if (!sources.every((source) => source !== undefined)) return undefined;
  return to.broadcastTo(to.one(node.op, sources, node.attributes), node.outputs[0]!.shape);
};

const twice: Simplification = (node, [x], { to, builder }) => {
  const before = builder.producerOf(x!);
  if (node.op === 'Neg' && before?.op === 'Neg') return before.inputs[0];
  if (node.op === 'LogicalNot' && before?.op === 'LogicalNot') return before.inputs[0];
  if (node.op !== 'Cast' || before?.op !== 'Cast') return undefined;
  // Nothing is lost on the way from bool, nor from int32 to float32 and on to bool.
  const from = before.inputs[0]!;
  const { dtype } = node.outputs[0]!;
  if (from.dtype === 'bool' || (from.dtype === 'int32' && dtype === 'bool')) return to.cast(from, dtype);
  return undefined;
};

const reduceNothing: Simplification = (node, [x], { to }) => {
  const axes = numbersOf(node.attributes, 'axis');
  if (!axes.every((axis) => x!.shape[axis] === 1)) return undefined;
  return to.reshape(x!, reduced(x!.shape, axes, node.attributes['keepDims'] === true));
};

const byOperation: Readonly<Record<string, readonly Simplification[]>> = {
  Select: [
    ({ outputs }, [condition, t, e], { to, builder }) => {
      const chosen = uniform(condition!, builder);
      return chosen === undefined ? undefined : to.broadcastTo(chosen ? t! : e!, outputs[0]!.shape);
    },
    withoutBroadcast,
    afterBroadcast,
  ],
  Transpose: [
    (node, [x], { to, builder }) => {
      const before = builder.producerOf(x!);
      if (before?.op !== 'Transpose') return undefined;
      const first = numbersOf(before.attributes, 'perm');
      return to.transpose(
        before.inputs[0]!,
        numbersOf(node.attributes, 'perm').map((axis) => first[axis]!),
      );
    },
    (node, [x], { to, builder }) => {
      const scalar = scalarSource(x!, builder);
      return scalar && to.broadcastTo(scalar, node.outputs[0]!.shape);
    },
    // A transposition that moves nothing but axes of size 1 (graphs made by hand have them).
    (node, [x], { to }) => {
      const moved = numbersOf(node.attributes, 'perm').filter((axis) => x!.shape[axis] !== 1);
      const ordered = moved.every((axis, index) => index === 0 || axis > moved[index - 1]!);
      return ordered ? to.reshape(x!, node.outputs[0]!.shape) : undefined;
    },
  ],
  Reshape: [
    (node, [x], { to, builder, usesOf }) => {
      const { shape } = node.outputs[0]!;
      if (sameShape(x!.shape, shape)) return x;
      const before = builder.producerOf(x!);
      if (!before) return undefined;
      if (before.op === 'Reshape') return to.reshape(before.inputs[0]!, shape);
      const scalar = scalarSource(x!, builder);
      if (scalar) return to.broadcastTo(scalar, shape);
      if (!reductions.has(before.op) || usesOf(node.inputs[0]!) > 1) return undefined;
      const axes = numbersOf(before.attributes, 'axis');
      const keepDims = before.attributes['keepDims'] !== true;
      if (!sameShape(reduced(before.inputs[0]!.shape, axes, keepDims), shape)) return undefined;
      return to.one(before.op, before.inputs, { axis: axes, keepDims });
    },
  ],
  BroadcastTo: [
    (node, [x], { to, builder }) => {
      const { shape } = node.outputs[0]!;
      if (sameShape(x!.shape, shape)) return x;
      const source = sourceOf('BroadcastTo', x!, builder) ?? leadingOnesOf(x!, builder);
      return source && to.broadcastTo(source, shape);
    },
  ],
  Slice: [
    (node, [x], { to, builder }) => {
      const { shape } = node.outputs[0]!;
      if (sameShape(x!.shape, shape)) return x;
      const before = builder.producerOf(x!);
      if (before?.op !== 'Slice') return undefined;
      const first = numbersOf(before.attributes, 'begin');
      const begin = numbersOf(node.attributes, 'begin').map((at, axis) => at + first[axis]!);
      return to.slice(before.inputs[0]!, begin, shape);
    },
  ],
  Concat: [(_, inputs) => (inputs.length === 1 ? inputs[0] : undefined)],
  SplitV: [(node, [x]) => (node.outputs.length === 1 ? x : undefined)],
  AddN: [
    (_, inputs, { to }) => {
      if (inputs.length > 2) return undefined;
      return inputs.length === 2 ? to.one('Add', inputs) : inputs[0];
    },
  ],
  Tile: [({ attributes }, [x]) => (numbersOf(attributes, 'reps').every((count) => count === 1) ? x : undefined)],
  PadV2: [
    ({ attributes }, [x]) =>
      [...numbersOf(attributes, 'before'), ...numbersOf(attributes, 'after')].every((n) => n === 0) ? x : undefined,
  ],
};

function sourceOf(op: string, value: Value, builder: GraphRewriter['builder']): Value | undefined {
  const node = builder.producerOf(value);
  return node?.op === op ? node.inputs[0] : undefined;
}

/** The scalar that a value repeats. */
function scalarSource(value: Value, builder: GraphRewriter['builder']): Value | undefined {
  const source = sourceOf('BroadcastTo', value, builder);
  return source?.shape.length === 0 ? source : undefined;
}

/** What a value was before a reshape that only added leading axes of size 1. */
function leadingOnesOf(value: Value, builder: GraphRewriter['builder']): Value | undefined {
  const source = sourceOf('Reshape', value, builder);
  if (!source) return undefined;
  const added = value.shape.length - source.shape.length;
  const onlyOnes = added > 0 && value.shape.slice(0, added).every((size) => size === 1);
  return onlyOnes && sameShape(value.shape.slice(added), source.shape) ? source : undefined;
}

/** The number that a constant, broadcast or reshaped perhaps, holds everywhere. */
function uniform(value: Value, builder: GraphRewriter['builder']): number | undefined {
  const numbers = builder.numbersOf(value);
  if (numbers) {
    const [first] = numbers;
    return first !== undefined && numbers.every((number) => number === first) ? first : undefined;
  }
  const source = sourceOf('BroadcastTo', value, builder) ?? sourceOf('Reshape', value, builder);
  return source && uniform(source, builder);
}

/** Dividing by it is exact, and so is multiplying by its inverse. */
function isPowerOfTwo(number: number): boolean {
  const exponent = Math.log2(Math.abs(number));
  return Number.isInteger(exponent) && Math.abs(exponent) < 64;
}
