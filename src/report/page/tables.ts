// The tables of the page: a column for each run.
import type { RunRecord } from '../read-run.js';
import { type Html, html } from './html.js';
import { count, duration, figure, percent } from './numbers.js';

export interface Row {
  readonly name: string;
  /** One for each run; empty where it is unknown. */
  readonly cells: readonly string[];
  /** Index of the cell to highlight. */
  readonly best?: number;
}

/** The name of a run, in its colour. */
export function runName(name: string, index: number): Html {
  return html`<span class="run run-${index % 8}"><bdi>${name}</bdi></span>`;
}

/** @param different mark rows whose cells differ */
export function runTable(runs: readonly RunRecord[], rows: readonly Row[], different = false): Html {
  const shown = rows.filter(({ cells }) => cells.some((cell) => cell !== ''));
  const differs = ({ cells }: Row) => different && cells.some((cell) => cell !== cells[0]);
  return html`<div class="scroll"><table class="runs">
<thead><tr><th></th>${runs.map(({ name }, i) => html`<th scope="col">${runName(name, i)}</th>`)}</tr></thead>
<tbody>${shown.map(
    (row) => html`<tr${differs(row) && html` class="differs"`}><th scope="row">${row.name}</th>${row.cells.map(
      (cell, i) => html`<td${row.best === i && html` class="best"`}><bdi>${cell}</bdi></td>`,
    )}</tr>
`,
  )}</tbody></table></div>`;
}

const reasons: Readonly<Record<string, string>> = {
  finished: 'finished',
  'early-stop': 'stopped early',
  time: 'finished: time limit',
  interrupted: 'interrupted',
};

const lowest = (values: readonly number[] = []) => values.reduce((a, b) => Math.min(a, b), Infinity);
const highest = (values: readonly number[] = []) => values.reduce((a, b) => Math.max(a, b), -Infinity);

export function results(runs: readonly RunRecord[]): Html {
  const row = (name: string, cell: (run: RunRecord) => string): Row => ({ name, cells: runs.map(cell) });
  const last = ({ curves }: RunRecord, key: Parameters<typeof curves.get>[0]) => curves.get(key)?.values.at(-1);
  const bests = runs.map(({ curves }) => lowest(curves.get('valLoss')?.values));
  const best = bests.filter(Number.isFinite).length > 1 ? bests.indexOf(lowest(bests)) : undefined;
  return runTable(runs, [
    row('state', ({ done }) => (done ? (reasons[String(done.reason)] ?? 'ended') : 'in progress, or killed')),
    row('steps', ({ iter }) => count(iter)),
    row('time', ({ seconds }) => duration(seconds)),
    {
      name: 'best validation loss',
      cells: bests.map((value) => (Number.isFinite(value) ? figure(value) : '')),
      ...(best !== undefined && { best }),
    },
    row('last validation loss', (run) => figure(last(run, 'valLoss'))),
    row('last training loss', (run) => figure(last(run, 'trainLoss'))),
    row('bits per byte', (run) => figure(last(run, 'bitsPerByte'))),
    row('accuracy', (run) => (last(run, 'accuracy') === undefined ? '' : percent(last(run, 'accuracy')!))),
    row('macro F1', (run) => figure(last(run, 'macroF1'))),
    row('baselines: majority class, bag of words', ({ starts }) => {
      const found = starts.find(({ baselines }) => baselines)?.baselines;
      return found ? `${percent(found.majority)}, ${percent(found.bagOfWords)}` : '';
    }),
    row('tokens/s', ({ done, curves }) => {
      const speed = done?.tokensPerSecond ?? curves.get('tokensPerSecond')?.values.at(-1);
      return speed === undefined ? '' : count(speed);
    }),
    row('peak memory', ({ done, curves }) => {
      const peak = done?.peakMemoryMB ?? highest(curves.get('memoryMB')?.values);
      return Number.isFinite(peak) ? `${count(peak)} MB` : '';
    }),
    row('parameters', ({ starts }) =>
      starts.at(-1)?.parameters === undefined ? '' : count(starts.at(-1)!.parameters!),
    ),
    row('vocabulary', ({ starts }) => (starts.at(-1)?.vocabSize === undefined ? '' : count(starts.at(-1)!.vocabSize!))),
    row('training tokens', ({ starts }) =>
      starts.at(-1)?.tokens === undefined ? '' : count(starts.at(-1)!.tokens!.train),
    ),
  ]);
}

/** A value of a setting, as a config file has it. */
function settingText(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function settingsOf({ record }: RunRecord): Readonly<Record<string, unknown>> {
  const { config, model, inputs, command } = record;
  const plain = (value: unknown) => (typeof value === 'object' && value !== null ? value : {});
  return { command, inputs: Array.isArray(inputs) ? inputs.join(' ') : inputs, ...plain(config), ...plain(model) };
}

export function configuration(runs: readonly RunRecord[]): Html {
  const all = runs.map(settingsOf);
  const keys = [...new Set(all.flatMap((settings) => Object.keys(settings)))];
  const rows = keys.map((name) => ({ name, cells: all.map((settings) => settingText(settings[name])) }));
  const different = rows.filter(({ cells }) => cells.some((cell) => cell !== cells[0])).length;
  const filter =
    runs.length > 1 &&
    html`<p><label><input type="checkbox" id="only-different"> only what differs (${different} of ${rows.length})</label></p>`;
  return html`${filter}<div id="configuration">${runTable(runs, rows, true)}</div>`;
}

export function environment(runs: readonly RunRecord[]): Html {
  const row = (name: string, cell: (run: RunRecord) => unknown): Row => ({
    name,
    cells: runs.map((run) => settingText(cell(run))),
  });
  const last = (run: RunRecord) => run.starts.at(-1);
  const versions = (run: RunRecord) => last(run)?.environment?.versions ?? run.record['versions'];
  return runTable(runs, [
    row('command', ({ record: { commandLine } }) =>
      Array.isArray(commandLine) ? ['gpt-cli', ...commandLine].join(' ') : undefined,
    ),
    row('begun', ({ starts }) => starts[0]?.environment?.time),
    row('processes', ({ starts }) => (starts.length > 1 ? `${starts.length}: resumed` : undefined)),
    row('engine', (run) => {
      const start = last(run);
      if (!start?.backend) return undefined;
      const threads = start.threads === undefined ? '' : `, ${start.threads} threads`;
      return `${start.backend} on ${start.device}${start.precision === 'bf16' ? ' in bf16' : ''}${threads}`;
    }),
    row('workers', (run) => last(run)?.workers),
    row('processor', (run) => last(run)?.environment?.cpu),
    row('cores', (run) => last(run)?.environment?.cores),
    row('platform', (run) => last(run)?.environment?.platform),
    row('memory', (run) => {
      const memory = last(run)?.environment?.memoryMB;
      return typeof memory === 'number' ? `${count(memory)} MB` : undefined;
    }),
    row('versions', (run) => {
      const found = versions(run);
      if (typeof found !== 'object' || found === null) return undefined;
      return Object.entries(found)
        .map(([name, version]) => `${name} ${version}`)
        .join(', ');
    }),
  ]);
}
