// `npm run demo`: pretrains a small GPT on the bundled stories, lets it write, says how near it came to the best that any
// model could do, then finetunes it on labelled texts. Runs the built command as a person would; `npm run demo` builds it.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const out = 'runs/demo';
const classifier = 'runs/demo-moods';
const began = performance.now();

function say(text) {
  console.log(`\n${text}\n`);
}

/** Runs a command that is shown first; its exit code becomes ours when it fails. */
function gpt(...args) {
  console.log(`$ gpt-cli ${args.map((arg) => (/[ "]/.test(arg) ? JSON.stringify(arg) : arg)).join(' ')}`);
  const { status } = spawnSync(process.execPath, [join(root, 'bin', 'gpt-cli.js'), ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}

/** The last event of this name in the run's log. */
function lastEvent(name) {
  const lines = readFileSync(join(root, out, 'log.jsonl'), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => JSON.parse(line)).findLast(({ event }) => event === name);
}

const { stories, bytes, bitsPerCharacter } = JSON.parse(readFileSync(join(root, 'data', 'stories.json'), 'utf8'));

say(
  `data/stories.txt holds ${stories} little stories (${Math.round(bytes / 1000)} kB) that a grammar of ours wrote.\n` +
    `A small GPT now learns them from nothing, on ${availableParallelism()} CPU cores, in a minute.`,
);
gpt('pretrain', 'data/stories.txt', '-c', 'configs/demo.json', '-o', out, '--overwrite');

const { bitsPerByte } = lastEvent('eval');
say(
  `On stories that it has not seen it needs ${bitsPerByte.toFixed(3)} bits a character. It began with about 3, and no model\n` +
    `can do better, on average, than ${bitsPerCharacter.toFixed(3)}: that is the entropy of the grammar (data/README.md).\n` +
    'Now it continues a beginning, twice:',
);
gpt('sample', out, '--prompt', 'Long ago,', '--max-new-tokens', '320', '--temperature', '0.5');
gpt(
  'sample',
  out,
  '--prompt',
  'Once upon a time there was a clever fox',
  '--max-new-tokens',
  '320',
  '--temperature',
  '0.5',
);

say(
  'What it has learned about language helps with other work. data/moods has 1,200 short texts, each with the mood of its\n' +
    'hero at the end of the day. The commonest mood is right for 41 % of 300 other texts, the best single word for 45 %.\n' +
    'The pretrained model is finetuned on them for about twenty seconds:',
);
gpt('finetune', 'data/moods', '--from', out, '-c', 'configs/demo-moods.json', '-o', classifier, '--overwrite');
say('How it does on the 300 texts, mood by mood, and one that it is asked about:');
gpt('eval', classifier, 'data/moods/valid.csv');
gpt('classify', classifier, 'In the morning Ida sang. In the evening the candle went out and Ida heard steps.');

say(
  `That took ${Math.round((performance.now() - began) / 1000)} seconds. To go on:\n` +
    '  gpt-cli pretrain your-text.txt       learns a text of yours\n' +
    '  gpt-cli finetune your-labels.csv     learns to label texts: columns text and label\n' +
    `  gpt-cli sample ${out} --prompt "Long ago"\n` +
    `  gpt-cli inspect ${out}               shows what is inside`,
);
