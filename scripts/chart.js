// Draws docs/chart.svg, the chart of the README: validation loss over training steps, out of the logs of runs.
//   node scripts/chart.js "AdamW, nanoGPT's recipe"=runs/adamw "Muon"=runs/muon
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const size = { width: 640, height: 300, left: 56, right: 190, top: 28, bottom: 44 };
const colours = ['#c2410c', '#2563eb', '#15803d'];
const title = 'Tiny Shakespeare, characters: loss of the held-out tenth, nats per character';

const runs = process.argv.slice(2).map((arg) => {
  const [name, folder] = arg.split('=');
  const events = readFileSync(join(folder, 'log.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const points = events.filter(({ event }) => event === 'eval').map(({ iter, valLoss }) => [iter, valLoss]);
  return { name, points };
});
if (runs.length === 0) throw new Error('usage: node scripts/chart.js NAME=RUN...');

const all = runs.flatMap(({ points }) => points);
const steps = Math.max(...all.map(([iter]) => iter));
const [low, high] = [
  Math.floor(10 * Math.min(...all.map(([, loss]) => loss))) / 10,
  Math.ceil(10 * Math.max(...all.map(([, loss]) => loss))) / 10,
];
const x = (iter) => size.left + ((size.width - size.left - size.right) * iter) / steps;
const y = (loss) => size.top + ((size.height - size.top - size.bottom) * (high - loss)) / (high - low);
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const text = (px, py, content, more = '') =>
  `<text x="${px.toFixed(1)}" y="${py.toFixed(1)}" ${more}>${escaped(content)}</text>`;

const lines = Array.from({ length: Math.round((high - low) / 0.2) + 1 }, (_, i) => low + 0.2 * i).map(
  (loss) =>
    `<path class="grid" d="M${size.left} ${y(loss).toFixed(1)}H${size.width - size.right}"/>${text(size.left - 8, y(loss) + 4, loss.toFixed(1), 'text-anchor="end"')}`,
);
const marks = [0, 0.25, 0.5, 0.75, 1].map((share) =>
  text(
    x(share * steps),
    size.height - size.bottom + 20,
    Math.round(share * steps).toLocaleString('en-US'),
    'text-anchor="middle"',
  ),
);
// Names at the ends of their lines, from the lowest up, so far apart that they can be read.
let above = Number.POSITIVE_INFINITY;
const curves = runs
  .map((run, i) => ({ ...run, colour: colours[i % colours.length], end: run.points.at(-1) }))
  .sort((a, b) => a.end[1] - b.end[1])
  .map(({ name, points, colour, end }) => {
    const path = points
      .map(([iter, loss], i) => `${i ? 'L' : 'M'}${x(iter).toFixed(1)} ${y(loss).toFixed(1)}`)
      .join('');
    above = Math.min(y(end[1]) + 4, above - 30);
    const label = `${text(x(steps) + 8, above - 7, `${end[1].toFixed(3)}`, `fill="${colour}" font-weight="600"`)}${text(x(steps) + 8, above + 7, name, `fill="${colour}"`)}`;
    return `<path fill="none" stroke="${colour}" stroke-width="2" d="${path}"/>${label}`;
  });

const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" width="${size.width}" height="${size.height}" role="img" aria-label="${escaped(title)}">
<style>text{font:12px system-ui,sans-serif;fill:#57606a}text[fill]{fill:attr(fill)}.grid{stroke:#8c959f;stroke-opacity:.3}@media(prefers-color-scheme:dark){text{fill:#9da7b3}}</style>
${text(size.left, 16, title)}
${lines.join('\n')}
${marks.join('\n')}
${text((size.left + size.width - size.right) / 2, size.height - 6, 'training steps of 12 x 64 characters', 'text-anchor="middle"')}
${curves.join('\n')}
</svg>
`;
writeFileSync(
  new URL('../docs/chart.svg', import.meta.url),
  svg
    .replaceAll('text[fill]{fill:attr(fill)}', '')
    .replace(/<text ([^>]*)fill="(#[0-9a-f]+)"/g, '<text $1style="fill:$2"'),
);
console.log(runs.map(({ name, points }) => `${name}: ${points.at(-1)[1].toFixed(4)}`).join('\n'));
