// English to French on Multi30k's captions: a GPT learns prompts and completions, then translates the test set greedily;
// exact matches and BLEU (sacreBLEU judges), beside copying the source. Model and training from scratch, two cores.
// node bench/translation.js [--data DIR] [--threads N] [--rows N] [--finetune FLAGS] [--run DIR]
//   [--samples FILE] [--backend NAME] [--json]
// BLEU needs a virtual environment with sacrebleu: GPT_CLI_VENV, or .venv. `--run` translates with a run that is there.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fail, python, requireBuilt, requirePython, root, temporaryFolder } from './inputs/common.js';
import { dataFolder } from './inputs/labelled.js';
import { translation } from './inputs/recipes.js';

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    threads: { type: 'string' },
    rows: { type: 'string', default: '1000' },
    finetune: { type: 'string', default: '' },
    run: { type: 'string' },
    samples: { type: 'string' },
    backend: { type: 'string', default: 'onnx' },
    json: { type: 'boolean', default: false },
  },
});

requirePython('sacrebleu');
requireBuilt('index.js');
const data = join(dataFolder(options.data), 'multi30k');
const folder = temporaryFolder('translation');
const threads = options.threads === undefined ? [] : ['--threads', options.threads];
const say = (line) => options.json || console.log(line);

function train(out) {
  const flags = Object.entries(translation).flatMap(([name, value]) => [`--${name}`, value]);
  const args = [data, '-o', out, '--overwrite', '--backend', options.backend, ...threads, ...flags];
  const all = ['finetune', ...args, ...options.finetune.split(' ').filter(Boolean)].map(String);
  const { status } = spawnSync(process.execPath, [join(root, 'bin', 'gpt-cli.js'), ...all], {
    stdio: ['ignore', options.json ? 'ignore' : 'inherit', 'inherit'],
  });
  if (status !== 0) fail(`finetune ended with ${status}`);
}

async function translate(run, prompts) {
  const { loadCheckpoint } = await import('../dist/index.js');
  const machine = { backend: options.backend, ...(options.threads && { threads: Number(options.threads) }) };
  const model = await loadCheckpoint(join(run, 'best'), machine);
  const texts = [];
  for (const prompt of prompts) {
    const { text } = await model.complete(prompt, { greedy: true, maxNewTokens: 60, stop: ['\n'] });
    texts.push(text.trim());
    if (texts.length % 100 === 0) say(`${texts.length} of ${prompts.length} translated`);
  }
  await model.close();
  return texts;
}

/** Corpus BLEU on tokens as they stand: the data are tokenized and in small letters. */
function bleu(hypotheses, references) {
  const paths = { hypotheses: join(folder, 'hypotheses'), references: join(folder, 'references') };
  writeFileSync(paths.hypotheses, hypotheses.map((line) => `${line}\n`).join(''));
  writeFileSync(paths.references, references.map((line) => `${line}\n`).join(''));
  const script = `
import json, sys, sacrebleu
read = lambda path: open(path, encoding="utf-8", newline="\\n").read().split("\\n")[:-1]
metric = sacrebleu.BLEU(tokenize="none", force=True)
score = metric.corpus_score(read(sys.argv[1]), [read(sys.argv[2])])
print(json.dumps({"bleu": score.score, "signature": str(metric.get_signature())}))`;
  return JSON.parse(execFileSync(python, ['-c', script, paths.hypotheses, paths.references], { encoding: 'utf8' }));
}

const rows = readFileSync(join(data, 'test.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .slice(0, Number(options.rows))
  .map((line) => JSON.parse(line));
const sources = rows.map(({ prompt }) => prompt.replace(/^English: /, '').replace(/\nFrench:$/, ''));
const references = rows.map(({ completion }) => completion.trim());

const run = options.run ?? join(folder, 'run');
if (!options.run || !existsSync(join(run, 'best'))) train(run);
const began = performance.now();
const found = await translate(
  run,
  rows.map(({ prompt }) => prompt),
);
const seconds = (performance.now() - began) / 1000;

function scored(name, hypotheses) {
  const exact = hypotheses.filter((text, i) => text === references[i]).length / rows.length;
  const { bleu: score, signature } = bleu(hypotheses, references);
  say(`${name}: BLEU ${score.toFixed(1)}, exact ${(100 * exact).toFixed(1)} % of ${rows.length}  (${signature})`);
  return { name, bleu: score, exact, signature };
}

const results = [scored('translated', found), scored('source copied', sources)];
say(`${rows.length} translations in ${seconds.toFixed(0)} s`);
if (options.samples) {
  const every = Math.max(1, Math.floor(rows.length / 10));
  const chosen = rows.map((_, i) => i).filter((i) => i % every === 0);
  const block = (i) => `    ${sources[i]}\n    ${found[i]}\n    ${references[i]}\n`;
  writeFileSync(options.samples, chosen.map(block).join('\n'));
}
if (options.json) console.log(JSON.stringify({ rows: rows.length, seconds, results }));
