// Draws docs/chart.svg, the chart of the README, from the measured figures in docs/chart.json:  node scripts/chart.js
import { readFileSync, writeFileSync } from 'node:fs';

const at = (name) => new URL(`../docs/${name}`, import.meta.url);
const { title, unit, points } = JSON.parse(readFileSync(at('chart.json'), 'utf8'));

const size = { width: 720, left: 290, right: 60, top: 40, row: 34 };
const bottom = size.top + size.row * points.length;
const values = points.map(({ value }) => value);
const [low, high] = [Math.floor(10 * Math.min(...values) - 1) / 10, Math.ceil(10 * Math.max(...values)) / 10];
const x = (value) => size.left + ((size.width - size.left - size.right) * (value - low)) / (high - low);
const best = Math.min(...values);

const escaped = (content) => content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const text = (px, py, content, anchor = 'start', kind = '') =>
  `<text x="${px.toFixed(1)}" y="${py.toFixed(1)}" text-anchor="${anchor}"${kind && ` class="${kind}"`}>${escaped(content)}</text>`;

const ticks = Array.from({ length: Math.round((high - low) * 10) + 1 }, (_, i) => low + i / 10).map(
  (value) =>
    `<path class="grid" d="M${x(value).toFixed(1)} ${size.top - 4}V${bottom}"/>${text(x(value), bottom + 16, value.toFixed(1), 'middle')}`,
);
const rows = points.map(({ name, value }, i) => {
  const y = size.top + size.row * (i + 0.5);
  const kind = value === best ? 'best' : 'other';
  return `${text(size.left - 12, y + 4, name, 'end')}<circle class="${kind}" cx="${x(value).toFixed(1)}" cy="${y}" r="6"/>${text(x(value) + 12, y + 4, value.toFixed(3), 'start', 'value')}`;
});

writeFileSync(
  at('chart.svg'),
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${bottom + 40}" width="${size.width}" height="${bottom + 40}" role="img" aria-label="${escaped(title)}">
<style>
text { font: 13px system-ui, sans-serif; fill: #57606a }
.value { font-weight: 600 }
.grid { stroke: #8c959f; stroke-opacity: 0.35 }
.best { fill: #2563eb }
.other { fill: #c2410c }
@media (prefers-color-scheme: dark) { text { fill: #9da7b3 } }
</style>
${text(12, 18, title)}
${ticks.join('\n')}
${rows.join('\n')}
${text(x((low + high) / 2), bottom + 34, unit, 'middle')}
</svg>
`,
);
