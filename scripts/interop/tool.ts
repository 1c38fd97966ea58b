// The TypeScript side of `npm run interop`: writes checkpoints of every kind, and computes what Python compares.
// Reads a request a line, ["write", ...], and answers with a line of JSON:
//   write FOLDER SETTINGS TOKENIZER   a model with random weights; SETTINGS of a run: {"arch": "gpt2", "position": "rope"}
//   encode FOLDER TEXT                the ids
//   logits FOLDER IDS OUT             ids [B, T]; writes logits [B, T, V] as safetensors
//   graph FOLDER PURPOSE OUT          writes the ONNX model of loss and gradients, of evaluation or of logits
import { open, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { openCheckpoint, saveCheckpoint, writeSafetensors } from '../../src/checkpoint/index.js';
import { resolve } from '../../src/config/index.js';
import { openEngine } from '../../src/engine/index.js';
import { kept, lower } from '../../src/engine/onnx/lower.js';
import {
  configureModel,
  evaluationStep,
  Gpt,
  initialize,
  logitsStep,
  lossStep,
  parameterSpecs,
} from '../../src/model/index.js';
import { byteTokenizer, type Tokenizer, trainBpeTokenizer, trainCharTokenizer } from '../../src/tokenizer/index.js';
import { optimize, trace } from '../../src/trace/index.js';

const sample = 'In the beginning the fox said: "Où est le café?"\n\tA 12th naïve line, 中文 too.\n';

async function* documents() {
  for (let i = 0; i < 40; i++) yield { text: sample, endOfDocument: true };
}

async function makeTokenizer(kind: string): Promise<Tokenizer> {
  if (kind === 'char') return trainCharTokenizer(documents());
  return kind === 'bpe' ? trainBpeTokenizer(documents(), { vocabSize: 320 }) : byteTokenizer();
}

async function write(folder: string, settings: Record<string, unknown>, kind: string): Promise<void> {
  const tokenizer = await makeTokenizer(kind);
  const sizes = { blockSize: 32, nLayer: 3, nHead: 4, nEmbd: 48, dropout: 0.1 };
  const { values: run } = resolve('pretrain', [{ name: 'settings', values: { ...sizes, ...settings } }]);
  const config = configureModel(run, tokenizer.modelVocabSize);
  const specs = parameterSpecs(config);
  // Five times GPT-2's deviation, biases and norms not at 0 and 1: logits of some size, in which each parameter shows.
  const seed = 7;
  const values = new Map([...initialize(specs, seed)].map(({ name, data }) => [name, data.map((x) => 5 * x)]));
  for (const { name, init } of specs) {
    if (init.kind !== 'normal')
      values.set(
        name,
        values.get(name)!.map((x, i) => x / 5 + 0.1 * Math.sin(i + name.length)),
      );
  }
  const state = { specs, training: false, read: async (_: unknown, name: string) => values.get(name)! };
  await saveCheckpoint(folder, { config, tokenizer, state });
}

async function encode(folder: string, text: string): Promise<number[]> {
  const checkpoint = await openCheckpoint(folder);
  const tokenizer = await checkpoint.loadTokenizer();
  await checkpoint.close();
  return [...tokenizer.encode(text)];
}

/** Every position's logits: one row for each prefix, since a step gives those of one position. */
async function logits(folder: string, texts: number[][], out: string): Promise<void> {
  const time = texts[0]!.length;
  const checkpoint = await openCheckpoint(folder);
  const engine = await openEngine({ backend: 'auto', device: 'cpu' });
  const gpt = await Gpt.create(checkpoint.config);
  const state = await engine.createState(checkpoint.specs, { training: false });
  await checkpoint.readInto(state);
  const program = await engine.compile(logitsStep(gpt, { batchSize: time, time }), state);
  const { vocabSize } = checkpoint.config;
  const all = new Float32Array(texts.length * time * vocabSize);
  for (const [row, text] of texts.entries()) {
    const ids = Int32Array.from({ length: time * time }, (_, i) => text[i % time]!);
    const last = Int32Array.from({ length: time }, (_, i) => i);
    const result = await program.run({ ids, last });
    all.set(result['logits'] as Float32Array, row * time * vocabSize);
  }
  const file = await open(out, 'w');
  await writeSafetensors(file, [{ name: 'logits', shape: [texts.length, time, vocabSize], read: () => all }]);
  await file.close();
  await engine.dispose();
  await checkpoint.close();
}

/** What the onnx engine gives onnxruntime. */
async function graph(folder: string, purpose: 'training' | 'evaluation' | 'logits', out: string): Promise<number> {
  const checkpoint = await openCheckpoint(folder);
  await checkpoint.close();
  const step = { training: lossStep, evaluation: evaluationStep, logits: logitsStep }[purpose];
  const traced = trace(step(await Gpt.create(checkpoint.config), { batchSize: 2, time: 16 }), {
    gradients: purpose === 'training',
  });
  const { model, nodeCount } = lower(optimize(traced, { keep: (op) => kept.has(op) }));
  await writeFile(out, model);
  return nodeCount;
}

const commands = { write, encode, logits, graph } as Record<string, (...args: never[]) => Promise<unknown>>;
for await (const line of createInterface({ input: process.stdin })) {
  const [command, ...args] = JSON.parse(line) as [string, ...never[]];
  const answer = await commands[command]!(...args);
  process.stdout.write(`${JSON.stringify(answer ?? null)}\n`);
}
