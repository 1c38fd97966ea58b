// Llama and Qwen3 in Hugging Face's format, as transformers' LlamaForCausalLM, Qwen3ForCausalLM and their classifiers read and
// write it. A Llama with a sliding window is a MistralForCausalLM there.
import type { ConfigReader, HuggingFaceFormat } from '../../hugging-face.js';
import { classifierHead } from '../classifier-head.js';
import { most } from '../limits.js';
import { type LlamaConfig, outputProjection, parameters, tokenTable } from './config.js';
import { positionsOf, readRope, roomOf, writeRope } from './rope-scaling.js';
import { readMistralWindow, readQwenWindow, writeQwenWindow } from './window.js';

type Arch = LlamaConfig['arch'];
/** The values of `model_type`. */
type ModelType = Arch | 'mistral';

const classNames: Readonly<Record<ModelType, string>> = { llama: 'Llama', mistral: 'Mistral', qwen3: 'Qwen3' };

interface Defaults {
  readonly epsilon: number;
  readonly positions: number;
  readonly keptHeads?: number;
  readonly headDim?: number;
}

/** transformers' defaults for missing keys. */
const defaults: Readonly<Record<ModelType, Defaults>> = {
  llama: { epsilon: 1e-6, positions: 2048 },
  mistral: { epsilon: 1e-6, positions: 131072, keptHeads: 8 },
  qwen3: { epsilon: 1e-6, positions: 32768, headDim: 128 },
};

const typesOf: Readonly<Record<Arch, readonly ModelType[]>> = { llama: ['llama', 'mistral'], qwen3: ['qwen3'] };

const typeOf = ({ arch, slidingWindow }: LlamaConfig): ModelType =>
  arch === 'llama' && slidingWindow !== undefined ? 'mistral' : arch;

function readWindow(json: ConfigReader, type: ModelType, nLayer: number) {
  if (type === 'qwen3') return readQwenWindow(json, nLayer);
  if (type === 'mistral') return readMistralWindow(json);
  json.only('use_sliding_window', [false]);
  return {};
}

function read(json: ConfigReader, arch: Arch): LlamaConfig {
  const type = typesOf[arch].find((each) => each === json.value('model_type')) ?? arch;
  const { epsilon, positions, keptHeads, headDim: standardWidth } = defaults[type];
  const nEmbd = json.size('hidden_size', most.width);
  const nHead = json.size('num_attention_heads', most.heads);
  const nLayer = json.size('num_hidden_layers', most.layers);
  const nKvHead = json.size('num_key_value_heads', most.heads, keptHeads ?? nHead);
  if (nHead % nKvHead !== 0)
    throw json.wrong(`num_attention_heads (${nHead}) is not divisible by num_key_value_heads (${nKvHead})`);
  const headDim = json.size('head_dim', most.width, standardWidth ?? nEmbd / nHead);
  if (headDim % 2 !== 0) throw json.wrong(`head_dim is ${headDim}, rotary positions need an even one`);
  json.only('hidden_act', ['silu', 'swish']);
  json.only('attention_bias', [false]);
  json.only('mlp_bias', [false]);
  json.only('pretraining_tp', [1]);
  const positionCount = json.size('max_position_embeddings', most.positions, positions);
  const rope = readRope(json, positionCount);
  return {
    arch,
    vocabSize: json.size('vocab_size', most.vocabulary),
    blockSize: Math.min(roomOf(positionCount, rope.ropeScaling), most.positions),
    nLayer,
    nHead,
    nEmbd,
    nKvHead,
    headDim,
    ffnSize: json.size('intermediate_size', most.inner),
    dropout: json.number('attention_dropout', 0),
    normEpsilon: json.number('rms_norm_eps', epsilon),
    ...rope,
    ...readWindow(json, type, nLayer),
    ...(!json.toggle('tie_word_embeddings', false) && { tie: false }),
  };
}

function write(config: LlamaConfig): Record<string, unknown> {
  const type = typeOf(config);
  return {
    model_type: type,
    vocab_size: config.vocabSize,
    max_position_embeddings: positionsOf(config),
    hidden_size: config.nEmbd,
    intermediate_size: config.ffnSize,
    num_hidden_layers: config.nLayer,
    num_attention_heads: config.nHead,
    num_key_value_heads: config.nKvHead,
    head_dim: config.headDim,
    hidden_act: 'silu',
    ...(type === 'mistral' ? { sliding_window: config.slidingWindow } : { attention_bias: false, mlp_bias: false }),
    ...(type === 'qwen3' && writeQwenWindow(config)),
    attention_dropout: config.dropout,
    rms_norm_eps: config.normEpsilon,
    ...writeRope(config),
    initializer_range: 0.02,
    tie_word_embeddings: config.tie ?? true,
  };
}

const outside = (parameter: string) => parameter === classifierHead || parameter === outputProjection;
const moduleName = (parameter: string) => (outside(parameter) ? parameter : `model.${parameter}`);

export function huggingFaceOf(arch: Arch): HuggingFaceFormat<LlamaConfig> {
  return {
    modelTypes: typesOf[arch],
    read: (json) => read(json, arch),
    write,
    architecture: (config, use) =>
      `${classNames[typeOf(config)]}For${use === 'generation' ? 'CausalLM' : 'SequenceClassification'}`,
    parameterName: (stored) => (/rotary_emb\.inv_freq$/.test(stored) ? undefined : stored.replace(/^model\./, '')),
    storedName: moduleName,
    moduleName,
    tie: { output: outputProjection, embedding: tokenTable },
    stored: parameters,
    constant: async (_, { name }) => {
      throw new Error(`"${name}" is a parameter`);
    },
    settle: async (config) => config,
    fanInFanOut: false,
    opensInTransformers: () => true,
  };
}
