// npm run pages [-- --out FOLDER]: opens the pages that `report` and `explain` write in headless Chromium (`chromium` in the PATH,
// or CHROMIUM names it) and uses them: no errors, no requests, pointing, zoom and keys respond, hostile text is shown. --out keeps
// pages and screenshots.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { out } = parseArgs({ options: { out: { type: 'string' } } }).values;
const work = mkdtempSync(join(tmpdir(), 'gpt-cli-pages-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));
const kept = out ?? join(work, 'pages');
mkdirSync(kept, { recursive: true });

let failures = 0;
function check(what, good, found = '') {
  console.log(`${good ? 'ok  ' : 'FAIL'} ${what}${good ? '' : `: ${found}`}`);
  if (!good) failures += 1;
}

function gptCli(...args) {
  execFileSync(process.execPath, [join(root, 'bin', 'gpt-cli.js'), ...args, '--quiet'], {
    cwd: work,
    stdio: 'inherit',
  });
}

const hostile = `</script><script>window.pwned=1</script><img src=x onerror="window.pwned=1">\u202e\u0007 😀 ${'x'.repeat(10_000)}`;

/** A run of 5,000 steps, each of which is logged, with everything that a log may hold. */
function longRun(name, speed) {
  const folder = join(work, name);
  mkdirSync(folder);
  const environment = { time: '2026-11-30T12:00:00.000Z', platform: 'linux x64', cpu: hostile.slice(0, 200), cores: 2 };
  const labels = ['happy', '<b>sad</b>', '\u202eafraid'];
  const lines = [
    { event: 'start', command: 'pretrain', backend: 'onnx', iter: 0, parameters: 809856, labels, environment },
  ];
  for (let iter = 1; iter <= 5000; iter++) {
    const loss = 1.5 + 2.5 * Math.exp((-iter * speed) / 800) + 0.1 * Math.sin(iter * 7.3);
    const lr = 1e-3 * Math.min(1, iter / 100) * (1 - iter / 6000);
    const spike = iter === 3123 ? 40 : 1 + 0.2 * Math.sin(iter * 3.1);
    const speeds = { tokensPerSecond: 9000 + 500 * Math.sin(iter / 40), elapsed: (iter * 0.05) / speed };
    lines.push({ event: 'step', iter, loss, lr, gradNorm: spike, ...speeds, memoryMB: 300 + iter / 100 });
    if (iter % 250 !== 0) continue;
    const confusion = [
      [30, 2, 1],
      [4, 25, 0],
      [0, 9, 29],
    ];
    lines.push({
      event: 'eval',
      iter,
      trainLoss: loss,
      valLoss: loss + 0.1,
      bitsPerByte: loss * 1.4,
      accuracy: 0.9,
      confusion,
    });
    lines.push({ event: 'text', iter, text: `${iter} ${hostile}` });
  }
  writeFileSync(join(folder, 'log.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const config = { learningRate: 1e-3 * speed, batchSize: 12, tokenizer: hostile.slice(0, 60) };
  writeFileSync(
    join(folder, 'config.json'),
    JSON.stringify({ command: 'pretrain', config, commandLine: ['pretrain', hostile] }),
  );
}

function makePages() {
  longRun('slow', 1);
  longRun('<i>fast&amp;', 2);
  const shape = '--tokenizer byte --n-layer 2 --n-head 3 --n-embd 24 --block-size 64 --batch-size 4 --threads 1'.split(
    ' ',
  );
  writeFileSync(join(work, 'text.txt'), 'The <b>quick</b> brown fox jumps over the lazy dog.\n'.repeat(200));
  gptCli(
    'pretrain',
    'text.txt',
    '-o',
    'trained',
    ...shape,
    '--max-iters',
    '30',
    '--log-interval',
    '1',
    '--sample-every',
    '10',
  );
  const page = (name) => join(kept, `${name}.html`);
  gptCli('report', 'slow', '<i>fast&amp;', '-o', page('two'));
  gptCli('report', 'trained', '-o', page('trained'), '--prompt', 'The <b>quick</b> brown fox');
  const prompt = `The ${hostile.slice(0, 40)}`;
  const compared = ['--target', 'x', 'y', '--against', prompt.replace('The', 'One')];
  gptCli('explain', 'trained', '--prompt', prompt, ...compared, '--html', page('explained'));
  const rows = Array.from({ length: 40 }, (_, i) =>
    i % 2 ? `The lazy dog ${i},<b>sad</b>` : `The quick fox ${i},happy`,
  );
  writeFileSync(join(work, 'moods.csv'), `text,label\n${rows.join('\n')}\n`);
  gptCli(
    'finetune',
    'moods.csv',
    '--from',
    'trained',
    '-o',
    'moods',
    '--max-iters',
    '60',
    '--log-interval',
    '1',
    '--threads',
    '1',
  );
  gptCli('report', 'moods', '-o', page('moods'));
  gptCli('explain', 'moods', '--prompt', 'The lazy fox', '--html', page('labelled'));
  return [
    ...['two', 'trained', 'moods'].map((name) => ({ name, file: page(name), use: useReport })),
    ...['explained', 'labelled'].map((name) => ({ name, file: page(name), use: useExplanation })),
  ];
}

/** The values of the legend of the first chart. */
const legend = (page) =>
  page.$$eval('.chart:first-child .u-series .u-value', (cells) => cells.map((cell) => cell.textContent).join(' '));

/** What holds for every page, around what `use` does with it. */
async function usePage(browser, { name, file, use }, colorScheme, width) {
  const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(180_000);
  const [errors, requests] = [[], []];
  page.on('console', (message) => message.type() !== 'log' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(pathToFileURL(file).href);
  const title = `${name}, ${colorScheme}, ${width} px`;
  await page.screenshot({ path: join(kept, `${name}-${colorScheme}-${width}.png`), fullPage: true });
  await use(page, name, title);
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  check(`${title}: nothing is wider than the page`, overflow <= 0, `${overflow} px`);
  await page.emulateMedia({ media: 'print' });
  await page.pdf({ path: join(kept, `${name}-${colorScheme}-${width}.pdf`) });
  check(`${title}: nothing was executed`, (await page.evaluate(() => window.pwned)) === undefined);
  check(`${title}: no errors`, errors.length === 0, errors.join('; '));
  check(`${title}: no requests`, requests.length === 1, requests.join(' '));
  await context.close();
}

async function useReport(page, name, title) {
  const over = page.locator('.chart:first-child .u-over');
  await over.scrollIntoViewIfNeeded();
  const box = await over.boundingBox();
  const move = (x) => page.mouse.move(box.x + box.width * x, box.y + box.height / 2);
  await move(0.3);
  const at30 = await legend(page);
  await move(0.6);
  const at60 = await legend(page);
  check(`${title}: hovering shows values`, /\d/.test(at30) && at30 !== at60, `${at30} | ${at60}`);

  const stepAt = async (x) => {
    await move(x);
    return Number((await legend(page)).split(' ')[0].replaceAll(',', ''));
  };
  const whole = [await stepAt(0.05), await stepAt(0.95)];
  await move(0.4);
  await page.mouse.down();
  await move(0.6);
  await page.mouse.up();
  const zoomed = [await stepAt(0.05), await stepAt(0.95)];
  check(`${title}: dragging zooms in`, zoomed[0] > whole[0] && zoomed[1] < whole[1], `${whole} to ${zoomed}`);
  await over.dblclick();
  const again = [await stepAt(0.05), await stepAt(0.95)];
  check(`${title}: a double click shows everything`, String(again) === String(whole), `${again}`);
  await page.click('.controls button[title="zoom in"]');
  const nearer = [await stepAt(0.05), await stepAt(0.95)];
  check(`${title}: + zooms in`, nearer[0] > whole[0] && nearer[1] < whole[1], `${whole} to ${nearer}`);
  await page.selectOption('.controls select', 'seconds');
  await page.check('#logarithmic');

  if (name === 'two') {
    await page.check('#only-different');
    const rows = await page.$$eval('#configuration tbody tr', (all) => all.filter((row) => row.offsetParent).length);
    check(`${title}: only what differs is shown`, rows === 1, `${rows} rows`);
    const sample = await page.$eval('.sample', (pre) => pre.textContent);
    check(
      `${title}: hostile text is shown`,
      sample.includes('</script><script>window.pwned=1</script><img'),
      sample.slice(0, 80),
    );
  } else if (name === 'moods') {
    const cells = await page.$$eval('.confusion td', (all) => all.map(({ textContent }) => Number(textContent)));
    check(
      `${title}: a confusion matrix of the 4 validation rows`,
      sumOf(cells) === 4 && cells.length === 4,
      `${cells}`,
    );
    const labels = await page.$$eval('.confusion tbody th', (all) => all.map(({ textContent }) => textContent));
    check(`${title}: its labels are text`, labels.includes('<b>sad</b>'), `${labels}`);
  } else {
    await page.click('.map >> nth=4');
    const caption = await page.$eval('.attention .note', (note) => note.textContent);
    check(`${title}: a head is chosen`, caption.startsWith('block 2, head 2'), caption);
  }
}

const sumOf = (numbers) => numbers.reduce((whole, number) => whole + number, 0);

async function useExplanation(page, name, title) {
  const tip = () => page.$eval('#tip', (found) => (found.hidden ? '' : found.innerText));
  const tokens = page.locator('.text .token');
  await tokens.nth(0).hover();
  const pointed = await tip();
  check(`${title}: pointing at a token shows its numbers`, /\d/.test(pointed), pointed);
  await page.mouse.move(0, 0);
  check(`${title}: its numbers disappear`, (await tip()) === '', await tip());
  await tokens.nth(0).focus();
  const first = await tip();
  await page.keyboard.press('ArrowRight');
  const second = await tip();
  check(`${title}: arrow keys go from token to token`, /\d/.test(second) && first !== second, `${first} | ${second}`);
  await page.keyboard.press('Escape');

  await page.click('.heads button >> nth=4');
  const head = await page.$eval('h3[aria-live]', ({ textContent }) => textContent);
  check(`${title}: a head is chosen`, head.startsWith('Block 2, head 2'), head);
  const arcs = () => page.$$eval('.arcs path', (all) => all.length);
  const all = await arcs();
  await page.locator('.arcs .words span').nth(2).hover();
  const some = await arcs();
  check(`${title}: a word shows its own arcs`, some > 0 && some < all, `${some} of ${all}`);

  await page.click('input[name=method] >> nth=1');
  const method = await page.$eval('.choices + p', ({ textContent }) => textContent);
  check(`${title}: another method is chosen`, method.includes('shares whose sum'), method);
  if (name === 'labelled') {
    const labels = await page.$$eval('section:first-of-type td:first-child', (found) =>
      found.map(({ textContent }) => textContent),
    );
    check(`${title}: labels are text`, labels.includes('<b>sad</b>'), `${labels}`);
  } else {
    const text = await page.$eval('.text', ({ textContent }) => textContent);
    check(`${title}: hostile text is shown`, text.includes('</script><script>window.pwned=1'), text.slice(0, 80));
    const titles = await page.$$eval('h2', (found) => found.map(({ textContent }) => textContent));
    const expected = ['Surprise', 'Next token', 'Why x', 'Where the texts differ', 'Logit lens', 'Attention'];
    check(
      `${title}: all parts`,
      expected.every((part, i) => titles[i]?.startsWith(part)),
      `${titles}`,
    );
  }
}

const pages = makePages();
for (const { name, file } of pages) {
  const { size } = statSync(file);
  check(`${name}: ${(size / 1e6).toFixed(2)} MB, under 3 MB`, size < 3e6);
}
const executablePath = process.env.CHROMIUM ?? execFileSync('which', ['chromium'], { encoding: 'utf8' }).trim();
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
try {
  for (const page of pages)
    for (const scheme of ['light', 'dark'])
      for (const width of [400, 1600]) await usePage(browser, page, scheme, width);
} finally {
  await browser.close();
}
process.exitCode = failures > 0 ? 1 : 0;
