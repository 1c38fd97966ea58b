// Draws docs/quality.svg, held-out loss over seconds, from the measured figures in docs/quality.json:  node scripts/quality-chart.js
import { readFileSync, writeFileSync } from 'node:fs';

const at = (name) => new URL(`../docs/${name}`, import.meta.url);
const { title, unit, series, marks } = JSON.parse(readFileSync(at('quality.json'), 'utf8'));

const area = { left: 56, right: 560, top: 40, bottom: 330 };
const size = { width: 720, height: 380 };
const seconds = series.flatMap(({ points }) => points.map(([s]) => s));
const bits = [...series.flatMap(({ points }) => points.map(([, b]) => b)), ...marks.map(({ value }) => value)];
const [low, high] = [Math.floor(5 * Math.min(...bits)) / 5, Math.ceil(5 * Math.max(...bits)) / 5];
const times = [10, 30, 60, 300, 900, 3600].filter(
  (s) => s >= Math.min(...seconds) / 3 && s <= Math.max(...seconds) * 1.5,
);
const [first, last] = [Math.min(...seconds, ...times) / 1.1, Math.max(...seconds, ...times) * 1.1].map(Math.log);

const x = (s) => area.left + ((area.right - area.left) * (Math.log(s) - first)) / (last - first);
const y = (b) => area.top + ((area.bottom - area.top) * (high - b)) / (high - low);
const escaped = (content) => content.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const text = (px, py, content, anchor = 'start') =>
  `<text x="${px.toFixed(1)}" y="${py.toFixed(1)}" text-anchor="${anchor}">${escaped(content)}</text>`;
const named = (s) => (s < 60 ? `${s} s` : `${s / 60} min`);

const steps = Array.from({ length: Math.round((high - low) * 5) + 1 }, (_, i) => low + i / 5);
const grid = [
  ...steps.map(
    (b) =>
      `<path class="grid" d="M${area.left} ${y(b).toFixed(1)}H${area.right}"/>${text(area.left - 8, y(b) + 4, b.toFixed(1), 'end')}`,
  ),
  ...times.map(
    (s) =>
      `<path class="grid" d="M${x(s).toFixed(1)} ${area.top}V${area.bottom}"/>${text(x(s), area.bottom + 18, named(s), 'middle')}`,
  ),
];
const lines = series.map(({ name, kind, points }) => {
  const [lastSeconds, lastBits] = points.at(-1);
  const path = points.map(([s, b]) => `${x(s).toFixed(1)} ${y(b).toFixed(1)}`).join('L');
  const dots = points.map(
    ([s, b]) => `<circle class="${kind} dot" cx="${x(s).toFixed(1)}" cy="${y(b).toFixed(1)}" r="4"/>`,
  );
  return `<path class="${kind} line" d="M${path}"/>${dots.join('')}${text(x(lastSeconds) + 10, y(lastBits) + 4, name)}`;
});
const targets = marks.map(
  ({ name, value }) =>
    `<path class="mark" d="M${area.left} ${y(value).toFixed(1)}H${area.right}"/>${text(area.right + 6, y(value) + 4, name)}`,
);

writeFileSync(
  at('quality.svg'),
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" width="${size.width}" height="${size.height}" role="img" aria-label="${escaped(title)}">
<style>
text { font: 13px system-ui, sans-serif; fill: #57606a }
.grid { stroke: #8c959f; stroke-opacity: 0.35 }
.mark { stroke: #57606a; stroke-dasharray: 5 4 }
.line { fill: none; stroke-width: 2 }
.ours.line { stroke: #2563eb }
.ours.dot { fill: #2563eb }
.peer.line { stroke: #c2410c }
.peer.dot { fill: #c2410c }
@media (prefers-color-scheme: dark) { text { fill: #9da7b3 } .mark { stroke: #9da7b3 } }
</style>
${text(12, 18, title)}
${grid.join('\n')}
${targets.join('\n')}
${lines.join('\n')}
${text((area.left + area.right) / 2, size.height - 10, unit, 'middle')}
</svg>
`,
);
