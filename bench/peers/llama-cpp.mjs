// Greedy text generation in llama.cpp (npm node-llama-cpp, on the CPU): what bench/llama-cpp.js compares with.
// node llama-cpp.mjs HOME MODEL.gguf IDS COUNT SAMPLES THREADS: HOME has the package in its node_modules, IDS are the prompt's with
// commas. Writes COUNT tokens SAMPLES + 1 times, the first one to warm up. Prints a line of JSON: tokens per second of each time,
// reading the prompt included, and the ids that were written.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [, , home, path, prompt, count, samples, threads] = process.argv;
const library = join(home, 'node_modules', 'node-llama-cpp', 'dist', 'index.js');
const { getLlama } = await import(pathToFileURL(library).href);
const llama = await getLlama({ gpu: false, build: 'never', logLevel: 'error', maxThreads: Number(threads) });
const model = await llama.loadModel({ modelPath: path, gpuLayers: 0 });
const context = await model.createContext({ contextSize: 512, threads: Number(threads) });
const sequence = context.getSequence();
const ids = prompt.split(',').map(Number);
const tokensPerSecond = [];
let tokens = [];
for (let sample = 0; sample <= Number(samples); sample++) {
  await sequence.clearHistory();
  tokens = [];
  const begin = performance.now();
  for await (const token of sequence.evaluate(ids, { temperature: 0, yieldEogToken: true })) {
    tokens.push(token);
    if (tokens.length === Number(count)) break;
  }
  if (sample > 0) tokensPerSecond.push((1000 * tokens.length) / (performance.now() - begin));
}
console.log(JSON.stringify({ tokensPerSecond, tokens }));
process.exit(0); // its threads would keep the process
