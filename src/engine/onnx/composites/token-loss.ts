// Cross-entropy of sparse targets: one fused softmax forward and one backward, and a scatter instead of a one-hot.
import type { Lowering } from '../lowerings/lowering.js';
import type { Name, OnnxWriter } from '../writer.js';

/** [N] to [N, 1] */
const column = (onnx: OnnxWriter, x: Name) => onnx.op('Unsqueeze', [x, onnx.int64s([1])]);
const flat = (onnx: OnnxWriter, x: Name) => onnx.op('Squeeze', [x, onnx.int64s([1])]);

/** Targets as indices int64 [N, 1], the ignored ones 0; and 1 or 0 as float32 [N] for counted or not. */
function targetsOf(onnx: OnnxWriter, targets: Name): { places: Name; counted: Name } {
  const zero = onnx.scalar(0, 'int32');
  const places = column(onnx, onnx.cast(onnx.op('Max', [targets, zero]), 'int64'));
  return { places, counted: onnx.cast(onnx.op('GreaterOrEqual', [targets, zero]), 'float32') };
}

/** logits, targets -> losses, logSumExp */
export const tokenLoss: Lowering = (onnx, [logits, targets]) => {
  const { places, counted } = targetsOf(onnx, targets!);
  const chosen = (from: Name) => flat(onnx, onnx.op('GatherElements', [from, places], { axis: 1 }));
  const logProbability = chosen(onnx.op('LogSoftmax', [logits!], { axis: -1 }));
  const losses = onnx.op('Mul', [onnx.op('Neg', [logProbability]), counted]);
  return [losses, onnx.op('Sub', [chosen(logits!), logProbability])];
};

/** dlosses, logits, targets, logSumExp -> dlogits */
export const tokenLossGrad: Lowering = (onnx, [dlosses, logits, targets]) => {
  const { places, counted } = targetsOf(onnx, targets!);
  const scale = column(onnx, onnx.op('Mul', [dlosses!, counted]));
  const probs = onnx.op('Mul', [onnx.op('Softmax', [logits!], { axis: -1 }), scale]);
  const updates = onnx.op('Neg', [scale]);
  return [onnx.op('ScatterElements', [probs, places, updates], { axis: 1, reduction: 'add' })];
};
