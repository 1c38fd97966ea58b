// npm run transformers-js: transformers.js opens what `export --format onnx` wrote, offline, and its pipelines write greedily what
// `sample --greedy` and `chat --greedy` write, for a small model of every family, and label texts as `classify` does. Texts may part
// where two tokens are within 1e-4. transformers.js is installed into a folder of its own: it is large, and nothing else needs it.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const version = '4.3.2';
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const program = join(root, 'bin', 'gpt-cli.js');
const home = process.env.GPT_CLI_TRANSFORMERS_JS ?? join(tmpdir(), `gpt-cli-transformers-js-${version}`);
// Below `home`, so that the loader written next to a classifier finds the library as in a project that has it installed.
mkdirSync(home, { recursive: true });
const work = mkdtempSync(join(home, 'work-'));

if (!existsSync(join(home, 'node_modules', '@huggingface', 'transformers'))) {
  writeFileSync(join(home, 'package.json'), '{"private":true,"type":"module"}');
  const install = ['install', '--silent', '--ignore-scripts', `@huggingface/transformers@${version}`];
  execFileSync('npm', install, { cwd: home, stdio: 'inherit' });
}

const generate = join(work, 'generate.mjs');
writeFileSync(
  generate,
  `import { env, pipeline } from '@huggingface/transformers';
env.allowRemoteModels = false;
const [, , folder, dtype, count, ...prompts] = process.argv;
const generator = await pipeline('text-generation', folder, { dtype });
const options = { max_new_tokens: Number(count), do_sample: false, return_full_text: false };
const chats = prompts.map((prompt) => (prompt.startsWith('[') ? JSON.parse(prompt) : prompt));
const alone = [];
for (const prompt of chats) alone.push((await generator(prompt, options))[0].generated_text);
const batch = (await generator(chats, options)).map(([{ generated_text }]) => generated_text);
/** Of every position of a text, how far the likeliest token is ahead of the second. */
const gaps = async (text) => {
  const { logits } = await generator.model(await generator.tokenizer(text, { add_special_tokens: false }));
  return logits.tolist()[0].map((row) => { const [a, b] = row.sort((x, y) => y - x); return a - b; });
};
const smallest = [];
for (const [i, text] of alone.entries())
  smallest.push(typeof text === 'string' ? Math.min(...(await gaps(prompts[i] + text))) : Number.POSITIVE_INFINITY);
console.log(JSON.stringify({ alone, batch, smallest }));
`,
);

const gpt = (...args) => execFileSync(process.execPath, [program, ...args], { encoding: 'utf8' });
const node = (...args) => execFileSync(process.execPath, args, { cwd: work, encoding: 'utf8' });
const lastLine = (text) => JSON.parse(text.trim().split('\n').at(-1));
let failed = 0;
function check(good, what) {
  if (!good) failed++;
  console.log(`${good ? 'ok ' : 'FAILED'} ${what}`);
}

const small = '--n-layer 2 --n-head 4 --n-embd 64 --block-size 64 --max-iters 100 --learning-rate 0.003 --quiet'.split(
  ' ',
);
const models = {
  'gpt2, bpe': '--vocab-size 400',
  'gpt2, byte, untied, other activation': '--tokenizer byte --no-tie --ffn-size 96 --activation gelu',
  'gpt2, char, sinusoidal, no bias': '--tokenizer char --position sinusoidal --no-bias',
  'llama, grouped queries': '--arch llama --n-kv-head 2 --vocab-size 400',
  'llama, untied, odd width': '--arch llama --no-tie --tokenizer byte --n-embd 40 --head-dim 10',
  'qwen3, one head of keys': '--arch qwen3 --n-kv-head 1 --head-dim 32 --vocab-size 400',
};
const prompts = ['The little fox', 'Once upon a time there was a clever'];

function checkTexts(name, folder, expected, given = prompts) {
  const { alone, batch, smallest } = lastLine(node(generate, folder, 'fp32', '24', ...given));
  for (const [i, text] of expected.entries()) {
    const close = smallest[i] < 1e-4;
    const found = (from) => (typeof from[i] === 'string' ? from[i] : from[i].at(-1).content);
    const [same, together] = [found(alone) === text, found(batch) === text];
    check(
      same || close,
      `${name}: ${JSON.stringify(text.slice(0, 40))}${same ? '' : `, there ${JSON.stringify(found(alone))}`}`,
    );
    check(together || close, `${name}: in a batch of prompts of different lengths`);
  }
}

try {
  for (const [name, flags] of Object.entries(models)) {
    const [run, folder] = [join(work, name), join(work, `${name} onnx`)];
    gpt('pretrain', join(root, 'data', 'stories.txt'), '-o', run, ...small, ...flags.split(' '));
    gpt('export', run, '-o', folder, '--format', 'onnx');
    const ours = prompts.map((prompt) =>
      lastLine(gpt('sample', run, '--prompt', prompt, '--greedy', '--max-new-tokens', '24', '--json')),
    );
    checkTexts(
      name,
      folder,
      ours.map(({ text }) => text),
    );
    for (const dtype of ['fp16', 'q8', 'q4']) {
      const { alone } = lastLine(node(generate, folder, dtype, '24', prompts[0]));
      check(alone[0].length > 0, `${name}, ${dtype}: ${JSON.stringify(alone[0].slice(0, 60))}`);
    }
  }

  const messages = join(work, 'messages.jsonl');
  const turn = (animal, answer) => [
    { role: 'user', content: `Who is the ${animal}?` },
    { role: 'assistant', content: answer },
  ];
  const rows = [turn('fox', 'Rolf, the fox.'), turn('owl', 'Ida, who can fly.'), turn('bear', 'Bo the bear.')];
  const lines = Array.from({ length: 60 }, (_, i) => JSON.stringify({ messages: rows[i % rows.length] }));
  writeFileSync(messages, `${lines.join('\n')}\n`);
  const chat = join(work, 'chat');
  gpt('finetune', messages, '--from', join(work, 'llama, grouped queries'), '-o', chat, '--epochs', '20', '--quiet');
  gpt('export', chat, '-o', join(work, 'chat onnx'), '--format', 'onnx', '--dtype', 'f32');
  const questions = ['Who is the owl?', 'Who is the bear?'];
  const answers = questions.map((question) => {
    const args = [program, 'chat', chat, '--greedy', '--max-new-tokens', '24'];
    return execFileSync(process.execPath, args, {
      encoding: 'utf8',
      input: `${question}\n`,
      stdio: ['pipe', 'pipe', 'ignore'],
    }).trim();
  });
  const asked = questions.map((content) => JSON.stringify([{ role: 'user', content }]));
  checkTexts('chat', join(work, 'chat onnx'), answers, asked);

  const labelled = join(work, 'moods');
  gpt(
    'finetune',
    join(root, 'data', 'moods'),
    '--from',
    join(work, 'gpt2, bpe'),
    '-o',
    labelled,
    '--limit',
    '200',
    '--epochs',
    '2',
    '--quiet',
  );
  gpt('export', labelled, '-o', join(work, 'moods onnx'), '--format', 'onnx');
  const texts = ['Ida laughed and danced in the sun.', 'The dog hid under the bed.'];
  writeFileSync(
    join(work, 'classify.mjs'),
    `import { load } from ${JSON.stringify(join(work, 'moods onnx', 'classify.mjs'))};
const classify = await load();
console.log(JSON.stringify(await classify(${JSON.stringify(texts)}, { top_k: null })));
`,
  );
  const theirs = lastLine(node(join(work, 'classify.mjs')));
  for (const [i, text] of texts.entries()) {
    const { scores } = lastLine(gpt('classify', labelled, text, '--json'));
    const off = Math.max(...theirs[i].map(({ label, score }) => Math.abs(score - scores[label])));
    check(
      theirs[i].length === Object.keys(scores).length && off < 1e-5,
      `classifier: scores differ by ${off.toExponential(1)}`,
    );
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
process.exitCode = failed === 0 ? 0 : 1;
