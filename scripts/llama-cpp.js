// npm run llama-cpp: llama.cpp (npm node-llama-cpp, which brings its own binaries) writes greedily what `sample --greedy` writes,
// for a small model of every family that it has. Exact for F32; where two tokens are within 1e-4 the texts may part. node-llama-cpp is
// installed into a folder of its own: it is large, and nothing else needs it.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const program = join(root, 'bin', 'gpt-cli.js');
const home = process.env.GPT_CLI_LLAMA_CPP ?? join(tmpdir(), 'gpt-cli-llama-cpp');
const work = mkdtempSync(join(tmpdir(), 'gpt-cli-gguf-'));

if (!existsSync(join(home, 'node_modules', 'node-llama-cpp'))) {
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'package.json'), '{"private":true}');
  execFileSync('npm', ['install', '--silent', 'node-llama-cpp@3'], { cwd: home, stdio: 'inherit' });
}
writeFileSync(
  join(home, 'greedy.mjs'),
  `import { getLlama } from 'node-llama-cpp';
const [, , path, prompt, count] = process.argv;
const llama = await getLlama({ gpu: false, build: 'never', logLevel: 'error' });
const model = await llama.loadModel({ modelPath: path, gpuLayers: 0 });
const context = await model.createContext({ contextSize: 64, threads: 2 });
const ids = model.tokenize(prompt, false);
const out = [];
for await (const token of context.getSequence().evaluate(ids, { temperature: 0 })) {
  out.push(token);
  if (out.length >= Number(count)) break;
}
console.log(JSON.stringify({ ids, out }));
process.exit(0);
`,
);

const gpt = (...args) => execFileSync(process.execPath, [program, ...args], { encoding: 'utf8' });
const small = [
  '--n-layer',
  '2',
  '--n-head',
  '4',
  '--n-embd',
  '64',
  '--block-size',
  '64',
  '--max-iters',
  '150',
  '--quiet',
];
const models = {
  'gpt2, bpe': ['--vocab-size', '400'],
  'gpt2, byte, untied': ['--tokenizer', 'byte', '--no-tie', '--ffn-size', '96'],
  'llama, bpe, grouped queries': ['--arch', 'llama', '--n-kv-head', '2', '--vocab-size', '400'],
  'llama, byte, untied': ['--arch', 'llama', '--no-tie', '--tokenizer', 'byte'],
  'qwen3, bpe': ['--arch', 'qwen3', '--n-kv-head', '1', '--head-dim', '32', '--vocab-size', '400'],
};
const prompt = 'The little fox';
// One document: a model that ends its texts soon says little.
const stories = join(work, 'stories.txt');
writeFileSync(stories, readFileSync(join(root, 'data', 'stories.txt'), 'utf8').replaceAll('<|endoftext|>', ''));
let failed = 0;
try {
  for (const [name, flags] of Object.entries(models)) {
    const [run, file] = [join(work, name), join(work, `${name}.gguf`)];
    gpt('pretrain', stories, '-o', run, ...small, '--learning-rate', '0.003', ...flags);
    gpt('export', run, '-o', file, '--format', 'gguf', '--dtype', 'f32');
    const ours = JSON.parse(gpt('sample', run, '--prompt', prompt, '--greedy', '--max-new-tokens', '24', '--json'));
    const answer = execFileSync(process.execPath, ['greedy.mjs', file, prompt, '24'], { cwd: home, encoding: 'utf8' });
    const theirs = JSON.parse(answer.trim().split('\n').at(-1));
    const encoded = JSON.parse(gpt('tokenizer', 'encode', join(run, 'last'), prompt, '--json'));
    const ids = JSON.stringify(encoded.ids ?? encoded) === JSON.stringify(theirs.ids);
    const same = theirs.out.findIndex((token, i) => token !== ours.tokens[i]);
    const good = ids && same < 0 && theirs.out.length === ours.tokens.length;
    failed += good ? 0 : 1;
    console.log(
      `${good ? 'ok ' : 'FAILED'} ${name}: prompt ids ${ids ? 'equal' : 'differ'}, ${same < 0 ? theirs.out.length : same} tokens equal`,
    );
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
process.exitCode = failed === 0 ? 0 : 1;
