// Training speed and peak memory as the context grows, beside PyTorch eager with scaled_dot_product_attention (bench/peers/train.py):
// the same model (4 layers, 4 heads, 128 wide, 65 characters), AdamW, 8,192 tokens a step. Both take turns, round by round; the
// ratio is the median of the rounds' ratios.
// node bench/long-context.js [--contexts 1024,2048,4096,8192] [--rounds 3] [--steps 3] [--tokens 8192] [--threads 2]
//   [--vocabulary 65] [--backend onnx] [--jit auto|xla|graph] [--precision f32|bf16] [--json]
// Needs a virtual environment with torch and numpy: GPT_CLI_VENV, or .venv.
import { parseArgs } from 'node:util';
import { fail, median, requireBuilt, requirePython, temporaryFolder } from './inputs/common.js';
import { trainHere, trainInPeer } from './inputs/speed.js';
import { writeTrainingData } from './inputs/training.js';

const { values: options } = parseArgs({
  options: {
    contexts: { type: 'string', default: '1024,2048,4096,8192' },
    rounds: { type: 'string', default: '3' },
    steps: { type: 'string', default: '3' },
    tokens: { type: 'string', default: '8192' },
    threads: { type: 'string', default: '2' },
    vocabulary: { type: 'string', default: '65' },
    backend: { type: 'string', default: 'onnx' },
    jit: { type: 'string' },
    precision: { type: 'string', default: 'f32' },
    json: { type: 'boolean', default: false },
  },
});
const [rounds, steps, tokens, threads, vocabulary] = ['rounds', 'steps', 'tokens', 'threads', 'vocabulary'].map(
  (name) => Number(options[name]),
);
const contexts = options.contexts.split(',').map(Number);
const odd = contexts.find((context) => !(context > 0 && tokens % context === 0));
if (odd !== undefined) fail(`a step of ${tokens} tokens is no whole number of rows of ${odd}`);
requirePython('torch and numpy');
requireBuilt();

const folder = temporaryFolder();
const data = writeTrainingData({ folder, vocabulary });
const { backend, jit, precision } = options;

for (const context of contexts) {
  const shape = { layers: 4, heads: 4, width: 128, vocabulary, context, batch: tokens / context, warmup: 1 };
  const seen = Array.from({ length: rounds }, () => {
    const mine = trainHere(folder, shape, data, { steps, threads, backend, precision, jit });
    const peer = trainInPeer(folder, shape, data, { steps, threads, peer: 'eager' });
    if (mine.parameters !== peer.parameters) fail(`${mine.parameters} parameters here, ${peer.parameters} in the peer`);
    return { mine, peer, ratio: mine.tokensPerSecond / peer.tokensPerSecond };
  });
  const of = (pick) => median(seen.map(pick));
  const result = {
    context,
    batch: shape.batch,
    threads,
    backend,
    peer: `torch eager ${seen[0].peer.version}`,
    rounds,
    tokensPerSecond: of(({ mine }) => mine.tokensPerSecond),
    peerTokensPerSecond: of(({ peer }) => peer.tokensPerSecond),
    ratio: of(({ ratio }) => ratio),
    ratios: seen.map(({ ratio }) => ratio),
    peakMemoryMB: of(({ mine }) => mine.peakMemoryMB),
    peerPeakMemoryMB: of(({ peer }) => peer.peakMemoryMB),
  };
  if (options.json) console.log(JSON.stringify(result));
  else {
    const speeds = `gpt-cli ${result.tokensPerSecond.toFixed(0)}, torch eager ${result.peerTokensPerSecond.toFixed(0)} tokens/s`;
    const ratios = result.ratios.map((ratio) => ratio.toFixed(2)).join(', ');
    const memory = `peak memory ${result.peakMemoryMB.toFixed(0)} and ${result.peerPeakMemoryMB.toFixed(0)} MB`;
    console.log(`${shape.batch} x ${context}: ${speeds}, ratio ${result.ratio.toFixed(2)} (${ratios}); ${memory}`);
  }
}
