// The activation at the end of tfjs' fused kernels.
import { GptError } from '../../errors.js';
import type { Value } from '../graph.js';
import { type Call, input } from './rule.js';

export function activated(call: Call, x: Value): Value {
  const activation = String(call.attrs['activation'] ?? 'linear');
  const kernels: Record<string, string> = { relu: 'Relu', relu6: 'Relu6', elu: 'Elu', sigmoid: 'Sigmoid' };
  if (activation === 'linear') return x;
  if (kernels[activation]) return call.to.one(kernels[activation], [x]);
  if (activation === 'leakyrelu') return call.to.one('LeakyRelu', [x], { alpha: Number(call.attrs['leakyreluAlpha']) });
  if (activation === 'prelu') {
    const scaled = call.to.one('Multiply', [input(call, 'preluActivationWeights'), x]);
    return call.to.one('Select', [call.to.one('Less', [x, call.to.scalar(0, 'float32')]), scaled, x]);
  }
  throw new GptError('trace/kernel', `${call.kernel} with activation ${activation} cannot be traced`);
}
