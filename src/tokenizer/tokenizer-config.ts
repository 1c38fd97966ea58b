// The content of tokenizer_config.json, which tells Python's transformers how to open the folder.
import type { Tokenizer } from './types.js';

/** @param blockSize the model's context length, in tokens */
export function tokenizerConfig(tokenizer: Tokenizer, blockSize: number): Record<string, unknown> {
  const end = tokenizer.decode([tokenizer.endOfText], { special: true });
  const unknown = tokenizer.unknown;
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    model_max_length: blockSize,
    bos_token: end,
    eos_token: end,
    ...(unknown !== undefined && { unk_token: tokenizer.decode([unknown], { special: true }) }),
    clean_up_tokenization_spaces: false,
  };
}
