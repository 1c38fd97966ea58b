// The settings of a run that shape a Llama, besides those of every family.
import { integer, real } from '../../../config/setting.js';
import { ffnSize, tie } from '../settings.js';

export const settings = {
  nKvHead: integer({
    min: 1,
    max: 1024,
    default: null,
    fixed: true,
    defaultText: 'n-head',
    help: 'heads of keys and values, a divisor of n-head (grouped-query attention)',
  }),
  headDim: integer({
    min: 2,
    max: 65536,
    default: null,
    fixed: true,
    defaultText: 'n-embd / n-head',
    help: 'width of an attention head',
  }),
  ropeTheta: real({ above: 1, max: 1e12, default: 10000, fixed: true, help: 'base of the rotary frequencies' }),
  ffnSize,
  tie,
  slidingWindow: integer({
    min: 1,
    max: 1048576,
    default: null,
    fixed: true,
    defaultText: 'none',
    help: 'each token attends to the last n tokens, itself included; cost grows linearly with the context',
  }),
};
