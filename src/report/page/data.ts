// What the page's script draws: plain JSON. Made here, read in client/.
import type { AttentionFacts, ModelFacts } from '../model-facts.js';
import type { Curve, Measure, RunRecord } from '../read-run.js';
import { thin } from '../thin.js';

export interface SeriesData extends Curve {
  /** Of `runs`. */
  readonly run: number;
  /** `training`, `validation`; empty where a chart has one curve for a run. */
  readonly label: string;
  /** Few measurements: points are shown. */
  readonly points: boolean;
}

export interface ChartData {
  readonly title: string;
  readonly unit: string;
  /** Whether a logarithmic axis is offered. */
  readonly logarithmic: boolean;
  readonly series: readonly SeriesData[];
}

export interface AttentionData extends Omit<AttentionFacts, 'weights'> {
  readonly run: number;
  /** Base64. */
  readonly weights: string;
}

export interface PageData {
  readonly runs: readonly string[];
  readonly charts: readonly ChartData[];
  readonly attention: readonly AttentionData[];
}

/** Of one curve. */
const mostPoints = 1500;

type ChartSpec = Omit<ChartData, 'series'> & { readonly measures: readonly (readonly [Measure, string])[] };

const specs: readonly ChartSpec[] = [
  {
    ...{ title: 'Loss', unit: 'nats per token', logarithmic: true },
    measures: [
      ['loss', 'training'],
      ['valLoss', 'validation'],
    ],
  },
  { title: 'Accuracy', unit: '', logarithmic: false, measures: [['accuracy', '']] },
  { title: 'Learning rate', unit: '', logarithmic: false, measures: [['lr', '']] },
  { title: 'Gradient norm', unit: 'before clipping', logarithmic: true, measures: [['gradNorm', '']] },
  { title: 'Speed', unit: 'tokens/s', logarithmic: false, measures: [['tokensPerSecond', '']] },
  { title: 'Memory', unit: 'MB, resident', logarithmic: false, measures: [['memoryMB', '']] },
];
const measured: ReadonlySet<Measure> = new Set(['valLoss', 'accuracy']);

const rounded = (values: readonly number[], digits: number) => values.map((value) => Number(value.toPrecision(digits)));

/** Charts for which no run has data are left out. */
export function pageData(runs: readonly RunRecord[], models: readonly (ModelFacts | undefined)[]): PageData {
  const charts = specs.map(({ measures, ...chart }) => {
    const series = runs.flatMap(({ curves }, run) =>
      measures.flatMap(([key, label]) => {
        const curve = curves.get(key);
        if (!curve) return [];
        const { steps, seconds, values } = thin(curve, mostPoints);
        const numbers = { steps, seconds: rounded(seconds, 5), values: rounded(values, 5) };
        return [{ run, label, points: measured.has(key), ...numbers }];
      }),
    );
    return { ...chart, series };
  });
  const attention = models.flatMap((model, run) => {
    if (!model?.attention) return [];
    const { weights, ...facts } = model.attention;
    return [{ run, ...facts, weights: Buffer.from(weights).toString('base64') }];
  });
  return { runs: runs.map(({ name }) => name), charts: charts.filter(({ series }) => series.length > 0), attention };
}
