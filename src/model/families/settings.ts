// Settings that several families have.
import { integer, toggle } from '../../config/setting.js';

export const ffnSize = integer({
  min: 1,
  max: 262144,
  default: null,
  fixed: true,
  defaultText: '4 times n-embd; llama, qwen3: 8/3 of n-embd, rounded up to a multiple of 32',
  help: 'inner width of the MLP',
});

export const tie = toggle({
  default: true,
  fixed: true,
  help: 'weight tying of the output projection and the token embedding',
});
