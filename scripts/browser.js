// npm run browser: pages that `export --format html` wrote, opened from the disk in headless Chromium. They write greedily what
// `sample --greedy` writes, also beyond the context, label as `classify` does, show hostile text as text, ask no network and
// print no error. A model of 1 M parameters: under 25 MB and over 50 tokens/s. --screenshots FOLDER keeps pictures, light and dark,
// 400 and 1600 pixels wide. Needs Chromium: CHROMIUM names it, else it is looked for in PATH.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';

const { values } = parseArgs({ options: { screenshots: { type: 'string' } } });
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const program = join(root, 'bin', 'gpt-cli.js');
const work = mkdtempSync(join(tmpdir(), 'gpt-cli-browser-'));
const gpt = (...args) => execFileSync(process.execPath, [program, ...args], { encoding: 'utf8' });
const json = (...args) =>
  JSON.parse(
    gpt(...args, '--json')
      .trim()
      .split('\n')
      .at(-1),
  );
// One document: a model that ends its texts soon says little.
const stories = join(work, 'stories.txt');
writeFileSync(stories, readFileSync(join(root, 'data', 'stories.txt'), 'utf8').replaceAll('<|endoftext|>', ''));
let failed = 0;
function check(good, what) {
  if (!good) failed++;
  console.log(`${good ? 'ok ' : 'FAILED'} ${what}`);
}

function chromiumPath() {
  if (process.env.CHROMIUM) return process.env.CHROMIUM;
  const found = ['chromium', 'chromium-browser', 'google-chrome'].find(
    (name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0,
  );
  if (found) return execFileSync('which', [found], { encoding: 'utf8' }).trim();
  throw new Error('there is no Chromium: apt-get install chromium, or set CHROMIUM to its path');
}

const browser = await chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox'] });

/** Opens a page that was exported, and collects what it must not do. */
async function open(name, run, ...flags) {
  const file = join(work, `${name}.html`);
  gpt('export', run, '-o', file, '--format', 'html', ...flags);
  const tab = await browser.newPage();
  tab.setDefaultTimeout(180_000);
  const complaints = [];
  tab.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
  tab.on('pageerror', (error) => complaints.push(error.message));
  tab.on('dialog', (dialog) => complaints.push(dialog.message()));
  const url = pathToFileURL(file).href;
  tab.on('request', (request) => {
    if (request.url() !== url) complaints.push(`request: ${request.url()}`);
  });
  await tab.goto(url);
  await tab.waitForFunction(() => document.querySelector('#status').textContent !== 'loading');
  check((await tab.textContent('#status')) === 'ready', `${name}: ${await tab.textContent('#status')}`);
  return { tab, complaints, bytes: statSync(file).size };
}

async function write(tab, prompt, { temperature = 0, length = 40 } = {}) {
  await tab.fill('#prompt', prompt);
  await tab.fill('#temperature', String(temperature));
  await tab.fill('#length', String(length));
  await tab.click('#start');
  await tab.waitForFunction(() => /tokens\/s/.test(document.querySelector('#status').textContent));
  const pieces = await tab.$$eval('.piece', (all) => all.map(({ textContent }) => textContent));
  return { text: pieces.join(''), speed: Number(/(\d+) tokens\/s/.exec(await tab.textContent('#status'))[1]) };
}

async function pictures(name, tab) {
  if (!values.screenshots) return;
  mkdirSync(values.screenshots, { recursive: true });
  for (const colorScheme of ['light', 'dark'])
    for (const width of [400, 1600]) {
      await tab.emulateMedia({ colorScheme });
      await tab.setViewportSize({ width, height: 800 });
      await tab.screenshot({ path: join(values.screenshots, `${name}-${colorScheme}-${width}.png`) });
    }
}

async function done(name, { tab, complaints }) {
  await pictures(name, tab);
  check(complaints.length === 0, `${name}: no error and no request${complaints.map((each) => `\n  ${each}`).join('')}`);
  await tab.close();
}

async function checkWriter(name, flags, dtype = 'f32') {
  const run = join(work, name);
  gpt('pretrain', stories, '-o', run, '--quiet', '--learning-rate', '0.003', ...flags.split(' '));
  const opened = await open(name, run, '--dtype', dtype);
  const { tab } = opened;
  // Longer than the context of 64, so that it slides.
  for (const [prompt, length] of [
    ['The little fox', 80],
    ['', 5],
  ]) {
    const { text } = await write(tab, prompt, { length });
    const expected = json('sample', run, '--prompt', prompt, '--greedy', '--max-new-tokens', String(length)).text;
    check(
      text === expected,
      `${name}: ${JSON.stringify(text.slice(0, 50))}${text === expected ? '' : `, not ${JSON.stringify(expected)}`}`,
    );
  }
  const drawn = await write(tab, 'The little fox', { temperature: 1, length: 30 });
  const same = json('sample', run, '--prompt', 'The little fox', '--temperature', '1', '--max-new-tokens', '30').text;
  check(drawn.text === same, `${name}: the same sample of seed 1337`);
  await tab.hover('.piece');
  check((await tab.$$('#alternatives:not([hidden]) .share')).length >= 8, `${name}: probabilities of a token`);
  return opened;
}

const hostile = '<img src=x onerror=alert(1)></script><script>alert(2)</script>';
const small = '--n-layer 2 --n-head 4 --n-embd 64 --block-size 64 --max-iters 60';
try {
  const large = await checkWriter(
    'gpt2',
    '--n-layer 4 --n-head 4 --n-embd 128 --block-size 64 --max-iters 30 --vocab-size 1500',
  );
  check(large.bytes < 25e6, `gpt2: a file of ${(large.bytes / 1e6).toFixed(1)} MB`);
  const { speed } = await write(large.tab, 'The', { length: 60 });
  check(speed > 50, `gpt2: ${json('inspect', join(work, 'gpt2')).parameters} parameters, ${speed} tokens/s`);
  await large.tab.fill('#prompt', hostile);
  await large.tab.click('#start');
  await large.tab.waitForFunction(() => /tokens\/s/.test(document.querySelector('#status').textContent));
  check((await large.tab.textContent('#output')).startsWith(hostile), 'hostile text is shown as text');
  await large.tab.fill('#length', '100000');
  await large.tab.click('#start');
  await large.tab.waitForSelector('.piece');
  await large.tab.click('#stop');
  await large.tab.waitForFunction(() => document.querySelector('#status').textContent === 'stopped');
  check(await large.tab.isEnabled('#start'), 'Stop ends the text');
  await write(large.tab, 'The little fox', { length: 60 });
  await large.tab.hover('.piece:nth-child(6)');
  await done('gpt2', large);
  await done('llama', await checkWriter('llama', `${small} --arch llama --n-kv-head 2 --vocab-size 400`));
  await done(
    'rotary gpt2 of characters',
    await checkWriter('rotary gpt2 of characters', `${small} --position rope --tokenizer char`),
  );

  const messages = join(work, 'messages.jsonl');
  const row = (question, answer) =>
    JSON.stringify({
      messages: [
        { role: 'user', content: question },
        { role: 'assistant', content: answer },
      ],
    });
  const rows = Array.from({ length: 60 }, (_, i) =>
    i % 2 ? row('Who flies?', 'The owl.') : row('Who digs?', 'A bear.'),
  );
  writeFileSync(messages, `${rows.join('\n')}\n`);
  const chat = join(work, 'chat');
  gpt(
    'finetune',
    messages,
    '--from',
    join(work, 'llama'),
    '-o',
    chat,
    '--epochs',
    '10',
    '--learning-rate',
    '0.003',
    '--quiet',
  );
  const talking = await open('chat', chat);
  for (const question of ['Who flies?', 'Who digs?']) {
    const args = [program, 'chat', chat, '--greedy', '--max-new-tokens', '20'];
    const answer = execFileSync(process.execPath, args, {
      encoding: 'utf8',
      input: `${question}\n`,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const { text } = await write(talking.tab, question, { length: 20 });
    check(text.trim() === answer.trim(), `chat: ${JSON.stringify(text.trim())}`);
  }
  await done('chat', talking);

  const moods = join(work, hostile.replaceAll('/', ''));
  gpt(
    'finetune',
    join(root, 'data', 'moods'),
    '--from',
    join(work, 'gpt2'),
    '-o',
    moods,
    '--limit',
    '200',
    '--epochs',
    '2',
    '--quiet',
  );
  const labelling = await open('moods', moods);
  for (const text of ['Ida laughed and danced in the sun.', `${hostile} hid under the bed.`]) {
    await labelling.tab.fill('#text', text);
    await labelling.tab.click('#start');
    await labelling.tab.waitForFunction(() => document.querySelector('#status').textContent === '');
    const shown = await labelling.tab.$$eval('.share', (all) =>
      all.map((each) => [...each.children].map(({ textContent }) => textContent)),
    );
    const { scores } = json('classify', moods, text);
    const same = shown.every(([label, , share]) => Math.abs(Number.parseFloat(share) - 100 * scores[label]) <= 0.0501);
    check(
      same && shown.length === Object.keys(scores).length,
      `classifier: ${shown.map((each) => each.join(' ')).join(', ')}`,
    );
  }
  await done('moods', labelling);
} finally {
  await browser.close();
  rmSync(work, { recursive: true, force: true });
}
process.exitCode = failed === 0 ? 0 : 1;
