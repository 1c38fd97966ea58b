// What `inspect --estimate` prints: the settings to estimate from a preset, a file or a run, and the plan as lines.
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { PretrainConfig } from '../config/index.js';
import { readJsonObject } from '../files/index.js';
import { configureModel, type GptConfig } from '../model/registry.js';
import type { Plan, Share } from '../pretrain/cost.js';
import { count, table, time } from './format.js';

interface Planned {
  readonly model: GptConfig;
  readonly config: PretrainConfig;
  /** What of the model a finetuning run trains. */
  readonly share?: Share;
  /** The settings are those that a run was made with. */
  readonly recorded?: true;
  /** What had to be assumed. */
  readonly assumed: readonly string[];
}

/** Characters of a plain English text, about. */
const assumedCharacters = 96;

/** Presets, config files and flags give settings alone; a run also gives the model. */
async function planned(path: string): Promise<Planned> {
  const { loadLayer, resolve } = await import('../config/index.js');
  const isFolder = existsSync(path) && statSync(path).isDirectory();
  if (!isFolder) {
    const config = resolve('pretrain', [loadLayer(path)]).values;
    const assumed: string[] = [];
    return { config, model: modelOf(config, assumed), assumed };
  }
  const { openCheckpoint } = await import('../checkpoint/index.js');
  const checkpoint = await openCheckpoint(path, { prefer: 'last' });
  await checkpoint.close();
  const { config: model } = checkpoint;
  const record = join(path, 'config.json');
  const isRun = existsSync(join(path, 'log.jsonl')) && existsSync(record);
  if (isRun) {
    const layer = loadLayer(record);
    const config = resolve('pretrain', [known(layer)]).values;
    const { batches } = (await readJsonObject(record, 'run/config')) as Pick<Share, 'batches'>;
    return {
      model,
      config,
      share: { ...(layer.values as Share), ...(batches && { batches }) },
      recorded: true,
      assumed: [],
    };
  }
  const values = { blockSize: model.blockSize };
  const config = resolve('pretrain', [{ name: path, values }]).values;
  return { model, config, assumed: [`batches of ${config.batchSize}, the default: there is no run here`] };

  /** A finetuning run has settings that pretraining has not. */
  function known(layer: ReturnType<typeof loadLayer>) {
    const keys = new Set(Object.keys(resolve('pretrain').values));
    const values = Object.fromEntries(Object.entries(layer.values).filter(([key]) => keys.has(key)));
    return { ...layer, values };
  }
}

/** The model that a run with these settings would have; the size of some vocabularies is only known from the text. */
function modelOf(config: PretrainConfig, assumed: string[]): GptConfig {
  const { tokenizer } = config;
  const sizes: Record<string, number> = { byte: 257, char: assumedCharacters, bpe: config.vocabSize };
  const vocabSize = sizes[tokenizer] ?? config.vocabSize;
  if (tokenizer === 'char') assumed.push(`${vocabSize} different characters`);
  else if (sizes[tokenizer] === undefined) assumed.push(`${vocabSize} tokens in ${tokenizer}`);
  return configureModel(config, vocabSize);
}

/** 3.98e9 as 3.98 GFLOP. */
function flops(n: number): string {
  const [unit, size] = n >= 1e15 ? ['PFLOP', 1e15] : n >= 1e12 ? ['TFLOP', 1e12] : ['GFLOP', 1e9];
  return `${Number((n / (size as number)).toPrecision(3))} ${unit}`;
}

/** 0.0123 as 12 ms. */
const duration = (seconds: number) => (seconds < 1 ? `${Math.ceil(seconds * 1000)} ms` : time(seconds));

/** What an optimizer with products takes of a step. */
function updateShare({ flopsPerStep, updateFlopsPerStep }: Plan): string {
  const percent = Math.round((100 * updateFlopsPerStep) / flopsPerStep);
  return updateFlopsPerStep > 0 ? `, ${percent} % of them by the optimizer` : '';
}

/** Megabytes of 10^6 bytes. */
const megabytes = (bytes: number) => `${count(bytes / 1e6)} MB`;

export function planLines({ config, assumed }: Planned, plan: Plan): string[] {
  const { parameters, gradients, optimizer, activations, runtime, total } = plan.memory;
  const { batchSize, gradAccum } = config;
  const row = count(plan.tokensPerStep / (batchSize * gradAccum));
  const micro = gradAccum > 1 ? `${gradAccum} x ${batchSize}` : String(batchSize);
  return [
    `${count(plan.parameters)} parameters, ${count(plan.tokensPerStep)} tokens per step (${micro} x ${row})`,
    ...(assumed.length > 0 ? [`assumed: ${assumed.join('; ')}`] : []),
    '',
    `Peak memory, ${plan.engine} engine on the CPU`,
    ...table(
      [
        ['  parameters', megabytes(parameters)],
        ['  gradients', megabytes(gradients)],
        ['  optimizer state', megabytes(optimizer)],
        ['  activations', megabytes(activations)],
        ['  program and libraries', megabytes(runtime)],
        ['  total', megabytes(total)],
      ],
      [1],
    ),
    '',
    `${flops(plan.flopsPerStep)} of matrix products per step${updateShare(plan)}`,
    `at best about ${duration(plan.secondsPerStep)} per step with ${plan.threads} threads: matrix products measured at ${Math.round(plan.gflops)} GFLOP/s`,
    ...(config.maxIters === null
      ? []
      : [
          `at best about ${duration(plan.secondsPerStep * config.maxIters)} for ${count(config.maxIters)} steps, without evaluation`,
        ]),
  ];
}

/** With the engine that `--backend auto` of a new run would be here. The recorded `auto` of a run is onnx. */
async function withEngine({ config, assumed, ...rest }: Planned): Promise<Planned> {
  if (config.backend !== 'auto') return { ...rest, config, assumed };
  const { recordedChoice } = await import('../run/choose-engine.js');
  const chosen = recordedChoice(config);
  if (!chosen) return { ...rest, config, assumed };
  return { ...rest, config: { ...config, backend: chosen.backend }, assumed: [...assumed, chosen.reason] };
}

/**
 * The estimate for a preset, a config file, a run or a checkpoint; as lines and as data.
 * @param backend instead of theirs
 */
export async function estimateOf(
  path: string,
  backend?: PretrainConfig['backend'],
): Promise<{ readonly data: object; readonly lines: readonly string[] }> {
  const given = await planned(path);
  const asked = backend ? { ...given, config: { ...given.config, backend } } : given;
  const found = given.recorded && !backend ? asked : await withEngine(asked);
  const { planTraining } = await import('../pretrain/cost.js');
  const plan = await planTraining(found.model, found.config, found.share);
  return { data: { ...plan, assumed: found.assumed }, lines: planLines(found, plan) };
}
