// Matrix products, and the fused kernels of tfjs taken apart again.
import * as tf from '../../tf.js';
import type { Value } from '../graph.js';
import { activated } from './activation.js';
import { type Call, input, type Rules } from './rule.js';

function matMul(call: Call): Value {
  const [a, b] = [input(call, 'a'), input(call, 'b')];
  const product = call.to.one('BatchMatMul', [call.to.cast(a, 'float32'), call.to.cast(b, 'float32')], {
    transposeA: Boolean(call.attrs['transposeA']),
    transposeB: Boolean(call.attrs['transposeB']),
  });
  return call.to.cast(product, a.dtype);
}

export const productRules: Rules = {
  BatchMatMul: matMul,
  _FusedMatMul: (call) => {
    const product = matMul(call);
    const bias = call.inputs['bias'];
    return activated(call, bias ? call.to.one('Add', [product, bias]) : product);
  },
  Einsum: (call) => {
    const equation = String(call.attrs['equation']).replaceAll(/\s/g, '');
    const operands = call.list.map((value) => call.to.cast(value, 'float32'));
    const { allDims, idDims } = tf.backend_util.decodeEinsumEquation(equation, operands.length);
    tf.backend_util.checkEinsumDimSizes(allDims.length, idDims, operands as unknown as tf.Tensor[]);
    return call.to.cast(call.to.one('Einsum', operands, { equation }), call.list[0]!.dtype);
  },
  FusedBatchNorm: (call) => {
    const epsilon = call.to.scalar(Number(call.attrs['varianceEpsilon'] ?? 0.001), 'float32');
    const centred = call.to.one('Sub', [input(call, 'x'), input(call, 'mean')]);
    const { scale, offset } = call.inputs;
    const scaled = scale ? call.to.one('Multiply', [centred, scale]) : centred;
    const deviation = call.to.one('Sqrt', [call.to.one('Add', [input(call, 'variance'), epsilon])]);
    const result = call.to.one('RealDiv', [scaled, deviation]);
    return offset ? call.to.one('Add', [result, offset]) : result;
  },
};
