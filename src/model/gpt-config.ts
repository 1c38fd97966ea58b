// The configuration of a model of any family; `arch` tells which. Types alone, so that the library's types need no tfjs.
import type { Gpt2Config } from './families/gpt2/config.js';
import type { LlamaConfig } from './families/llama/config.js';

export type GptConfig = Gpt2Config | LlamaConfig;
