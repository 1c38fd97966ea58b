// Curves with uPlot: hover shows values, dragging zooms into all charts alike, a double click shows everything again.
import uPlot from 'uplot';
import type { ChartData, PageData } from '../page/data.js';
import { colour, element, onColours, runColour } from './elements.js';

/** What the x axis counts. */
type Axis = 'steps' | 'seconds';

interface View {
  axis: Axis;
  logarithmic: boolean;
  /** Undefined: everything. */
  range: readonly [from: number, to: number] | undefined;
}

const height = 260;

export function showCharts(place: HTMLElement, { runs, charts }: PageData): void {
  const view: View = { axis: 'steps', logarithmic: false, range: undefined };
  const frames = charts.map((chart) => {
    const frame = element('div', { className: 'plot' });
    const unit = chart.unit === '' ? '' : `, ${chart.unit}`;
    const heading = element('h3', {}, chart.title, element('small', {}, unit));
    return { chart, frame, box: element('div', { className: 'chart' }, heading, frame) };
  });
  let plots: uPlot[] = [];
  const draw = () => {
    for (const plot of plots) plot.destroy();
    const zoomed = (range: View['range']) => {
      view.range = range;
      for (const plot of plots) setRange(plot, range);
    };
    plots = frames.map(({ chart, frame }) => plotOf(chart, runs, view, frame, zoomed));
  };
  place.append(
    controls(view, draw, (factor) => {
      const whole = extent(charts, view.axis);
      view.range = factor === undefined ? undefined : scaled(view.range ?? whole, factor, whole);
      for (const plot of plots) setRange(plot, view.range);
    }),
    element('div', { className: 'charts' }, ...frames.map(({ box }) => box)),
  );
  draw();
  onColours(draw);
  new ResizeObserver(() => {
    for (const [i, { frame }] of frames.entries()) {
      if (plots[i]!.width !== frame.clientWidth && frame.clientWidth > 0)
        plots[i]!.setSize({ width: frame.clientWidth, height });
    }
  }).observe(place);
}

/** @param zoom by a factor; undefined: to everything */
function controls(view: View, draw: () => void, zoom: (factor: number | undefined) => void): HTMLElement {
  const button = (text: string, title: string, onclick: () => void) =>
    element('button', { type: 'button', title, onclick }, text);
  const axis = element('select', { ariaLabel: 'horizontal axis' });
  axis.append(element('option', { value: 'steps' }, 'by step'), element('option', { value: 'seconds' }, 'by time'));
  axis.onchange = () => {
    view.axis = axis.value as Axis;
    view.range = undefined;
    draw();
  };
  const logarithmic = element('input', { type: 'checkbox', id: 'logarithmic' });
  logarithmic.onchange = () => {
    view.logarithmic = logarithmic.checked;
    draw();
  };
  return element(
    'div',
    { className: 'controls' },
    axis,
    element('label', {}, logarithmic, ' logarithmic'),
    button('+', 'zoom in', () => zoom(0.5)),
    button('−', 'zoom out', () => zoom(2)),
    button('all', 'show everything', () => zoom(undefined)),
    element('span', { className: 'note' }, 'drag to zoom, double-click to show everything'),
  );
}

function extent(charts: readonly ChartData[], axis: Axis): [number, number] {
  const all = charts.flatMap(({ series }) => series.flatMap((each) => [each[axis][0]!, each[axis].at(-1)!]));
  return [Math.min(...all), Math.max(...all)];
}

function scaled([from, to]: readonly [number, number], factor: number, [low, high]: readonly [number, number]) {
  const [middle, half] = [(from + to) / 2, ((to - from) * factor) / 2];
  if (2 * half >= high - low) return undefined;
  const start = Math.min(Math.max(low, middle - half), high - 2 * half);
  return [start, start + 2 * half] as const;
}

function setRange(plot: uPlot, range: View['range']): void {
  const xs = plot.data[0];
  const [min, max] = range ?? [xs[0]!, xs.at(-1)!];
  plot.setScale('x', { min, max });
}

function plotOf(
  { series, logarithmic }: ChartData,
  runs: readonly string[],
  view: View,
  frame: HTMLElement,
  zoomed: (range: View['range']) => void,
): uPlot {
  const tables = series.map((each) => [each[view.axis], each.values] as unknown as uPlot.AlignedData);
  const data = tables.length > 1 ? uPlot.join(tables) : tables[0]!;
  const many = runs.length > 1;
  const named = (run: number, label: string) =>
    [many || label === '' ? runs[run]! : '', label].filter(Boolean).join(' ');
  const axis = () => ({
    stroke: colour('text'),
    grid: { stroke: colour('line'), width: 1 },
    ticks: { stroke: colour('line'), width: 1 },
  });
  const options: uPlot.Options = {
    width: frame.clientWidth || 400,
    height,
    cursor: { sync: { key: 'report' }, drag: { x: true, y: false, setScale: false } },
    scales: { x: { time: false }, y: { distr: logarithmic && view.logarithmic ? 3 : 1 } },
    axes: [
      { ...axis(), values: (_, ticks) => ticks.map((tick) => (view.axis === 'steps' ? short(tick) : clock(tick))) },
      { ...axis(), size: 64, values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : short(tick))) },
    ],
    series: [
      { label: view.axis === 'steps' ? 'step' : 'time', value: (_, x) => (x === null ? '' : axisText(x, view.axis)) },
      ...series.map(({ run, label, points, values }) => {
        const second = label === 'validation';
        const stroke = !many && second ? colour('second') : runColour(run);
        return {
          label: named(run, label),
          stroke,
          width: second ? 2 : 1.25,
          ...(many && second && { dash: [6, 3] }),
          points: { show: points || values.length === 1, size: 5, fill: stroke },
          spanGaps: true,
          value: (_: uPlot, value: number | null) => (value === null ? '' : String(Number(value.toPrecision(5)))),
        };
      }),
    ],
    hooks: {
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          if (width < 4) return;
          zoomed([plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x')]);
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
  frame.textContent = '';
  const plot = new uPlot(options, data, frame);
  plot.over.addEventListener('dblclick', () => zoomed(undefined));
  if (view.range) setRange(plot, view.range);
  return plot;
}

function short(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(4))}M`;
  if (size >= 1e4) return `${Number((value / 1e3).toPrecision(4))}k`;
  return size > 0 && size < 1e-3 ? value.toExponential() : String(Number(value.toPrecision(5)));
}

function clock(seconds: number): string {
  if (seconds < 120) return `${Number(seconds.toPrecision(4))}s`;
  if (seconds < 7200) return `${Number((seconds / 60).toPrecision(4))}m`;
  return `${Number((seconds / 3600).toPrecision(4))}h`;
}

const axisText = (x: number, axis: Axis) => (axis === 'steps' ? x.toLocaleString('en-US') : clock(x));
