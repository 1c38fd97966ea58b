// npm run transformers-js: transformers.js opens what `export --format onnx` wrote, offline, and its pipelines write greedily what
// `sample --greedy` and `chat --greedy` write, for a small model of every family, and label texts as `classify` does. Texts may part
// where two tokens are within 1e-4. transformers.js is installed into a folder of its own: it is large, and nothing else needs it.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
const [, , folder, dtypes, ...prompts] = process.argv;
const options = { max_new_tokens: 24, do_sample: false, return_full_text: false };
const textOf = ([{ generated_text: text }]) => (typeof text === 'string' ? text : text.at(-1).content);
const inputs = prompts.map((prompt) => (prompt.startsWith('[') ? JSON.parse(prompt) : prompt));
const answer = {};
for (const dtype of dtypes.split(',')) {
  const generator = await pipeline('text-generation', folder, { dtype });
  const alone = [];
  for (const input of inputs) alone.push(textOf(await generator(input, options)));
  answer[dtype] = { alone, batch: (await generator(inputs, options)).map(textOf) };
}
console.log(JSON.stringify(answer));
`,
);
const compare = join(work, 'compare.mjs');
writeFileSync(
  compare,
  `import { AutoModelForCausalLM, AutoTokenizer, env } from '@huggingface/transformers';
env.allowRemoteModels = false;
const [, , folder, prompt, ...texts] = process.argv;
const tokenizer = await AutoTokenizer.from_pretrained(folder);
const ids = texts.map((text) => tokenizer.encode(prompt + text));
const parting = ids[0].findIndex((id, i) => id !== ids[1][i]);
const model = await AutoModelForCausalLM.from_pretrained(folder, { dtype: 'fp32' });
const { logits } = await model(await tokenizer(prompt + texts[0]));
const [first, second] = logits.tolist()[0][parting - 1].sort((a, b) => b - a);
console.log(JSON.stringify(first - second));
`,
);

const gpt = (...args) => execFileSync(process.execPath, [program, ...args], { encoding: 'utf8' });
const lastLine = (text) => JSON.parse(text.trim().split('\n').at(-1));
const node = (...args) => lastLine(execFileSync(process.execPath, args, { cwd: work, encoding: 'utf8' }));
let failed = 0;
function check(good, what) {
  if (!good) failed++;
  console.log(`${good ? 'ok ' : 'FAILED'} ${what}`);
}

/** @param inputs what the pipeline is given: prompts, or conversations as JSON */
function checkTexts(name, folder, expected, inputs, dtypes) {
  const { fp32, ...smaller } = node(generate, folder, ['fp32', ...dtypes].join(), ...inputs);
  for (const [i, text] of expected.entries())
    for (const [how, all] of Object.entries(fp32)) {
      const [ours, theirs] = [text.trim(), all[i].trim()];
      const near =
        ours !== theirs && !inputs[i].startsWith('[') && node(compare, folder, inputs[i], text, all[i]) < 1e-4;
      const other = `, there ${JSON.stringify(theirs)}${near ? ', where two tokens are within 1e-4' : ''}`;
      check(ours === theirs || near, `${name}, ${how}: ${JSON.stringify(ours)}${ours === theirs ? '' : other}`);
    }
  // Rounded weights may choose other tokens, but not at once, and padding must not matter.
  for (const [dtype, { alone, batch }] of Object.entries(smaller)) {
    const begun = alone.filter((text, i) => text.slice(0, 2) === expected[i].slice(0, 2)).length;
    check(begun > 0, `${name}, ${dtype}: ${JSON.stringify(alone[0])}`);
    check(
      alone.some((text, i) => text === batch[i]),
      `${name}, ${dtype}: the same in a batch`,
    );
  }
}

const small = '--n-layer 2 --n-head 4 --n-embd 64 --block-size 64 --max-iters 60 --learning-rate 0.003 --quiet'.split(
  ' ',
);
const models = {
  'gpt2, bpe': '--vocab-size 400',
  'gpt2, byte, untied, exact GELU': '--tokenizer byte --no-tie --ffn-size 96 --activation gelu',
  'gpt2, char, sinusoidal, no bias': '--tokenizer char --position sinusoidal --no-bias',
  'llama, grouped queries': '--arch llama --n-kv-head 2 --vocab-size 400',
  'llama, untied, width 40': '--arch llama --no-tie --tokenizer byte --n-embd 40 --head-dim 10',
  'qwen3, one head of keys': '--arch qwen3 --n-kv-head 1 --head-dim 32 --vocab-size 400',
};
const prompts = ['The little fox', 'Once upon a time there was a clever'];
// One document: a model that ends its texts soon says little.
const stories = join(work, 'stories.txt');
writeFileSync(stories, readFileSync(join(root, 'data', 'stories.txt'), 'utf8').replaceAll('<|endoftext|>', ''));

try {
  for (const [name, flags] of Object.entries(models)) {
    const [run, folder] = [join(work, name), join(work, `${name} onnx`)];
    gpt('pretrain', stories, '-o', run, ...small, ...flags.split(' '));
    gpt('export', run, '-o', folder, '--format', 'onnx');
    const expected = prompts.map((prompt) => {
      const args = ['sample', run, '--prompt', prompt, '--greedy', '--max-new-tokens', '24', '--json'];
      return lastLine(gpt(...args)).text;
    });
    checkTexts(name, folder, expected, prompts, ['fp16', 'q8', 'q4']);
  }

  const messages = join(work, 'messages.jsonl');
  const turns = (user, assistant) => ({
    messages: [
      { role: 'user', content: user },
      { role: 'assistant', content: assistant },
    ],
  });
  const rows = [turns('Who flies?', 'The owl.'), turns('Who digs?', 'A bear.')].map((row) => JSON.stringify(row));
  writeFileSync(messages, `${Array.from({ length: 60 }, (_, i) => rows[i % 2]).join('\n')}\n`);
  const [chat, chatFolder] = [join(work, 'chat'), join(work, 'chat onnx')];
  const from = ['--from', join(work, 'llama, grouped queries'), '--epochs', '10', '--learning-rate', '0.003'];
  gpt('finetune', messages, '-o', chat, ...from, '--quiet');
  gpt('export', chat, '-o', chatFolder, '--format', 'onnx', '--dtype', 'f32');
  const questions = ['Who flies?', 'Who digs?'];
  const answers = questions.map((question) => {
    const args = [program, 'chat', chat, '--greedy', '--max-new-tokens', '24'];
    const options = { encoding: 'utf8', input: `${question}\n`, stdio: ['pipe', 'pipe', 'ignore'] };
    return execFileSync(process.execPath, args, options);
  });
  const asked = questions.map((content) => JSON.stringify([{ role: 'user', content }]));
  checkTexts('chat', chatFolder, answers, asked, []);

  const [moods, moodsFolder] = [join(work, 'moods'), join(work, 'moods onnx')];
  const data = [join(root, 'data', 'moods'), '--from', join(work, 'gpt2, bpe')];
  gpt('finetune', ...data, '-o', moods, '--limit', '200', '--epochs', '2', '--quiet');
  gpt('export', moods, '-o', moodsFolder, '--format', 'onnx', '--dtype', 'f32');
  const texts = ['Ida laughed and danced in the sun.', 'The dog hid under the bed.'];
  const loading = join(work, 'classify.mjs');
  writeFileSync(
    loading,
    `import { load } from ${JSON.stringify(join(moodsFolder, 'classify.mjs'))};
const classify = await load();
console.log(JSON.stringify(await classify(${JSON.stringify(texts)}, { top_k: null })));
`,
  );
  for (const [i, found] of node(loading).entries()) {
    const { scores } = lastLine(gpt('classify', moods, texts[i], '--json'));
    const off = Math.max(...found.map(({ label, score }) => Math.abs(score - scores[label])));
    const all = found.length === Object.keys(scores).length;
    check(
      all && off < 1e-5,
      `classifier: ${found.map(({ label, score }) => `${label} ${score.toFixed(6)}`).join(', ')}, off by ${off.toExponential(1)}`,
    );
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
process.exitCode = failed === 0 ? 0 : 1;
