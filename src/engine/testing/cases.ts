// One list of small graphs for every engine: each operation of the vocabulary in several shapes and dtypes, with
// broadcasting, scalars, sizes of 1 and 0, and the numbers at which definitions differ. For tests only.
import { Random } from '../../rng.js';
import type { Attributes, DType, HostArray } from '../../trace/graph.js';
import { sizeOf } from '../../trace/graph.js';

export interface Operand {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly data: HostArray;
}

export interface Case {
  readonly op: string;
  readonly inputs: readonly Operand[];
  readonly attributes: Attributes;
  /** The first output where tfjs' kernel knows less than the vocabulary: worked by hand. */
  readonly expected?: HostArray;
  /** Largest error allowed, relative to the larger of 1 and the result. Default 1e-6 times a few. */
  readonly tolerance?: number;
}

const random = new Random(20);

/** Numbers between low and high. */
function floats(shape: readonly number[], low = -3, high = 3): Operand {
  const data = Float32Array.from({ length: sizeOf(shape) }, () => low + (high - low) * random.next());
  return { shape, dtype: 'float32', data };
}

/** Whole numbers from low to high - 1. */
function ints(shape: readonly number[], low = -9, high = 10): Operand {
  const data = Int32Array.from({ length: sizeOf(shape) }, () => low + random.integer(high - low));
  return { shape, dtype: 'int32', data };
}

function bools(shape: readonly number[]): Operand {
  return { shape, dtype: 'bool', data: Uint8Array.from({ length: sizeOf(shape) }, () => random.integer(2)) };
}

const floatsOf = (...data: number[]): Operand => ({
  shape: [data.length],
  dtype: 'float32',
  data: Float32Array.from(data),
});
const intsOf = (...data: number[]): Operand => ({ shape: [data.length], dtype: 'int32', data: Int32Array.from(data) });
const shaped = (operand: Operand, ...shape: number[]): Operand => ({ ...operand, shape });

const cases: Case[] = [];

function add(op: string, inputs: readonly Operand[], attributes: Attributes = {}, tolerance?: number): void {
  cases.push({ op, inputs, attributes, ...(tolerance === undefined ? {} : { tolerance }) });
}

const shapes = [[], [1], [7], [3, 4], [2, 1, 5], [2, 0], [2, 3, 4, 5]];

function unary(names: string, make: (shape: readonly number[]) => Operand, tolerance?: number): void {
  for (const op of names.split(' ')) for (const shape of shapes) add(op, [make(shape)], {}, tolerance);
}

unary('Neg Square Exp Tanh Sigmoid Softplus Relu Elu Selu Sin Cos Atan Ceil Floor', floats);
unary('Abs Sign Neg Square', ints);
unary('Abs Sign', floats);
unary('Log Sqrt Rsqrt Reciprocal', (shape) => floats(shape, 0.01, 9));
unary('Asin Acos', (shape) => floats(shape, -1, 1));
unary('Tan Atanh', (shape) => floats(shape, -0.95, 0.95), 1e-5);
unary('Acosh', (shape) => floats(shape, 1, 9));
unary('Asinh Sinh Cosh', floats, 1e-5);
unary('Erf', floats, 1e-6);
unary('Round', (shape) => floats(shape, -9, 9));
unary('Relu6', (shape) => floats(shape, -9, 9));
unary('LogicalNot', bools);
unary('IsNan IsInf IsFinite', floats);

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
const odd = floatsOf(nan, infinity, -infinity, 0, -0, 1, -2.5);
for (const op of ['IsNan', 'IsInf', 'IsFinite']) add(op, [odd]);
add('Round', [floatsOf(-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5, 0.49999997, 8388609)]);
for (const op of ['Exp', 'Tanh', 'Sigmoid', 'Softplus', 'Erf', 'Elu'])
  add(op, [floatsOf(-200, -100, -20, -1e-6, 0, 1e-6, 20, 60)], {}, op === 'Erf' ? 1e-6 : 2e-6);
add('Exp', [floatsOf(-infinity, infinity, nan)]);
add('Expm1', [floatsOf(-infinity, -100, -1, -1e-3, -1e-7, 0, 1e-7, 1e-3, 1, 20, 100, infinity, nan)]);
add('Log1p', [floatsOf(-1, -0.5, -1e-3, -1e-7, 0, 1e-7, 1e-3, 1, 1e9, 1e30, infinity, nan)]);
for (const op of ['Expm1', 'Log1p']) for (const shape of shapes) add(op, [floats(shape, -0.9, 2)]);
for (const shape of shapes) {
  add('LeakyRelu', [floats(shape)], { alpha: 0.2 });
  add('Step', [floats(shape)], { alpha: 1 });
  add('ClipByValue', [floats(shape)], { clipValueMin: -1, clipValueMax: 0.5 });
  add('ClipByValue', [ints(shape)], { clipValueMin: -3, clipValueMax: 4 });
  for (const dtype of ['float32', 'int32', 'bool'] as const)
    for (const input of [floats(shape), ints(shape, -2, 3), bools(shape)]) add('Cast', [input], { dtype });
}
add('Step', [odd], { alpha: -0.5 });
add('Cast', [floatsOf(-2.9, -0.5, 0.5, 2.9, 1e9)], { dtype: 'int32' });

const pairs = [
  [[], []],
  [[3, 4], []],
  [[], [2]],
  [
    [3, 4],
    [3, 4],
  ],
  [[2, 3, 4], [4]],
  [
    [3, 1],
    [1, 4],
  ],
  [
    [2, 1, 5],
    [4, 5],
  ],
  [[0, 3], [3]],
  [[2, 3, 4, 5], [5]],
  [
    [2, 3, 4, 5],
    [2, 3, 1, 1],
  ],
] as const;

function binary(names: string, make: (shape: readonly number[]) => Operand, other = make): void {
  for (const op of names.split(' ')) for (const [a, b] of pairs) add(op, [make(a), other(b)]);
}

binary('Add Sub Multiply Maximum Minimum SquaredDifference Greater GreaterEqual Less LessEqual', floats);
binary('Add Sub Multiply Maximum Minimum SquaredDifference Greater GreaterEqual Less LessEqual', ints);
binary('Equal NotEqual', (shape) => ints(shape, 0, 3));
binary('Equal NotEqual LogicalAnd LogicalOr', bools);
binary('Equal NotEqual', (shape) => {
  const operand = ints(shape, 0, 3);
  return { ...operand, dtype: 'float32', data: Float32Array.from(operand.data) };
});
binary('RealDiv Mod', floats, (shape) => floats(shape, 0.5, 2));
binary('RealDiv Mod', floats, (shape) => floats(shape, -2, -0.5));
binary('FloorDiv Mod', ints, (shape) => ints(shape, 1, 5));
binary('FloorDiv Mod', ints, (shape) => ints(shape, -5, 0));
binary('Pow', (shape) => floats(shape, 0.1, 2), floats);
binary('Pow', ints, (shape) => ints(shape, 0, 4));
binary('Atan2', floats);
binary('BitwiseAnd', (shape) => ints(shape, -1000, 1000));
add('Mod', [floatsOf(5, -5, 5, -5, 0, 6, -6), floatsOf(3, 3, -3, -3, 3, 3, 3)]);
add('Mod', [intsOf(5, -5, 5, -5, 0, 6, -6, 7), intsOf(3, 3, -3, -3, 3, 3, 3, -1)]);
add('FloorDiv', [intsOf(7, -7, 7, -7, 2147483647, -2147483648), intsOf(2, 2, -2, -2, 1, 2)]);
add('FloorDiv', [intsOf(7, 0), intsOf(0, 0)]);
add('Pow', [floatsOf(-2, -2, 0, 0, 2, 1.5), floatsOf(3, 2, 0, 2, -1, 0.5)]);
add('Atan2', [floatsOf(0, 1, -1, 0, 0, 1, -1, infinity), floatsOf(0, 0, 0, 1, -1, -1, -1, 1)]);
add('Multiply', [intsOf(65537, -65537, 2147483647), intsOf(65537, 65539, 3)]);

for (const count of [1, 2, 5, 9])
  for (const shape of [[], [3, 4], [0]]) {
    const times = (make: typeof floats) => Array.from({ length: count }, () => make(shape));
    add('AddN', times(floats));
    add('AddN', times(ints));
  }

for (const [condition, t, e] of [
  [[], [], []],
  [
    [3, 4],
    [3, 4],
    [3, 4],
  ],
] as const)
  for (const make of [floats, ints, bools]) add('Select', [bools(condition), make(t), make(e)]);

const reducible: readonly (readonly [readonly number[], readonly number[]])[] = [
  [[], []],
  [[5], [0]],
  [[3, 4], [0]],
  [[3, 4], [1]],
  [[3, 4], []],
  [
    [3, 4],
    [0, 1],
  ],
  [
    [2, 3, 4, 5],
    [1, 3],
  ],
  [
    [2, 3, 4, 5],
    [2, 3],
  ],
  [[1, 6, 1], [1]],
  [[0, 4], [1]],
];
for (const [shape, axis] of reducible)
  for (const keepDims of [false, true]) {
    const attributes = { axis, keepDims };
    for (const op of ['Sum', 'Max', 'Min']) for (const make of [floats, ints]) add(op, [make(shape)], attributes);
    add('Mean', [floats(shape)], attributes);
    add('Prod', [floats(shape, -1.5, 1.5)], attributes);
    add('Prod', [ints(shape, -2, 3)], attributes);
    for (const op of ['All', 'Any']) add(op, [bools(shape)], attributes);
  }
for (const op of ['Sum', 'Prod']) add(op, [floats([0, 3])], { axis: [0], keepDims: false });

for (const [shape, axis] of [
  [[6], 0],
  [[3, 4], 0],
  [[3, 4], 1],
  [[2, 3, 4], 1],
] as const) {
  for (const op of ['ArgMax', 'ArgMin']) for (const make of [floats, ints]) add(op, [make(shape)], { axis });
  add('ArgMax', [ints(shape, 0, 2)], { axis }); // ties: the first one
  for (const exclusive of [false, true])
    for (const reverse of [false, true]) {
      add('Cumsum', [floats(shape)], { axis, exclusive, reverse });
      add('Cumsum', [ints(shape)], { axis, exclusive, reverse });
      add('Cumprod', [floats(shape)], { axis, exclusive, reverse }, 1e-5);
    }
}

for (const shape of [[4], [3, 5], [2, 3, 4], [2, 2, 3, 7], [1, 1], [0, 3]])
  add('Softmax', [floats(shape, -8, 8)], { dim: shape.length - 1 });
add('Softmax', [shaped(floatsOf(1000, 999, -1000, 0, -1e9, 3), 2, 3)], { dim: 1 });

for (const k of [1, 3, 6])
  for (const shape of [[6], [2, 6], [2, 3, 6]]) {
    add('TopK', [floats(shape)], { k, sorted: true });
    add('TopK', [ints(shape, 0, 3)], { k, sorted: true }); // ties: the lower index first
  }

for (const [a, b] of [
  [
    [3, 4],
    [4, 5],
  ],
  [
    [1, 1],
    [1, 1],
  ],
  [
    [2, 3, 4],
    [2, 4, 5],
  ],
  [
    [2, 3, 4],
    [1, 4, 5],
  ],
  [
    [1, 3, 4],
    [6, 4, 5],
  ],
  [
    [2, 1, 3, 4],
    [2, 5, 4, 2],
  ],
  [
    [33, 65],
    [65, 47],
  ],
  [
    [0, 4],
    [4, 5],
  ],
] as const)
  for (const transposeA of [false, true])
    for (const transposeB of [false, true]) {
      const turned = (shape: readonly number[], turn: boolean) =>
        turn ? [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!] : shape;
      add('BatchMatMul', [floats(turned(a, transposeA), -1, 1), floats(turned(b, transposeB), -1, 1)], {
        transposeA,
        transposeB,
      });
    }

for (const [equation, ...terms] of [
  ['ij,jk->ik', [3, 4], [4, 5]],
  ['bij,bjk->bik', [2, 3, 4], [2, 4, 5]],
  ['bthd,bshd->bhts', [2, 3, 2, 4], [2, 5, 2, 4]],
  ['ij->ji', [3, 4]],
  ['ij,j->i', [3, 4], [4]],
] as const)
  add(
    'Einsum',
    terms.map((shape) => floats(shape)),
    { equation },
  );

for (const make of [floats, ints, bools]) {
  for (const [from, shape] of [
    [[6], [2, 3]],
    [[2, 3], [6]],
    [[], [1, 1]],
    [[1], []],
    [
      [0, 3],
      [3, 0, 2],
    ],
    [
      [2, 3, 4],
      [4, 6],
    ],
  ] as const)
    add('Reshape', [make(from)], { shape });
  for (const [from, perm] of [
    [
      [3, 4],
      [1, 0],
    ],
    [
      [2, 3, 4],
      [2, 0, 1],
    ],
    [
      [2, 3, 4, 5],
      [0, 2, 1, 3],
    ],
    [[5], [0]],
    [[], []],
    [
      [0, 4],
      [1, 0],
    ],
  ] as const)
    add('Transpose', [make(from)], { perm });
  for (const [from, shape] of [
    [[], [3]],
    [
      [3, 1],
      [2, 3, 4],
    ],
    [[4], [4]],
  ] as const)
    add('BroadcastTo', [make(from)], { shape });
  for (const [from, reps] of [
    [[3], [4]],
    [
      [2, 3],
      [2, 1],
    ],
    [
      [2, 1, 3],
      [1, 3, 2],
    ],
  ] as const)
    add('Tile', [make(from)], { reps });
  for (const [axis, ...parts] of [
    [0, [2], [3]],
    [1, [2, 3], [2, 1], [2, 4]],
    [0, [2, 3], [0, 3]],
    [1, [2, 3]],
    [2, [2, 3, 4], [2, 3, 1]],
  ] as const)
    add(
      'Concat',
      parts.map((shape) => make(shape)),
      { axis },
    );
  for (const [from, axis, numOrSizeSplits] of [
    [[6], 0, [2, 4]],
    [[2, 9], 1, [3, 3, 3]],
    [[4, 2], 0, [1, 0, 3]],
    [[4, 2], 1, [2]],
  ] as const)
    add('SplitV', [make(from)], { numOrSizeSplits, axis });
  for (const [from, begin, size] of [
    [[6], [2], [3]],
    [
      [3, 4],
      [1, 0],
      [2, 4],
    ],
    [
      [2, 3, 4],
      [0, 1, 1],
      [1, 2, 2],
    ],
    [
      [3, 4],
      [0, 0],
      [3, 4],
    ],
    [
      [3, 4],
      [1, 1],
      [0, 2],
    ],
  ] as const)
    add('Slice', [make(from)], { begin, size });
  for (const [from, begin, end, strides] of [
    [[9], [1], [8], [3]],
    [
      [5, 6],
      [0, 1],
      [5, 6],
      [2, 2],
    ],
  ] as const)
    add('StridedSlice', [make(from)], { begin, end, strides });
  for (const [from, dims] of [
    [[5], [0]],
    [[3, 4], [1]],
    [
      [2, 3, 4],
      [0, 2],
    ],
    [[3, 4], []],
  ] as const)
    add('Reverse', [make(from)], { dims });
}
for (const make of [floats, ints])
  for (const [from, before, after, constantValue] of [
    [[3], [1], [2], 0],
    [[2, 3], [0, 1], [2, 0], -7],
    [[2, 0], [1, 1], [0, 0], 4],
  ] as const)
    add('PadV2', [make(from)], { before, after, constantValue });
for (const mode of ['reflect', 'symmetric'])
  for (const [from, before, after] of [
    [[5], [2], [3]],
    [
      [3, 4],
      [2, 0],
      [1, 3],
    ],
  ] as const)
    add('MirrorPad', [floats(from)], { before, after, mode });

for (const make of [floats, ints, bools])
  for (const [from, indices, axis, batchDims] of [
    [[5], ints([], 0, 5), 0, 0],
    [[5, 3], ints([4], 0, 5), 0, 0],
    [[5, 3], ints([2, 2], 0, 3), 1, 0],
    [[2, 4, 3], ints([0], 0, 4), 1, 0],
    [[2, 4, 3], ints([2, 5], 0, 4), 1, 1],
    [[2, 4, 3], ints([2], 0, 4), 1, 1],
    [[2, 3, 5], ints([2, 4], 0, 5), 2, 1],
    [[2, 3, 5, 2], ints([2, 3, 4], 0, 5), 2, 2],
  ] as const)
    add('GatherV2', [make(from), indices], { axis, batchDims });
for (const make of [floats, ints]) {
  add('GatherNd', [make([5]), shaped(intsOf(0, 4, 2), 3, 1)]);
  add('GatherNd', [make([3, 4]), shaped(intsOf(0, 0, 2, 3), 2, 2)]);
  add('GatherNd', [make([3, 4]), shaped(intsOf(2, 1), 2, 1)]);
  add('GatherNd', [make([2, 3, 4]), ints([2, 2, 1], 0, 2)]);
  add('ScatterNd', [shaped(intsOf(0, 4, 2), 3, 1), make([3])], { shape: [5] });
  add('ScatterNd', [shaped(intsOf(1, 1, 1, 0), 4, 1), make([4, 3])], { shape: [3, 3] });
  add('ScatterNd', [shaped(intsOf(0, 0, 2, 1, 0, 0), 3, 2), make([3, 4])], { shape: [3, 2, 4] });
  add('TensorScatterUpdate', [make([5]), shaped(intsOf(0, 4), 2, 1), make([2])]);
  add('TensorScatterUpdate', [make([4, 3]), shaped(intsOf(3, 1), 2, 1), make([2, 3])]);
}
add('UnsortedSegmentSum', [floats([6]), intsOf(0, 2, 0, 1, 2, 2)], { numSegments: 4 });
add('UnsortedSegmentSum', [floats([4, 3]), intsOf(1, 1, 0, 1)], { numSegments: 2 });
add('UnsortedSegmentSum', [floats([4, 3]), intsOf(1, -1, 5, 0)], { numSegments: 2 });
cases.push(
  {
    op: 'UnsortedSegmentSum',
    inputs: [shaped(intsOf(1, 2, 3, 4, 5, 6), 3, 2), intsOf(1, 0, 1)],
    attributes: { numSegments: 3 },
    expected: Int32Array.of(3, 4, 6, 8, 0, 0),
  },
  {
    op: 'FloorDiv',
    inputs: [floatsOf(7, -7, 7, -7), floatsOf(2, 2, -2, -2)],
    attributes: {},
    expected: Float32Array.of(3, -4, -4, 3),
  },
  { op: 'BroadcastTo', inputs: [floats([1, 4])], attributes: { shape: [0, 4] }, expected: new Float32Array(0) },
  {
    op: 'All',
    inputs: [bools([0, 3])],
    attributes: { axis: [0], keepDims: false },
    expected: Uint8Array.of(1, 1, 1),
  },
);
for (const dtype of ['float32', 'int32', 'bool'] as const)
  for (const indices of [intsOf(0, 3, 1), ints([2, 3], 0, 4), intsOf(-1, 4, 2), ints([], 0, 4)])
    add('OneHot', [indices], { depth: 4, onValue: 1, offValue: 0, dtype });
add('OneHot', [intsOf(1, 0)], { depth: 3, onValue: 2.5, offValue: -1, dtype: 'float32' });

/** Every case, in a fixed order. */
export const operationCases: readonly Case[] = cases;
