// The operations a graph may hold, besides composites and primitives: what each takes, its complete attributes and the
// shape it gives. The tracer reduces tfjs' kernels to these; an engine lowers exactly these. Names, meanings and
// rounding are tfjs' (the CPU kernels define them); axes are never negative and attributes never left out.
import { GptError } from '../errors.js';
import type { Attributes, DType, Graph, Node, TensorSpec } from './graph.js';
import { sizeOf } from './graph.js';
import {
  booleanOf,
  broadcast,
  demand,
  dtypeOf,
  mismatch,
  numberOf,
  numbersOf,
  reduced,
  replaced,
  sameShape,
  stringOf,
} from './shapes.js';

type Specs = readonly TensorSpec[];

export interface Operation {
  /** Names of the inputs as tfjs' kernel knows them, or 'list' for one list of any length above zero. */
  readonly inputs: readonly string[] | 'list';
  /** Every attribute, with what it holds. */
  readonly attributes: Readonly<Record<string, string>>;
  /** What it computes, where the name does not say. */
  readonly note?: string;
  /** Output shapes and dtypes; throws `trace/shape` or `trace/dtype`. */
  readonly infer: (inputs: Specs, attributes: Attributes) => TensorSpec[];
}

const x = ['x'] as const;
const ab = ['a', 'b'] as const;
const keepShape = (dtypes: readonly DType[], result?: DType) => (inputs: Specs) => {
  demand(inputs, ...dtypes);
  return [{ shape: inputs[0]!.shape, dtype: result ?? inputs[0]!.dtype }];
};
const float = keepShape(['float32']);
const numeric = keepShape(['float32', 'int32']);

function table(names: string, operation: Operation): Record<string, Operation> {
  return Object.fromEntries(names.split(' ').map((name) => [name, operation]));
}

/** Elementwise with NumPy broadcasting; both inputs have one dtype. */
function pairwise(dtypes: readonly DType[], result?: DType) {
  return ([a, b]: Specs): TensorSpec[] => {
    demand([a!, b!], ...dtypes);
    if (a!.dtype !== b!.dtype) throw new GptError('trace/dtype', `mixes ${a!.dtype} and ${b!.dtype}`);
    return [{ shape: broadcast(a!.shape, b!.shape), dtype: result ?? a!.dtype }];
  };
}

function reduction(dtypes: readonly DType[]): Operation {
  return {
    inputs: x,
    attributes: { axis: 'axes, ascending, possibly none', keepDims: 'boolean' },
    infer: ([input], attributes) => {
      demand([input!], ...dtypes);
      return [
        {
          shape: reduced(input!.shape, numbersOf(attributes, 'axis'), booleanOf(attributes, 'keepDims')),
          dtype: input!.dtype,
        },
      ];
    },
  };
}

const argument: Operation = {
  inputs: x,
  attributes: { axis: 'axis' },
  note: 'the first index of the extreme value; int32, the axis removed',
  infer: ([input], a) => [{ shape: reduced(input!.shape, [numberOf(a, 'axis')], false), dtype: 'int32' }],
};

const cumulative: Operation = {
  inputs: x,
  attributes: { axis: 'axis', exclusive: 'boolean', reverse: 'boolean' },
  infer: numeric,
};

/** Integers only where it says so; `float` operations never see another dtype. */
const elementwise: Record<string, Operation> = {
  ...table('Abs Neg Sign Square', { inputs: x, attributes: {}, infer: numeric }),
  ...table('Ceil Floor Exp Expm1 Log Log1p Sqrt Rsqrt Reciprocal', { inputs: x, attributes: {}, infer: float }),
  ...table('Sin Cos Tan Asin Acos Atan Sinh Cosh Tanh', { inputs: x, attributes: {}, infer: float }),
  ...table('Asinh Acosh Atanh Sigmoid Softplus Relu Relu6', { inputs: x, attributes: {}, infer: float }),
  Round: { inputs: x, attributes: {}, note: 'halves to even', infer: float },
  Erf: { inputs: x, attributes: {}, note: 'tfjs: Abramowitz and Stegun 7.1.26, good to 1.5e-7', infer: float },
  Elu: { inputs: x, attributes: {}, note: 'x >= 0 ? x : exp(x) - 1', infer: float },
  Selu: {
    inputs: x,
    attributes: {},
    note: 'scale * (x >= 0 ? x : alpha * (exp(x) - 1)); alpha 1.6732632423543772, scale 1.0507009873554805',
    infer: float,
  },
  LeakyRelu: { inputs: x, attributes: { alpha: 'number' }, note: 'x < 0 ? alpha * x : x', infer: float },
  Step: { inputs: x, attributes: { alpha: 'number' }, note: 'NaN stays; x > 0 ? 1 : alpha', infer: float },
  ClipByValue: {
    inputs: x,
    attributes: { clipValueMin: 'number', clipValueMax: 'number' },
    infer: numeric,
  },
  ...table('IsFinite IsInf IsNan', { inputs: x, attributes: {}, infer: keepShape(['float32'], 'bool') }),
  LogicalNot: { inputs: x, attributes: {}, infer: keepShape(['bool']) },
  ...table('Add Sub Multiply Maximum Minimum SquaredDifference', {
    inputs: ab,
    attributes: {},
    infer: pairwise(['float32', 'int32']),
  }),
  RealDiv: { inputs: ab, attributes: {}, infer: pairwise(['float32']) },
  FloorDiv: { inputs: ab, attributes: {}, note: 'floor(a / b)', infer: pairwise(['float32', 'int32']) },
  Mod: { inputs: ab, attributes: {}, note: "the sign is b's, as in Python", infer: pairwise(['float32', 'int32']) },
  Pow: { inputs: ab, attributes: {}, infer: pairwise(['float32', 'int32']) },
  Atan2: { inputs: ab, attributes: {}, infer: pairwise(['float32']) },
  ...table('Equal NotEqual', { inputs: ab, attributes: {}, infer: pairwise(['float32', 'int32', 'bool'], 'bool') }),
  ...table('Greater GreaterEqual Less LessEqual', {
    inputs: ab,
    attributes: {},
    infer: pairwise(['float32', 'int32'], 'bool'),
  }),
  ...table('LogicalAnd LogicalOr', { inputs: ab, attributes: {}, infer: pairwise(['bool']) }),
  BitwiseAnd: { inputs: ab, attributes: {}, infer: pairwise(['int32']) },
  AddN: {
    inputs: 'list',
    attributes: {},
    note: 'the sum of one or more tensors of one shape',
    infer: (inputs) => {
      demand(inputs, 'float32', 'int32');
      if (inputs.some((input) => !sameShape(input.shape, inputs[0]!.shape))) throw mismatch('inputs differ in shape');
      return [inputs[0]!];
    },
  },
  Select: {
    inputs: ['condition', 't', 'e'],
    attributes: {},
    note: 'condition ? t : e, elementwise; the three broadcast (tfjs itself asks for equal shapes)',
    infer: ([condition, t, e]) => {
      demand([condition!], 'bool');
      if (t!.dtype !== e!.dtype) throw new GptError('trace/dtype', `mixes ${t!.dtype} and ${e!.dtype}`);
      return [{ shape: broadcast(condition!.shape, t!.shape, e!.shape), dtype: t!.dtype }];
    },
  },
  Cast: {
    inputs: x,
    attributes: { dtype: 'float32 | int32 | bool' },
    note: 'to int32: toward zero; to bool: x != 0',
    infer: ([input], a) => [{ shape: input!.shape, dtype: dtypeOf(a, 'dtype') }],
  },
};

const reductions: Record<string, Operation> = {
  ...table('Sum Prod Max Min', reduction(['float32', 'int32'])),
  Mean: reduction(['float32']),
  ...table('All Any', reduction(['bool'])),
  ...table('ArgMax ArgMin', argument),
  ...table('Cumsum Cumprod', cumulative),
  Softmax: { inputs: ['logits'], attributes: { dim: 'the last axis' }, infer: float },
  TopK: {
    inputs: x,
    attributes: { k: 'number', sorted: 'boolean' },
    note: 'along the last axis, largest first; of equals the lower index; outputs values, indices (int32)',
    infer: ([input], a) => {
      demand([input!], 'float32', 'int32');
      const shape = replaced(input!.shape, input!.shape.length - 1, numberOf(a, 'k'));
      return [
        { shape, dtype: input!.dtype },
        { shape, dtype: 'int32' },
      ];
    },
  },
};

const products: Record<string, Operation> = {
  BatchMatMul: {
    inputs: ab,
    attributes: { transposeA: 'boolean', transposeB: 'boolean' },
    note: '[..., M, K] x [..., K, N] -> [..., M, N], leading axes broadcast; ranks of 2 or more',
    infer: ([a, b], attributes) => {
      demand([a!, b!], 'float32');
      if (a!.shape.length < 2 || b!.shape.length < 2) throw mismatch(`ranks are [${a!.shape}] and [${b!.shape}]`);
      const [m, k] = lastTwo(a!.shape, booleanOf(attributes, 'transposeA'));
      const [k2, n] = lastTwo(b!.shape, booleanOf(attributes, 'transposeB'));
      if (k !== k2) throw mismatch(`inner sizes ${k} and ${k2} differ ([${a!.shape}] x [${b!.shape}])`);
      return [{ shape: [...broadcast(a!.shape.slice(0, -2), b!.shape.slice(0, -2)), m, n], dtype: 'float32' }];
    },
  },
  Einsum: {
    inputs: 'list',
    attributes: { equation: 'explicit, without blanks: ij,jk->ik' },
    infer: (inputs, attributes) => {
      demand(inputs, 'float32');
      const [left, right] = stringOf(attributes, 'equation').split('->');
      const sizes = new Map<string, number>();
      left!.split(',').forEach((term, i) => {
        if (term.length !== inputs[i]?.shape.length) throw mismatch(`term ${term} for shape [${inputs[i]?.shape}]`);
        [...term].forEach((letter, axis) => {
          const size = inputs[i]!.shape[axis]!;
          if ((sizes.get(letter) ?? size) !== size) throw mismatch(`sizes of ${letter} differ`);
          sizes.set(letter, size);
        });
      });
      return [{ shape: [...right!].map((letter) => sizes.get(letter)!), dtype: 'float32' }];
    },
  },
};

const shapes: Record<string, Operation> = {
  Reshape: {
    inputs: x,
    attributes: { shape: 'sizes, none of them -1' },
    infer: ([input], a) => {
      const shape = numbersOf(a, 'shape');
      if (sizeOf(shape) !== sizeOf(input!.shape)) throw mismatch(`[${input!.shape}] does not fit [${shape}]`);
      return [{ shape, dtype: input!.dtype }];
    },
  },
  Transpose: {
    inputs: x,
    attributes: { perm: 'axis of the input for each axis of the output' },
    infer: ([input], a) => {
      const perm = numbersOf(a, 'perm');
      if (
        !sameShape(
          [...perm].sort((p, q) => p - q),
          input!.shape.map((_, i) => i),
        )
      )
        throw mismatch(`perm [${perm}] for rank ${input!.shape.length}`);
      return [{ shape: perm.map((axis) => input!.shape[axis]!), dtype: input!.dtype }];
    },
  },
  BroadcastTo: {
    inputs: x,
    attributes: { shape: 'sizes' },
    note: 'of our own: repeats along axes of size 1 and new leading axes',
    infer: ([input], a) => {
      const shape = numbersOf(a, 'shape');
      if (!sameShape(broadcast(input!.shape, shape), shape))
        throw mismatch(`[${input!.shape}] does not broadcast to [${shape}]`);
      return [{ shape, dtype: input!.dtype }];
    },
  },
  Tile: {
    inputs: x,
    attributes: { reps: 'number for each axis' },
    infer: ([input], a) => [
      { shape: input!.shape.map((size, i) => size * numbersOf(a, 'reps')[i]!), dtype: input!.dtype },
    ],
  },
  Concat: {
    inputs: 'list',
    attributes: { axis: 'axis' },
    infer: (inputs, a) => {
      const axis = numberOf(a, 'axis');
      const [first] = inputs;
      for (const { shape, dtype } of inputs) {
        if (dtype !== first!.dtype) throw new GptError('trace/dtype', `mixes ${first!.dtype} and ${dtype}`);
        if (!sameShape(replaced(shape, axis, 0), replaced(first!.shape, axis, 0)))
          throw mismatch(`[${shape}] beside [${first!.shape}] along axis ${axis}`);
      }
      const size = inputs.reduce((sum, input) => sum + input.shape[axis]!, 0);
      return [{ shape: replaced(first!.shape, axis, size), dtype: first!.dtype }];
    },
  },
  SplitV: {
    inputs: x,
    attributes: { numOrSizeSplits: 'sizes along the axis', axis: 'axis' },
    note: 'one output for each size',
    infer: ([input], a) => {
      const axis = numberOf(a, 'axis');
      const sizes = numbersOf(a, 'numOrSizeSplits');
      if (sizes.reduce((sum, size) => sum + size, 0) !== input!.shape[axis])
        throw mismatch(`[${input!.shape}] splits not into [${sizes}] along axis ${axis}`);
      return sizes.map((size) => ({ shape: replaced(input!.shape, axis, size), dtype: input!.dtype }));
    },
  },
  Slice: {
    inputs: x,
    attributes: { begin: 'for each axis', size: 'for each axis' },
    infer: ([input], a) => {
      const begin = numbersOf(a, 'begin');
      const size = numbersOf(a, 'size');
      if (input!.shape.some((length, i) => begin[i]! < 0 || begin[i]! + size[i]! > length))
        throw mismatch(`begin [${begin}] size [${size}] of [${input!.shape}]`);
      return [{ shape: size, dtype: input!.dtype }];
    },
  },
  StridedSlice: {
    inputs: x,
    attributes: { begin: 'for each axis', end: 'for each axis, exclusive', strides: 'for each axis, positive' },
    note: 'no masks; 0 <= begin <= end <= size',
    infer: ([input], a) => {
      const [begin, end, strides] = ['begin', 'end', 'strides'].map((key) => numbersOf(a, key));
      return [
        {
          shape: input!.shape.map((_, i) => Math.ceil((end![i]! - begin![i]!) / strides![i]!)),
          dtype: input!.dtype,
        },
      ];
    },
  },
  Reverse: { inputs: x, attributes: { dims: 'axes' }, infer: keepShape(['float32', 'int32', 'bool']) },
  PadV2: {
    inputs: x,
    attributes: { before: 'for each axis', after: 'for each axis', constantValue: 'number' },
    infer: padded,
  },
  MirrorPad: {
    inputs: x,
    attributes: { before: 'for each axis', after: 'for each axis', mode: 'reflect | symmetric' },
    infer: padded,
  },
};

const indexing: Record<string, Operation> = {
  GatherV2: {
    inputs: ['x', 'indices'],
    attributes: { axis: 'axis', batchDims: 'number of shared leading axes, at most axis' },
    note: 'shape x[:axis] + indices[batchDims:] + x[axis + 1:]; indices int32, in range',
    infer: ([input, indices], a) => {
      demand([indices!], 'int32');
      const axis = numberOf(a, 'axis');
      const shape = [
        ...input!.shape.slice(0, axis),
        ...indices!.shape.slice(numberOf(a, 'batchDims')),
        ...input!.shape.slice(axis + 1),
      ];
      return [{ shape, dtype: input!.dtype }];
    },
  },
  GatherNd: {
    inputs: ['params', 'indices'],
    attributes: {},
    note: 'indices [..., D] name the first D axes of params',
    infer: ([params, indices]) => {
      demand([indices!], 'int32');
      const depth = indices!.shape.at(-1)!;
      return [{ shape: [...indices!.shape.slice(0, -1), ...params!.shape.slice(depth)], dtype: params!.dtype }];
    },
  },
  ScatterNd: {
    inputs: ['indices', 'updates'],
    attributes: { shape: 'sizes of the result' },
    note: 'zeros of `shape`, updates added at indices [..., D]; equal indices add up',
    infer: ([indices, updates], a) => {
      demand([indices!], 'int32');
      demand([updates!], 'float32', 'int32');
      return [{ shape: numbersOf(a, 'shape'), dtype: updates!.dtype }];
    },
  },
  TensorScatterUpdate: {
    inputs: ['tensor', 'indices', 'updates'],
    attributes: {},
    note: 'tensor with updates written at indices [..., D]; of equal indices the last wins',
    infer: ([tensor, indices]) => {
      demand([indices!], 'int32');
      return [tensor!];
    },
  },
  UnsortedSegmentSum: {
    inputs: ['x', 'segmentIds'],
    attributes: { numSegments: 'number' },
    note: 'rows of x (segmentIds is [N], x [N, ...]) added up by id into [numSegments, ...]',
    infer: ([input, ids], a) => {
      demand([ids!], 'int32');
      demand([input!], 'float32', 'int32');
      if (ids!.shape.length !== 1 || ids!.shape[0] !== input!.shape[0])
        throw mismatch(`ids [${ids!.shape}] for [${input!.shape}]`);
      return [{ shape: [numberOf(a, 'numSegments'), ...input!.shape.slice(1)], dtype: input!.dtype }];
    },
  },
  OneHot: {
    inputs: ['indices'],
    attributes: { depth: 'number', onValue: 'number', offValue: 'number', dtype: 'of the result' },
    note: 'a new last axis; an index out of range gives offValue only',
    infer: ([indices], a) => {
      demand([indices!], 'int32');
      return [{ shape: [...indices!.shape, numberOf(a, 'depth')], dtype: dtypeOf(a, 'dtype') }];
    },
  },
};

/** Operation by name. Nothing else may appear in a graph but composites (with a body) and primitives. */
export const vocabulary: Readonly<Record<string, Operation>> = {
  ...elementwise,
  ...reductions,
  ...products,
  ...shapes,
  ...indexing,
};

/** The outputs of an operation of the vocabulary; errors name it. `trace/op` for a name that it does not know. */
export function inferOutputs(op: string, inputs: Specs, attributes: Attributes): TensorSpec[] {
  const operation = Object.hasOwn(vocabulary, op) ? vocabulary[op] : undefined;
  if (!operation) throw new GptError('trace/op', `${op} is not an operation of the vocabulary`);
  try {
    const arity = operation.inputs === 'list' ? Math.max(1, inputs.length) : operation.inputs.length;
    if (inputs.length !== arity) throw mismatch(`takes ${arity} inputs, got ${inputs.length}`);
    return operation.infer(inputs, attributes).map(({ shape, dtype }) => ({ shape, dtype }));
  } catch (error) {
    if (!(error instanceof GptError)) throw error;
    throw new GptError(error.code, `${op}: ${error.message}`, { cause: error });
  }
}

/** For `verify`: what the vocabulary says of a node; nothing of composites, nor of operations it does not know. */
export function inferNode(node: Node): TensorSpec[] | undefined {
  return node.body || !Object.hasOwn(vocabulary, node.op)
    ? undefined
    : inferOutputs(node.op, node.inputs, node.attributes);
}

/** Names of the operations in a graph, bodies included, that are not of the vocabulary: composites and primitives. */
export function foreignOperations(graph: Graph): string[] {
  const names = new Set<string>();
  const visit = ({ nodes }: Graph) => {
    for (const node of nodes) {
      if (!Object.hasOwn(vocabulary, node.op)) names.add(node.op);
      if (node.body) visit(node.body);
    }
  };
  visit(graph);
  return [...names].sort();
}

function padded([input]: Specs, attributes: Attributes): TensorSpec[] {
  const before = numbersOf(attributes, 'before');
  const after = numbersOf(attributes, 'after');
  return [{ shape: input!.shape.map((size, i) => before[i]! + size + after[i]!), dtype: input!.dtype }];
}

function lastTwo(shape: readonly number[], transposed: boolean): [number, number] {
  const [rows, columns] = [shape.at(-2)!, shape.at(-1)!];
  return transposed ? [columns, rows] : [rows, columns];
}
