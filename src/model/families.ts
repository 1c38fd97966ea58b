// The families that can be chosen: adding one is a line here. Loads no tfjs.
import { gpt2 } from './families/gpt2/index.js';
import { llama } from './families/llama/index.js';
import { qwen3 } from './families/qwen3/index.js';
import type { AnyFamily } from './family.js';

export const families = { gpt2, llama, qwen3 } as const satisfies Readonly<Record<string, AnyFamily>>;
