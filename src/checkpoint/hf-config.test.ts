import { fromHuggingFace, toHuggingFace } from './index.js';
import { tiny } from './testing/fixtures.js';

/** What openai-community/gpt2 has as its config.json, by the keys that matter. */
const gpt2 = {
  activation_function: 'gelu_new',
  architectures: ['GPT2LMHeadModel'],
  attn_pdrop: 0.1,
  bos_token_id: 50256,
  embd_pdrop: 0.1,
  eos_token_id: 50256,
  layer_norm_epsilon: 1e-5,
  model_type: 'gpt2',
  n_ctx: 1024,
  n_embd: 768,
  n_head: 12,
  n_layer: 12,
  n_positions: 1024,
  resid_pdrop: 0.1,
  vocab_size: 50257,
};

test("GPT-2's own config is understood", () => {
  const { config, endOfText, labels, tied } = fromHuggingFace(gpt2);
  expect(config).toEqual({
    vocabSize: 50257,
    blockSize: 1024,
    nLayer: 12,
    nHead: 12,
    nEmbd: 768,
    dropout: 0.1,
    bias: true,
    position: 'learned',
    layerNormEpsilon: 1e-5,
  });
  expect({ endOfText, labels, tied }).toEqual({ endOfText: 50256, labels: undefined, tied: true });
});

test.each(['learned', 'sinusoidal', 'rope'] as const)(
  'a config with %s positions is written and understood again',
  (position) => {
    for (const bias of [true, false]) {
      const config = { ...tiny, position, bias, layerNormEpsilon: 1e-6, dropout: 0.2 };
      const json = JSON.parse(JSON.stringify(toHuggingFace(config, { endOfText: 256 })));
      expect(fromHuggingFace(json)).toMatchObject({ config, endOfText: 256 });
    }
  },
);

test.each([
  [{ activation_function: 'gelu' }, { activation: 'gelu' }],
  [{ activation_function: 'swish' }, { activation: 'silu' }],
  [{ activation_function: 'gelu_pytorch_tanh', n_inner: 3072 }, {}],
  [{ n_inner: 1000 }, { ffnSize: 1000 }],
  [{ scale_attn_by_inverse_layer_idx: true }, { scaleByBlock: true }],
  [{ tie_word_embeddings: false }, { tie: false }],
])('%j is read, written and read again', (change, expected) => {
  const plain = fromHuggingFace(gpt2).config;
  const { config } = fromHuggingFace({ ...gpt2, ...change });
  expect(config).toEqual({ ...plain, ...expected });
  expect(fromHuggingFace(toHuggingFace(config, { endOfText: 0 })).config).toEqual(config);
});

const llama = {
  model_type: 'llama',
  vocab_size: 11,
  hidden_size: 8,
  intermediate_size: 12,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  max_position_embeddings: 16,
};
const yarn = { kind: 'yarn', factor: 4, original: 4, betaFast: 32, betaSlow: 1, truncate: true };

test.each([
  ['nothing', {}, 10000, undefined],
  ['nulls', { rope_scaling: null, rope_parameters: null, rope_theta: 5 }, 5, undefined],
  [
    'the old spelling',
    { rope_theta: 5, rope_scaling: { type: 'linear', factor: 2 } },
    5,
    { kind: 'linear', factor: 2 },
  ],
  [
    'the old spelling next to the new one',
    { rope_parameters: { rope_type: 'default', rope_theta: 5 }, rope_scaling: { type: 'linear', factor: 2 } },
    5,
    { kind: 'linear', factor: 2 },
  ],
  [
    'dynamic',
    { rope_parameters: { rope_type: 'dynamic', rope_theta: 5, factor: 2 } },
    5,
    { kind: 'dynamic', factor: 2, original: 16 },
  ],
  [
    'YaRN, its factor from the lengths, attention factor 0.1 ln 4 + 1',
    { rope_scaling: { rope_type: 'yarn', original_max_position_embeddings: 4 } },
    10000,
    { ...yarn, attentionFactor: 0.1 * Math.log(4) + 1 },
  ],
  [
    'YaRN, attention factor (0.1 ln 4 + 1) / (0.05 ln 4 + 1)',
    { rope_scaling: { type: 'yarn', factor: 4, mscale: 1, mscale_all_dim: 0.5, original_max_position_embeddings: 4 } },
    10000,
    { ...yarn, attentionFactor: (0.1 * Math.log(4) + 1) / (0.05 * Math.log(4) + 1) },
  ],
])('rotary positions: %s is read, written and read again', (_, keys, ropeTheta, ropeScaling) => {
  const { config } = fromHuggingFace({ ...llama, ...keys });
  expect(config).toMatchObject({ ropeTheta, blockSize: ropeScaling?.kind === 'dynamic' ? 32 : 16 });
  expect('ropeScaling' in config ? config.ropeScaling : undefined).toEqual(ropeScaling);
  const written = toHuggingFace(config, { endOfText: 0 });
  expect(written['max_position_embeddings']).toBe(16);
  expect(fromHuggingFace(JSON.parse(JSON.stringify(written))).config).toEqual(config);
});

test.each([
  [{ rope_scaling: { rope_type: 'longrope', factor: 2 } }, 'rope_type is "longrope"'],
  [{ rope_scaling: { type: 'linear' } }, 'factor is missing, expected a number above 0'],
  [{ rope_scaling: { type: 'linear', factor: '2' } }, 'factor is "2", expected a number above 0'],
  [{ rope_scaling: { type: 'dynamic', factor: 0.5 } }, 'factor is 0.5, expected a number from 1 on'],
  [{ rope_scaling: { type: 'yarn', factor: 2, beta_fast: 1, beta_slow: 2 } }, 'beta_slow (2) is above beta_fast (1)'],
  [{ rope_scaling: { type: 'yarn', factor: 2, truncate: 1 } }, 'truncate is 1, expected true or false'],
  [{ rope_scaling: [] }, 'rope_scaling is [], expected an object'],
  [{ rope_theta: -1 }, 'rope_theta is -1, expected a number above 0'],
  [{ rope_parameters: { partial_rotary_factor: 0.5 } }, 'partial_rotary_factor is not 1'],
])('rotary positions: %j is an error that names the key', (keys, message) => {
  expect(() => fromHuggingFace({ ...llama, ...keys }, 'x/config.json')).toThrow(`x/config.json: ${message}`);
});

test.each([
  ['a foreign model', { model_type: 'bert' }, 'model_type is "bert"'],
  ['no model type', { model_type: undefined }, 'model_type is missing'],
  ['an unknown activation', { activation_function: 'quick_gelu' }, 'activation_function is "quick_gelu"'],
  ['an inner width of text', { n_inner: '3072' }, 'n_inner is "3072", expected an integer from 1'],
  ['a tie of text', { tie_word_embeddings: 'no' }, 'tie_word_embeddings is "no", expected true or false'],
  ['heads that do not divide', { n_head: 7 }, 'n_embd (768) is not divisible by n_head (7)'],
  ['a missing width', { n_embd: undefined }, 'n_embd is missing'],
  ['a width of text', { n_embd: '768' }, 'n_embd is "768", expected an integer from 1 to 131072'],
  ['attention scores that are not scaled', { scale_attn_weights: false }, 'scale_attn_weights is false'],
  ['cross attention', { add_cross_attention: true }, 'add_cross_attention is true'],
  ['a newer marker', { gpt_cli: { version: 2 } }, 'gpt_cli.version is 2'],
  [
    'a marker that contradicts the type',
    { gpt_cli: { version: 1, position: 'rope', bias: true } },
    'gpt_cli.position is "rope"',
  ],
])('%s is an error that names the key', (_, change, message) => {
  expect(() => fromHuggingFace({ ...gpt2, ...change }, 'x/config.json')).toThrow(`x/config.json: ${message}`);
});

test('labels are read in the order of their ids', () => {
  const id2label = { 10: 'k', 2: 'c', 0: 'a' };
  const { labels } = fromHuggingFace({ ...gpt2, architectures: ['GPT2ForSequenceClassification'], id2label });
  expect(labels).toEqual(['a', 'c', 'k']);
});

const mistral = { ...llama, model_type: 'mistral', num_key_value_heads: 2 };
const qwen3 = { ...llama, model_type: 'qwen3', num_hidden_layers: 4 };
const types = (...slides: boolean[]) => slides.map((each) => (each ? 'sliding_attention' : 'full_attention'));
const windows = { use_sliding_window: true, sliding_window: 5 };

test.each([
  ['a Llama has none', { ...llama, sliding_window: 5 }, {}, 'llama'],
  ['a Mistral has one', { ...mistral, sliding_window: 5 }, { slidingWindow: 5 }, 'mistral'],
  ['the default of a Mistral', mistral, { slidingWindow: 4096 }, 'mistral'],
  ['a Mistral without one is a Llama', { ...mistral, sliding_window: null }, {}, 'llama'],
  ['a Qwen3 whose window is not used', { ...qwen3, sliding_window: 5, max_window_layers: 0 }, {}, 'qwen3'],
  ['a Qwen3 of few layers', { ...qwen3, ...windows }, {}, 'qwen3'],
  ['all layers', { ...qwen3, ...windows, max_window_layers: 0 }, { slidingWindow: 5 }, 'qwen3'],
  [
    'layers from one on',
    { ...qwen3, ...windows, max_window_layers: 2 },
    { slidingWindow: 5, windowedBlocks: [2, 3] },
    'qwen3',
  ],
  [
    'layers by type, whatever else is said',
    { ...qwen3, ...windows, max_window_layers: 1, layer_types: types(true, false, true, false) },
    { slidingWindow: 5, windowedBlocks: [0, 2] },
    'qwen3',
  ],
  ['no layer by type', { ...qwen3, ...windows, layer_types: types(false, false, false, false) }, {}, 'qwen3'],
])('sliding windows: %s; read, written and read again', (_, keys, expected, type) => {
  const { config } = fromHuggingFace(keys);
  const { slidingWindow, windowedBlocks } = config as { slidingWindow?: number; windowedBlocks?: readonly number[] };
  expect({ slidingWindow, windowedBlocks }).toEqual({
    slidingWindow: undefined,
    windowedBlocks: undefined,
    ...expected,
  });
  const written = JSON.parse(JSON.stringify(toHuggingFace(config, { endOfText: 0 })));
  expect(written).toMatchObject({ model_type: type });
  expect(written.architectures).toEqual([
    { llama: 'LlamaForCausalLM', mistral: 'MistralForCausalLM', qwen3: 'Qwen3ForCausalLM' }[type],
  ]);
  expect(fromHuggingFace(written).config).toEqual(config);
});

test.each([
  [{ ...mistral, sliding_window: 0 }, 'sliding_window is 0, expected an integer from 1'],
  [{ ...mistral, sliding_window: '5' }, 'sliding_window is "5", expected an integer from 1'],
  [{ ...llama, use_sliding_window: true }, 'use_sliding_window is true'],
  [{ ...qwen3, use_sliding_window: 1 }, 'use_sliding_window is 1, expected true or false'],
  [{ ...qwen3, ...windows, max_window_layers: -1 }, 'max_window_layers is -1, expected a number from 0'],
  [{ ...qwen3, ...windows, layer_types: types(true) }, 'layer_types is ["sliding_attention"], expected one of each'],
  [{ ...qwen3, ...windows, layer_types: ['a', 'b', 'c', 'd'] }, 'layer_types has "a"'],
  [
    { ...qwen3, layer_types: types(true, true, true, true) },
    'layer_types has sliding_attention, but there is no window',
  ],
])('sliding windows: %j is an error that names the key', (keys, message) => {
  expect(() => fromHuggingFace(keys, 'x/config.json')).toThrow(`x/config.json: ${message}`);
});
