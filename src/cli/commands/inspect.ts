// gpt-cli inspect: what a run or a checkpoint holds. Without --weights, --neighbours and --compare its weights are not read.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import type { Checkpoint } from '../../checkpoint/index.js';
import { readJsonObject } from '../../files/index.js';
import { quoteCommand } from '../../shell-quote.js';
import type { Context } from '../context.js';
import { count, loss, table, time } from '../format.js';
import { weightLines } from '../weights.js';
import { showResults } from '../work.js';

const EXAMPLES = `
Examples:
  gpt-cli inspect runs/book
  gpt-cli inspect gpt2 --estimate       the cost of training the preset
  gpt-cli inspect runs/book --weights   norms, spectra and dead units of every tensor
  gpt-cli inspect runs/book --neighbours king
  gpt-cli inspect runs/tuned --compare runs/book      how far finetuning has moved each tensor

docs/weights.md explains the columns.`;

interface Part {
  readonly name: string;
  readonly parameters: number;
  readonly tensors: number;
}

/** Parameters by block (`h.3`), or by layer outside of blocks (`wte`); the order is the model's. */
export function partsOf(specs: Checkpoint['specs']): Part[] {
  const parts = new Map<string, { parameters: number; tensors: number }>();
  for (const { name, shape, block } of specs) {
    const part = name
      .split('.')
      .slice(0, block === undefined ? 1 : 2)
      .join('.');
    const sum = parts.get(part) ?? { parameters: 0, tensors: 0 };
    sum.parameters += shape.reduce((a, b) => a * b, 1);
    sum.tensors += 1;
    parts.set(part, sum);
  }
  return [...parts].map(([name, sum]) => ({ name, ...sum }));
}

/** The run folder's own config.json: the command line and versions, when `path` is a run folder. */
async function runOf(path: string): Promise<Record<string, unknown> | undefined> {
  const file = join(path, 'config.json');
  if (!existsSync(join(path, 'log.jsonl')) || !existsSync(file)) return undefined;
  return readJsonObject(file, 'run/config');
}

const plural = (n: number, word: string) => `${count(n)} ${word}${n === 1 ? '' : 's'}`;

async function describe(path: string) {
  const { openCheckpoint } = await import('../../checkpoint/index.js');
  const checkpoint = await openCheckpoint(path, { prefer: 'last' });
  try {
    const { directory, config, specs, labels, training, scheme } = checkpoint;
    const { kind, vocabSize, endOfText } = await checkpoint.loadTokenizer();
    const parts = partsOf(specs);
    const parameters = parts.reduce((sum, part) => sum + part.parameters, 0);
    const tokenizer = { kind, vocabSize, endOfText };
    return {
      directory,
      config,
      parameters,
      parts,
      tokenizer,
      labels,
      training,
      weights: scheme,
      run: await runOf(path),
    };
  } finally {
    await checkpoint.close();
  }
}

type Description = Awaited<ReturnType<typeof describe>>;

/** Of settings with parts, such as `ropeScaling`: each part with its name. */
export function shownValue(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return String(value);
  return Object.entries(value)
    .map(([name, part]) => `${name} ${part}`)
    .join(', ');
}

function lines({
  directory,
  config,
  parameters,
  parts,
  tokenizer,
  labels,
  training,
  weights,
  run,
}: Description): string[] {
  const out = [directory, ''];
  out.push(...table(Object.entries(config).map(([key, value]) => [key, shownValue(value)])));
  const share = (n: number) => `${((100 * n) / parameters).toFixed(1)} %`;
  const rows = parts.map((part) => [
    part.name,
    count(part.parameters),
    share(part.parameters),
    plural(part.tensors, 'tensor'),
  ]);
  const tensors = parts.reduce((sum, part) => sum + part.tensors, 0);
  out.push('', ...table([...rows, ['all', count(parameters), '', plural(tensors, 'tensor')]], [1, 2, 3]));
  out.push(
    '',
    `${((parameters * 4) / 1e6).toFixed(1)} MB of float32 weights${weights ? `, stored in ${weights}` : ''}`,
  );
  out.push(`tokenizer: ${tokenizer.kind}, ${count(tokenizer.vocabSize)} entries`);
  if (labels) out.push(`labels: ${labels.join(', ')}`);
  if (training) {
    const { iter, seed, tokens, elapsed, best } = training;
    const loss_ = best ? `, best validation loss ${loss(best.valLoss)}` : '';
    out.push(`training: step ${count(iter)}, ${count(tokens)} tokens, ${time(elapsed)}, seed ${seed}${loss_}`);
  } else out.push('training: no training state; usable with --init, not with --resume');
  if (Array.isArray(run?.['commandLine']))
    out.push(`made by: ${quoteCommand(['gpt-cli', ...run['commandLine'].map(String)])}`);
  return out;
}

export function define(command: Command, context: Context): void {
  command
    .argument('<run>', 'a run folder, a checkpoint in it, or a Hugging Face folder')
    .option('--estimate', 'estimate training: memory, FLOPs, time per step; <run> may be a preset or a config file')
    .addOption(
      new Option('--backend <name>', 'with --estimate: the engine to estimate for').choices([
        'auto',
        'onnx',
        'openvino',
        'tensorflow',
      ]),
    )
    .option('--weights', 'norms, largest singular values, stable rank and dead units of every tensor')
    .option('--neighbours <word>', 'the tokens whose embeddings are most like that of a word')
    .option('--compare <run>', 'how far each tensor is from that of another checkpoint')
    .addHelpText('after', EXAMPLES)
    .action(async (path: string, flags: InspectFlags) => {
      const { estimate, backend, weights, neighbours, compare } = flags;
      if (estimate) {
        const { estimateOf } = await import('../training-cost.js');
        const { data, lines } = await estimateOf(path, backend);
        if (context.json) context.print(JSON.stringify(data));
        else for (const line of lines) context.print(line);
        return;
      }
      if (weights || neighbours !== undefined || compare !== undefined) {
        await showWeights(path, flags, context);
        return;
      }
      const description = await describe(path);
      if (context.json) context.print(JSON.stringify(description));
      else for (const line of lines(description)) context.print(line);
    });
}

interface InspectFlags {
  readonly estimate?: boolean;
  readonly backend?: 'auto' | 'onnx' | 'openvino' | 'tensorflow';
  readonly weights?: boolean;
  readonly neighbours?: string;
  readonly compare?: string;
}

async function showWeights(run: string, flags: InspectFlags, context: Context): Promise<void> {
  const { weights: tensors = false, neighbours, compare } = flags;
  const { inspectWeights } = await import('../../weights/weights.js');
  const events = inspectWeights({ run, tensors, neighbours, compare, signal: context.stopOnInterrupt() });
  await showResults(events, weightLines, context);
}
