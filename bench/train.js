// Training speed and memory beside PyTorch and stock tfjs: `gpt-cli pretrain` and a peer take turns on the same machine,
// round by round; the result is the median of the rounds' ratios.
// node bench/train.js [--model reference|small-bpe|shakespeare-char|gpt2-4x64|gpt2-1x512] [--peer eager,compile,wasm,cpu] [--threads 1,2] [--rounds 5]
//   [--steps N] [--peer-steps N] [--text FILE] [--backend NAME] [--jit auto|xla|graph] [--precision f32|bf16]
//   [--peer-precision f32|bf16] [--json]
// PyTorch's bf16 is torch.autocast.
// PyTorch (eager, compile) needs a virtual environment with torch and numpy: GPT_CLI_VENV, or .venv. For stock tfjs
// (wasm, cpu) npm fetches it into a temporary folder.
import { parseArgs } from 'node:util';
import { fail, median, requireBuilt, requirePython, temporaryFolder } from './inputs/common.js';
import { isStock, models, trainHere, trainInPeer } from './inputs/speed.js';
import { writeTrainingData } from './inputs/training.js';

const { values: options } = parseArgs({
  options: {
    model: { type: 'string', default: 'reference' },
    peer: { type: 'string', default: 'eager,compile' },
    threads: { type: 'string', default: '1,2' },
    rounds: { type: 'string', default: '5' },
    steps: { type: 'string' },
    'peer-steps': { type: 'string' },
    text: { type: 'string' },
    backend: { type: 'string', default: 'onnx' },
    jit: { type: 'string' },
    precision: { type: 'string', default: 'f32' },
    'peer-precision': { type: 'string', default: 'f32' },
    json: { type: 'boolean', default: false },
  },
});
const model = models[options.model];
if (model === undefined) fail(`no model "${options.model}" (there are ${Object.keys(models).join(', ')})`);
const steps = Number(options.steps ?? model.steps);
const rounds = Number(options.rounds);
const peers = options.peer.split(',');
if (!['f32', 'bf16'].includes(options['peer-precision'])) fail(`no precision "${options['peer-precision']}"`);
if (!peers.every(isStock)) requirePython('torch and numpy');
requireBuilt();

const folder = temporaryFolder();

function ours(data, threads) {
  const { backend, precision, jit } = options;
  return trainHere(folder, model, data, { steps, threads, backend, precision, jit });
}

function theirs(data, threads, peer) {
  const count = Number(options['peer-steps'] ?? steps);
  return trainInPeer(folder, model, data, { steps: count, threads, peer, bf16: options['peer-precision'] === 'bf16' });
}

const peerPrecision = options['peer-precision'] === 'f32' ? '' : ` ${options['peer-precision']}`;
const nameOf = (peer) => (isStock(peer) ? `tfjs ${peer}` : `torch ${peer}${peerPrecision}`);
const say = (text) => options.json || console.log(text);

const data = writeTrainingData({ folder, vocabulary: model.vocabulary, text: options.text });
for (const threads of options.threads.split(',').map(Number)) {
  for (const peer of peers) {
    const seen = [];
    for (let round = 1; round <= rounds; round++) {
      const mine = ours(data, threads);
      const other = theirs(data, threads, peer);
      if (mine.parameters !== other.parameters)
        fail(`${mine.parameters} parameters here, ${other.parameters} in the peer`);
      seen.push({ mine, other, ratio: mine.tokensPerSecond / other.tokensPerSecond });
      const way = options.backend === 'tensorflow' ? ` (${mine.jit})` : '';
      const speeds = `gpt-cli${way} ${mine.tokensPerSecond.toFixed(0)}, ${nameOf(peer)} ${other.tokensPerSecond.toFixed(0)} tokens/s`;
      say(`${options.model}, ${threads} thread(s), round ${round}: ${speeds}, ratio ${seen.at(-1).ratio.toFixed(2)}`);
    }
    const result = {
      model: options.model,
      threads,
      backend: options.backend,
      peer: `${nameOf(peer)} ${seen[0].other.version}`,
      precision: options.precision,
      rounds,
      tokensPerSecond: median(seen.map(({ mine }) => mine.tokensPerSecond)),
      peerTokensPerSecond: median(seen.map(({ other }) => other.tokensPerSecond)),
      ratio: median(seen.map(({ ratio }) => ratio)),
      peakMemoryMB: median(seen.map(({ mine }) => mine.peakMemoryMB)),
      peerPeakMemoryMB: median(seen.map(({ other }) => other.peakMemoryMB)),
    };
    if (options.json) console.log(JSON.stringify(result));
    const memory = `peak memory ${result.peakMemoryMB.toFixed(0)} MB against ${result.peerPeakMemoryMB.toFixed(0)} MB`;
    say(
      `${options.model}, ${threads} thread(s): ${result.ratio.toFixed(2)} times ${nameOf(peer)} (median of ${rounds}), ${memory}`,
    );
  }
}
