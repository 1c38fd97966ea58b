// How many tokens SmolLM2 writes alike here and in llama.cpp from the same quantized GGUF file, greedily: ours multiplies by the
// weights' exact values, llama.cpp rounds activations to 8 bits as well, so texts part where two tokens are nearly as likely.
// node bench/agreement.js FILE.gguf [--tokens 20] [--threads 2]
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fail, linesOf, median, requireBuilt, root, temporaryFolder, withPackages } from './inputs/common.js';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { tokens: { type: 'string', default: '20' }, threads: { type: 'string', default: '2' } },
});
const [file] = positionals;
if (file === undefined) fail('name a GGUF file');
requireBuilt();

const home = withPackages(process.env.GPT_CLI_LLAMA_CPP ?? join(tmpdir(), 'gpt-cli-llama-cpp'), ['node-llama-cpp@3']);
const program = join(root, 'bin', 'gpt-cli.js');
const model = join(temporaryFolder('agreement'), 'model');
execFileSync(process.execPath, [program, 'import', file, '-o', model, '--quiet']);

const sets = JSON.parse(readFileSync(join(root, 'bench', 'inputs', 'prompts.json'), 'utf8'));
const { loadCheckpoint } = await import('../dist/index.js');
const { tokenizer, close } = await loadCheckpoint(model);
const asChat = (question) => `<|im_start|>user\n${question}<|im_end|>\n<|im_start|>assistant\n`;

/** The first tokens that both programs write. */
function agreement(prompt) {
  const count = ['--max-new-tokens', options.tokens];
  const flags = ['--greedy', ...count, '--threads', options.threads, '--json'];
  const [ours] = linesOf(
    process.execPath,
    [program, 'sample', model, '--prompt', prompt, ...flags],
    options.threads,
  ).slice(-1);
  const script = join(root, 'bench', 'peers', 'llama-cpp.mjs');
  const ids = tokenizer.encode(prompt).join();
  const [theirs] = linesOf(
    process.execPath,
    [script, home, file, ids, options.tokens, 0, options.threads],
    options.threads,
  ).slice(-1);
  const [mine, other] = [JSON.parse(ours).tokens, JSON.parse(theirs).tokens];
  const parting = mine.findIndex((token, i) => token !== other[i]);
  return parting < 0 ? mine.length : parting;
}

for (const [kind, prompts] of Object.entries(sets)) {
  const equal = prompts.map((prompt) => agreement(kind === 'chat' ? asChat(prompt) : prompt));
  console.log(
    `${kind}: the first ${median(equal)} of ${options.tokens} tokens are equal (median of ${equal.length}: ${equal.join(', ')})`,
  );
}
await close();
