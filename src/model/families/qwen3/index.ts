// Qwen3 as a family: a Llama whose queries and keys are normalized.
import { llamaFamily } from '../llama/index.js';

export const qwen3 = llamaFamily('qwen3');
