// What the WebGPU provider lacks, written with what it has: else onnxruntime computes it on the CPU and copies its
// inputs and outputs across. Found in onnxruntime's verbose log ("Node placements"); docs/gpu.md has the list.
import { type Node, sizeOf, type TensorSpec } from '../../../trace/graph.js';
import { fenceOnDevice } from '../lowerings/fence.js';
import { type Lowering, type Lowerings, range } from '../lowerings/lowering.js';
import { reshape } from '../lowerings/shapes.js';
import type { Name, OnnxWriter } from '../writer.js';

/** Operators of the CPU provider that lowerings can do without. */
export const webgpuLacks: ReadonlySet<string> = new Set(['FusedMatMul']);

/** The largest one-hot matrix to make: 64 MiB. */
const mostHot = 2 ** 24;

/** What to use instead of the lowerings for the CPU, where those would not run on the GPU. */
export function webgpuLowerings(base: Lowerings): Lowerings {
  return {
    AddRows: (onnx, inputs, node) => {
      const [ids, dy] = [node.inputs[2]!.shape, node.inputs[1]!.shape];
      if (!fitsHot(ids, node.outputs[0]!.shape)) return base['AddRows']!(onnx, inputs, node);
      const [sum, rows, places] = inputs as [Name, Name, Name];
      return [onnx.op('Add', [sum, rowSums(onnx, rows, places, node.outputs[0]!.shape, dy)])];
    },
    Bernoulli: (onnx, inputs, node) => onnx.onCpu(() => base['Bernoulli']!(onnx, inputs, node)),
    EmbeddingGrad: (onnx, inputs, node) => {
      const [dy, ids] = node.inputs.map(({ shape }) => shape) as [readonly number[], readonly number[]];
      if (!fitsHot(ids, node.outputs[0]!.shape)) return base['EmbeddingGrad']!(onnx, inputs, node);
      return [rowSums(onnx, inputs[0]!, inputs[1]!, node.outputs[0]!.shape, dy)];
    },
    Fence: fenceOnDevice,
    Max: emptyOnCpu(base['Max']!),
    Min: emptyOnCpu(base['Min']!),
    Pow: (onnx, inputs, node) => [
      onnx.op(
        'Pow',
        inputs.map((x, i) => spread(onnx, x, node, i)),
      ),
    ],
    TokenLoss: tokenLoss,
    TokenLossGrad: tokenLossGrad,
  };
}

/** The provider refuses to look for an extreme in a tensor without elements, even where no result is asked for. */
function emptyOnCpu(lowering: Lowering): Lowering {
  return (onnx, inputs, node) => {
    const write = () => lowering(onnx, inputs, node);
    return sizeOf(node.inputs[0]!.shape) === 0 ? onnx.onCpu(write) : write();
  };
}

/** An operand of Pow: the provider fails where both are broadcast ([3, 1] to the power of [1, 4]). */
function spread(onnx: OnnxWriter, x: Name, node: Node, operand: number): Name {
  const { shape } = node.outputs[0]!;
  const differs = (input: TensorSpec) => input.shape.join() !== shape.join();
  return operand === 0 && node.inputs.every(differs) ? onnx.op('Expand', [x, onnx.int64s(shape)]) : x;
}

function fitsHot(ids: readonly number[], table: readonly number[]): boolean {
  return sizeOf(ids) * table[0]! <= mostHot;
}

/**
 * Row r is the sum of the rows of dy whose id is r: a product with a one-hot matrix. The provider's own scatter adds by
 * atomic operations, whose order, and so the last bits of the sum, differ from run to run.
 */
function rowSums(onnx: OnnxWriter, dy: Name, ids: Name, table: readonly number[], dyShape: readonly number[]): Name {
  const count = dyShape[0]!;
  const hot = onnx.cast(onnx.op('Equal', [reshape(onnx, ids, [count, 1]), classes(onnx, table[0]!)]), 'float32');
  return onnx.op('Gemm', [hot, dy], { transA: 1 });
}

/** int32 [V]: 0, 1, ... */
function classes(onnx: OnnxWriter, count: number): Name {
  return onnx.sharedConstant(`classes ${count}`, Int32Array.from(range(count)), [count]);
}

/** Targets as [N, 1], the ignored ones 0; and 1 or 0 as float32 [N, 1] for counted or not. */
function targetsOf(onnx: OnnxWriter, targets: Name, count: number): { places: Name; counted: Name } {
  const zero = onnx.scalar(0, 'int32');
  const column = reshape(onnx, targets, [count, 1]);
  const places = onnx.op('Max', [column, zero]);
  return { places, counted: onnx.cast(onnx.op('GreaterOrEqual', [column, zero]), 'float32') };
}

/** logits [N, V], targets [N] -> losses [N], logSumExp [N]. There is no LogSoftmax. */
const tokenLoss: Lowering = (onnx, [logits, targets], node) => {
  const count = node.inputs[1]!.shape[0]!;
  const { places, counted } = targetsOf(onnx, targets!, count);
  const last = onnx.int64s([-1]);
  const most = onnx.op('ReduceMax', [logits!, last], { keepdims: 1 });
  const below = onnx.op('Sub', [logits!, most]);
  const sum = onnx.op('ReduceSum', [onnx.op('Exp', [below]), last], { keepdims: 1 });
  const log = onnx.op('Log', [sum]); // [N, 1]
  const chosen = onnx.op('GatherElements', [below, places], { axis: 1 });
  const losses = onnx.op('Mul', [onnx.op('Sub', [log, chosen]), counted]);
  return [reshape(onnx, losses, [count]), reshape(onnx, onnx.op('Add', [log, most]), [count])];
};

/** dlosses [N], logits [N, V], targets [N], logSumExp -> dlogits: (softmax - one-hot) dlosses, by comparing. */
const tokenLossGrad: Lowering = (onnx, [dlosses, logits, targets], node) => {
  const [count, vocabulary] = node.inputs[1]!.shape as [number, number];
  const { places, counted } = targetsOf(onnx, targets!, count);
  const scale = onnx.op('Mul', [reshape(onnx, dlosses!, [count, 1]), counted]);
  const hot = onnx.cast(onnx.op('Equal', [places, classes(onnx, vocabulary)]), 'float32');
  const probs = onnx.op('Softmax', [logits!], { axis: -1 });
  return [onnx.op('Mul', [onnx.op('Sub', [probs, hot]), scale])];
};
