// Every setting of a run, once: default, type, range, help. Flags, config files, the JSON schema and the checks come
// out of these tables (see setting.ts).
import { z } from 'zod';
import { defaultFamily, familyNames, familySettings } from '../model/registry.js';
import { defaultOptimizer, optimizerNames, optimizerSettings, plainOptimizer } from '../optimizer/registry.js';
import { schemeNames } from '../quantization/index.js';
import { filterSettings } from '../sample/filters/index.js';
import { type ConfigCommand, choice, duration, integer, real, type Setting, text, texts, toggle } from './setting.js';

const MACHINE = {
  seed: integer({
    min: 0,
    max: 4294967295,
    default: 1337,
    fixed: true,
    help: 'seed of every random choice: initialization, batches, dropout, sampling',
  }),
  backend: choice(['auto', 'onnx', 'openvino', 'tensorflow', 'eager'], {
    default: 'auto',
    help: 'the engine that runs the model; auto is onnx, for new training runs openvino where it is set up and faster',
  }),
  device: choice(['auto', 'cpu', 'webgpu', 'cuda', 'dml'], {
    default: 'auto',
    help: 'the device that the engine uses',
  }),
  threads: integer({ min: 1, max: 1024, default: null, defaultText: 'all cores', help: 'CPU threads' }),
  jit: choice(['auto', 'xla', 'graph'], {
    default: 'auto',
    help: 'how the tensorflow engine runs a step; auto measures both for training and uses graph elsewhere',
  }),
  precision: choice(['auto', 'f32', 'bf16'], {
    default: 'auto',
    help: 'number format of matrix products; bf16 with --backend openvino or tensorflow; auto is f32, with openvino bf16 where the CPU has amx_bf16',
  }),
  verbose: toggle({ default: false, help: 'show the logs of the native libraries' }),
};

const MODEL = {
  arch: choice(familyNames, { default: defaultFamily, fixed: true, help: 'model family' }),
  nLayer: integer({ min: 1, max: 1024, default: 4, fixed: true, help: 'transformer blocks' }),
  nHead: integer({ min: 1, max: 1024, default: 4, fixed: true, help: 'attention heads per block' }),
  nEmbd: integer({ min: 1, max: 65536, default: 128, fixed: true, help: 'embedding width, a multiple of n-head' }),
  blockSize: integer({ min: 1, max: 1048576, default: 128, fixed: true, help: 'context length in tokens' }),
  dropout: real({
    min: 0,
    below: 1,
    default: 0,
    finetuneDefault: 0.1,
    finetuneDefaultText: '0.1; 0 with adapters',
    help: 'dropout probability in training',
  }),
  ...familySettings,
};

const TOKENIZER = {
  tokenizer: text({
    default: 'bpe',
    fixed: true,
    placeholder: 'kind',
    help: 'char, byte, bpe, or the path of a tokenizer.json or its folder',
  }),
  vocabSize: integer({
    min: 257,
    max: 1000000,
    default: 2048,
    fixed: true,
    help: 'vocabulary size of a bpe tokenizer',
  }),
};

const TRAINING = {
  batchSize: integer({
    min: 1,
    max: 65536,
    default: 16,
    finetuneDefault: 32,
    fixed: true,
    help: 'sequences per batch',
  }),
  gradAccum: integer({ min: 1, max: 65536, default: 1, fixed: true, help: 'micro-batches of batch-size per step' }),
  maxIters: integer({ min: 1, max: 1e9, default: 2000, finetuneDefault: null, help: 'stop after this many steps' }),
  epochs: real({
    above: 0,
    max: 1e6,
    default: null,
    finetuneDefault: 3,
    finetuneDefaultText: '3; up to 10 where that is less than 150 steps',
    help: 'stop after this many passes over the data',
  }),
  maxTime: duration({
    default: null,
    help: 'stop after this long: 90s, 10m, 1h30m; without a preset or a model size pretrain chooses both for the time',
  }),
  learningRate: real({
    above: 0,
    max: 10,
    default: 3e-3,
    finetuneDefault: 1e-4,
    finetuneDefaultText:
      'by parameters: 1e-3 below 20 million, 3e-4 below 80 million, else 1e-4; with adapters 5e-4 from 20 million on',
    help: 'peak learning rate',
  }),
  minLr: real({
    min: 0,
    max: 10,
    default: null,
    defaultText: 'a tenth of learning-rate; 0 with wsd',
    help: 'learning rate at the end of the schedule',
  }),
  warmupIters: integer({
    min: 0,
    default: null,
    defaultText: 'a tenth of the run, at most 100; with --max-time by measured speed',
    help: 'steps in which the learning rate rises to its full value',
  }),
  lrSchedule: choice(['cosine', 'linear', 'wsd', 'constant'], {
    default: 'cosine',
    finetuneDefault: 'linear',
    help: 'shape of the learning-rate decay after warm-up; wsd (warm-up, stable, decay) can be extended later',
  }),
  decayFraction: real({
    above: 0,
    max: 1,
    default: 0.2,
    help: 'part of the run in which wsd decays the learning rate, linearly, at the end',
  }),
  optimizer: choice(optimizerNames, {
    default: defaultOptimizer,
    finetuneDefault: plainOptimizer,
    fixed: true,
    help: 'optimization algorithm',
  }),
  ...optimizerSettings,
  recompute: toggle({
    default: false,
    help: 'gradient checkpointing: recompute the activations of each block, less memory for more time',
  }),
  gradClip: real({ min: 0, default: 1, help: 'clip the global gradient norm to this; 0: no clipping' }),
};

const WATCHING = {
  evalInterval: integer({ min: 1, default: 250, help: 'steps between evaluations' }),
  evalIters: integer({ min: 1, max: 1000000, default: 20, help: 'batches per evaluation' }),
  valSplit: real({
    min: 0,
    max: 0.9,
    default: 0.1,
    fixed: true,
    help: 'share of the data, taken from its end, that is held out for validation',
  }),
  saveInterval: integer({
    min: 1,
    default: null,
    defaultText: 'eval-interval',
    help: 'steps between checkpoints',
  }),
  earlyStop: integer({ min: 0, default: 0, help: 'stop after this many evaluations without improvement; 0: never' }),
  logInterval: integer({ min: 1, default: 10, help: 'steps between reported losses' }),
  tensorboard: toggle({
    default: false,
    help: "also write event files for TensorBoard, to tensorboard/ in the run's folder",
  }),
};

const CLUSTER = {
  waitForWorkers: duration({ default: 300, defaultText: '5m', help: 'how long to wait for the workers of TF_CONFIG' }),
};

const PRETRAINING = {
  validation: text({
    default: null,
    placeholder: 'path',
    fixed: true,
    help: 'a file, folder or glob to validate on, instead of val-split',
  }),
  textKey: text({
    default: 'text',
    placeholder: 'name',
    fixed: true,
    help: 'key or column of the text in JSONL, JSON, CSV and TSV files',
  }),
  sampleEvery: integer({ min: 0, default: 0, help: 'steps between samples printed during training; 0: none' }),
  init: text({ default: null, placeholder: 'folder', fixed: true, help: 'start from the weights of this checkpoint' }),
};

const FINETUNING = {
  from: text({
    default: null,
    placeholder: 'run',
    fixed: true,
    defaultText: 'none, from scratch',
    help: 'the checkpoint to start from',
  }),
  task: choice(['auto', 'classify', 'choice', 'instruct', 'text'], {
    default: 'auto',
    fixed: true,
    help: 'what to train; auto decides from the columns',
  }),
  textColumn: text({ default: null, placeholder: 'name', fixed: true, help: 'column of the text' }),
  labelColumn: text({ default: null, placeholder: 'name', fixed: true, help: 'column of the label' }),
  promptTemplate: text({
    default: null,
    placeholder: 'template',
    fixed: true,
    help: 'prompt made from columns: "{instruction}\\n{input}"',
  }),
  lmCoef: real({
    min: 0,
    default: 0.5,
    fixed: true,
    help: 'weight of the auxiliary language-modelling loss of a classifier',
  }),
  freeze: integer({
    min: 0,
    max: 1024,
    default: 0,
    fixed: true,
    help: 'keep the embeddings and the first n blocks fixed; 0: train all',
  }),
  layerDecay: real({
    above: 0,
    max: 1,
    default: 1,
    fixed: true,
    help: 'learning rate of each block relative to the block above it; 1: the same for all',
  }),
  loraRank: integer({
    min: 0,
    max: 65536,
    default: 0,
    fixed: true,
    help: 'rank of LoRA adapters; 0: train all weights',
  }),
  loraAlpha: real({
    above: 0,
    default: null,
    fixed: true,
    defaultText: 'twice the rank',
    help: 'LoRA alpha: adapters are scaled by alpha / rank',
  }),
  limit: integer({ min: 1, default: null, fixed: true, help: 'use only the first n rows' }),
  balance: toggle({ default: false, fixed: true, help: 'weight classes by inverse frequency' }),
};

const SAMPLING = {
  maxNewTokens: integer({ min: 0, max: 10000000, default: 200, help: 'stop after this many tokens' }),
  ...filterSettings,
  logitBias: texts({
    default: [],
    placeholder: 'token=bias',
    help: 'add -100 to 100 to the logit of a token, named by its text or id: " the=-5"; repeatable',
  }),
  stop: texts({ default: [], help: 'stop before this text; repeatable' }),
  greedy: toggle({ default: false, help: 'always take the most likely token' }),
};

/** Tokens: shorter passages are words and phrases that every text has. */
export const leastMatch = 7;

const SAMPLES = {
  numSamples: integer({ min: 1, max: 1000000, default: 1, help: 'number of samples of each prompt' }),
  beams: integer({ min: 1, max: 1024, default: 1, help: 'beam search with n beams instead of sampling; 1: none' }),
  lengthPenalty: real({
    min: -100,
    max: 100,
    default: 1,
    help: 'beam search ranks texts by log-probability / length^x: above 0 favours longer ones',
  }),
  logprobs: integer({
    min: 0,
    max: 100,
    default: null,
    help: 'log-probability of each token, and of the n likeliest in its place',
  }),
  checkMemorized: toggle({
    default: false,
    help: 'find passages of each sample that occur verbatim in the training text, and where',
  }),
  minMatch: integer({
    min: leastMatch,
    max: 100000,
    default: null,
    defaultText: 'as many as 64 bytes of the training text, 16 to 64',
    help: 'tokens that a memorized passage has at least',
  }),
};

const BATCHING = {
  maxBatch: integer({ min: 1, max: 1024, default: 16, help: 'texts that are decoded together' }),
};

const CONVERSING = {
  system: text({ default: null, placeholder: 'text', help: 'the system message' }),
};

const SERVING = {
  port: integer({ min: 0, max: 65535, default: 8080, help: 'TCP port; 0: any free one' }),
  host: text({
    default: '127.0.0.1',
    placeholder: 'address',
    help: 'address to listen on; 0.0.0.0 also accepts other machines',
  }),
  apiKey: text({ default: null, placeholder: 'key', help: 'what clients must send as bearer token' }),
  queue: integer({ min: 0, max: 100000, default: 64, help: 'requests that may wait; more are refused with 429' }),
  maxBodyBytes: integer({ min: 1024, max: 1 << 30, default: 1 << 20, help: 'bytes of the largest request body' }),
};

const WEIGHTS = {
  quantize: choice(['auto', 'none', ...schemeNames], {
    default: 'auto',
    fixed: true,
    defaultText: 'as they are stored',
    help: 'bits of the weights, in finetune of those that LoRA leaves frozen: int8 and int4 take less memory, with --backend onnx and openvino; none is float32',
  }),
};

/** The groups of the help, in its order, and the commands whose settings they are. */
export const groups = [
  { title: 'Model', settings: MODEL, commands: ['pretrain', 'finetune'] },
  { title: 'Tokenizer', settings: TOKENIZER, commands: ['pretrain', 'finetune'] },
  { title: 'Finetuning', settings: FINETUNING, commands: ['finetune'] },
  { title: 'Training', settings: TRAINING, commands: ['pretrain', 'finetune'] },
  { title: 'Evaluating and saving', settings: WATCHING, commands: ['pretrain', 'finetune'] },
  { title: 'Several workers', settings: CLUSTER, commands: ['pretrain', 'finetune'] },
  { title: 'Pretraining', settings: PRETRAINING, commands: ['pretrain'] },
  { title: 'Conversation', settings: CONVERSING, commands: ['chat'] },
  { title: 'Server', settings: SERVING, commands: ['serve'] },
  { title: 'Sampling', settings: SAMPLING, commands: ['sample', 'chat', 'serve'] },
  { title: 'Samples', settings: SAMPLES, commands: ['sample'] },
  { title: 'Batching', settings: BATCHING, commands: ['sample', 'serve'] },
  { title: 'Weights', settings: WEIGHTS, commands: ['finetune', 'sample', 'chat', 'serve', 'eval', 'classify'] },
  {
    title: 'Machine',
    settings: MACHINE,
    commands: ['pretrain', 'finetune', 'sample', 'chat', 'serve', 'eval', 'classify', 'quantize'],
  },
] as const satisfies readonly {
  title: string;
  settings: Readonly<Record<string, AnySetting>>;
  commands: readonly ConfigCommand[];
}[];

type Values<S> = { readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never };

/** What pretraining and finetuning share. `null` means "not given". */
export type TrainingConfig = Values<
  typeof MODEL & typeof TOKENIZER & typeof TRAINING & typeof WATCHING & typeof CLUSTER & typeof MACHINE
>;
export type PretrainConfig = TrainingConfig & Values<typeof PRETRAINING>;
export type FinetuneConfig = TrainingConfig & Values<typeof FINETUNING & typeof WEIGHTS>;
export type MachineConfig = Values<typeof MACHINE>;
/** What commands share that run a trained model. */
export type InferenceConfig = Values<typeof WEIGHTS & typeof MACHINE>;
export type SamplingConfig = InferenceConfig & Values<typeof SAMPLING & typeof SAMPLES & typeof BATCHING>;
export type ChatConfig = InferenceConfig & Values<typeof CONVERSING & typeof SAMPLING>;
export type ServeConfig = InferenceConfig & Values<typeof SERVING & typeof SAMPLING & typeof BATCHING>;

/** What `resolve` makes for a command. */
export interface ConfigOf {
  readonly pretrain: PretrainConfig;
  readonly finetune: FinetuneConfig;
  readonly sample: SamplingConfig;
  readonly chat: ChatConfig;
  readonly serve: ServeConfig;
  readonly eval: InferenceConfig;
  readonly classify: InferenceConfig;
  readonly quantize: MachineConfig;
}

export type AnySetting = Setting<unknown>;

/** Every setting by its key in config files. */
export const settings: Readonly<Record<string, AnySetting>> = Object.assign({}, ...groups.map((g) => g.settings));

/** The settings of a command, in the order of its help. */
export function settingsOf(command: ConfigCommand): Record<string, AnySetting> {
  const own = groups.filter(({ commands }) => (commands as readonly string[]).includes(command));
  return Object.assign({}, ...own.map((group) => group.settings));
}

/** The commands that know the setting. */
export function commandsOf(key: string): readonly ConfigCommand[] {
  return groups.find((group) => Object.hasOwn(group.settings, key))?.commands ?? [];
}

export function defaultOf(command: ConfigCommand, key: string): unknown {
  const setting = settings[key]!;
  return command === 'finetune' && setting.finetuneDefault !== undefined ? setting.finetuneDefault : setting.default;
}

/** How the help states a default that is worked out; undefined where the value itself says it. */
export function defaultTextOf(command: ConfigCommand, key: string): string | undefined {
  const { defaultText, finetuneDefaultText } = settings[key]!;
  return command === 'finetune' ? (finetuneDefaultText ?? defaultText) : defaultText;
}

/** `nLayer` as a flag is called: `n-layer`. */
export function flagName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The zod schema of a whole config file for one command. `$schema`, `$comment` and `$reasons` are for people. */
export function configSchema(command: ConfigCommand) {
  const shape: Record<string, z.ZodType> = {
    $schema: z.string().optional(),
    $comment: z.string().optional().describe('what this file is for'),
    $reasons: z.record(z.string(), z.string()).optional().describe('why a key has its value, by key'),
  };
  for (const [key, setting] of Object.entries(settingsOf(command))) {
    const workedOut = defaultTextOf(command, key);
    const help = workedOut ? `${setting.help} (default: ${workedOut})` : setting.help;
    shape[key] = setting.schema.prefault(defaultOf(command, key)).describe(help);
  }
  return z.strictObject(shape);
}
