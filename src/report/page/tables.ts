// The tables of the page: a column for each run.

import { flagName } from '../../config/index.js';
import type { PlanEvent } from '../../events.js';
import { type Html, html } from '../../html/template.js';
import { quoteCommand } from '../../shell-quote.js';
import type { Measure, RunRecord } from '../read-run.js';
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

/**
 * A list where there is one run, a table with a column for each where there are several.
 * @param marked whether rows whose cells differ are marked
 */
export function runTable(runs: readonly RunRecord[], rows: readonly Row[], marked = true): Html {
  const shown = rows.filter(({ cells }) => cells.some((cell) => cell !== ''));
  if (runs.length > 1) return table(runs, shown, marked);
  const items = shown.map(
    ({ name, cells }) => html`<div><dt>${name}</dt><dd><bdi>${cells[0]}</bdi></dd></div>
`,
  );
  return html`<dl class="facts">${items}</dl>`;
}

function table(runs: readonly RunRecord[], rows: readonly Row[], marked: boolean): Html {
  const heads = runs.map(({ name }, i) => html`<th scope="col">${runName(name, i)}</th>`);
  const body = rows.map((row) => {
    const cells = row.cells.map((cell, i) => html`<td${row.best === i && html` class="best"`}><bdi>${cell}</bdi></td>`);
    const differs = marked && row.cells.some((cell) => cell !== row.cells[0]);
    return html`<tr${differs && html` class="differs"`}><th scope="row">${row.name}</th>${cells}</tr>
`;
  });
  return html`<div class="scroll"><table class="runs"><thead><tr><th></th>${heads}</tr></thead><tbody>${body}</tbody></table></div>`;
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
  const last = ({ curves }: RunRecord, key: Measure) => curves.get(key)?.values.at(-1);
  const bests = runs.map(({ curves }) => lowest(curves.get('valLoss')?.values));
  const best = bests.filter(Number.isFinite).length > 1 ? bests.indexOf(lowest(bests)) : undefined;
  const rows = [
    row('state', ({ done }) => (done ? (reasons[String(done.reason)] ?? 'ended') : 'in progress, or killed')),
    row('steps', ({ iter }) => count(iter)),
    row('time', ({ seconds }) => duration(seconds)),
    { name: 'best validation loss', cells: bests.map((value) => figure(value)), ...(best !== undefined && { best }) },
    row('last validation loss', (run) => figure(last(run, 'valLoss'))),
    row('last training loss', (run) => figure(last(run, 'trainLoss'))),
    row('bits per byte', (run) => figure(last(run, 'bitsPerByte'))),
    row('accuracy', (run) => percent(last(run, 'accuracy'))),
    row('macro F1', (run) => figure(last(run, 'macroF1'))),
    row('majority class', (run) => percent(baselinesOf(run)?.majority)),
    row('bag of words', (run) => percent(baselinesOf(run)?.bagOfWords)),
    row('tokens/s', (run) => count(run.done?.tokensPerSecond ?? last(run, 'tokensPerSecond'))),
    row('peak memory', ({ done, curves }) =>
      withUnit(count(done?.peakMemoryMB ?? highest(curves.get('memoryMB')?.values)), 'MB'),
    ),
    row('parameters', ({ starts }) => count(starts.at(-1)?.parameters)),
    row('vocabulary', ({ starts }) => count(starts.at(-1)?.vocabSize)),
    row('training tokens', ({ starts }) => count(starts.at(-1)?.tokens?.train)),
  ];
  return runTable(runs, rows, false);
}

const withUnit = (text: string, unit: string) => (text === '' ? '' : `${text} ${unit}`);

/** What `pretrain --max-time` chose, and what it expected; undefined where no run has a plan. */
export function plans(runs: readonly RunRecord[]): Html | undefined {
  const all = runs.map(planOf);
  if (all.every((plan) => plan === undefined)) return undefined;
  const row = (name: string, cell: (plan: Partial<PlanEvent>) => string): Row => ({
    name,
    cells: all.map((plan) => (plan ? cell(plan) : '')),
  });
  const rows = [
    row('time given', ({ maxTime }) => duration(maxTime)),
    row('chosen', ({ settings }) => flagsOf(settings)),
    row('measured tokens/s', ({ tokensPerSecond }) => count(tokensPerSecond)),
    row('planned steps', ({ steps }) => count(steps)),
    row('passes over the text', ({ epochs }) => figure(epochs, 2)),
    row('limited by', ({ limit }) => settingText(limit)),
    row('expected bits per byte', ({ expected }) => figure(expected)),
  ];
  return runTable(runs, rows, false);
}

function planOf({ record: { plan } }: RunRecord): Partial<PlanEvent> | undefined {
  return typeof plan === 'object' && plan !== null ? plan : undefined;
}

function flagsOf(settings: unknown): string {
  if (typeof settings !== 'object' || settings === null) return '';
  return Object.entries(settings)
    .map(([key, value]) => `--${flagName(key)} ${settingText(value)}`)
    .join(' ');
}

/** The accuracy of two methods without a language model; of the process that began the run. */
const baselinesOf = ({ starts }: RunRecord) => starts.find(({ baselines }) => baselines)?.baselines;

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
  return html`${filter}<div id="configuration">${runTable(runs, rows)}</div>`;
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
      Array.isArray(commandLine) ? quoteCommand(['gpt-cli', ...commandLine.map(String)]) : undefined,
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
    row('memory', (run) => withUnit(count(last(run)?.environment?.memoryMB), 'MB')),
    row('versions', (run) => {
      const found = versions(run);
      if (typeof found !== 'object' || found === null) return undefined;
      return Object.entries(found)
        .map(([name, version]) => `${name} ${version}`)
        .join(', ');
    }),
  ]);
}
