// One page about one or more runs, as a file that opens without a network. Knows no terminal.
import { open, stat } from 'node:fs/promises';
import { checkOptions, programVersion, requireStrings } from '../config/index.js';
import { GptError } from '../errors.js';
import type { PhaseEvent } from '../events.js';
import { AtomicFile, explain as explainFile } from '../files/index.js';
import { phase } from '../session/phase.js';
import { type ModelFacts, modelFacts } from './model-facts.js';
import { generator, reportPage } from './page/page.js';
import { readRun } from './read-run.js';

export interface ReportOptions {
  /** Run folders, in the order of their columns. */
  readonly runs: readonly string[];
  /** The file. Default: `report.html`. One that is no report is not replaced. */
  readonly out?: string | undefined;
  /** The sentence whose attention is shown. Default: the beginning of the latest sample. */
  readonly prompt?: string | undefined;
  /** Whether the models are opened, for histograms and attention. Default: true. */
  readonly model?: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface ReportEvent {
  readonly event: 'report';
  readonly path: string;
  readonly runs: number;
  readonly bytes: number;
  /** Of each run, what could not be shown of its model, and why. */
  readonly missing: readonly string[];
}

const known = { runs: true, out: false, prompt: false, model: false, signal: false };

/**
 * Writes the page. The last event is `report`; the file is complete then.
 * @throws GptError `report/run` for a folder without a run, `report/out` for a file that is not a report
 */
export async function* report(options: ReportOptions): AsyncGenerator<PhaseEvent | ReportEvent> {
  checkOptions('report', options, known);
  const { runs: folders, out = 'report.html', model = true, prompt, signal } = options;
  requireStrings('"runs"', folders);
  if (folders.length === 0)
    throw new GptError('report/run', 'there is no run to report', { hint: 'name a run folder' });
  await requireReplaceable(out);
  const runs = await Promise.all(folders.map(readRun));
  const models: (ModelFacts | undefined)[] = [];
  if (model) {
    models.push(
      ...(yield* phase('reading the models', async (progress) => {
        const facts: ModelFacts[] = [];
        for (const run of runs) {
          progress(facts.length, runs.length);
          facts.push(await modelFacts(run, { prompt, signal }));
        }
        return facts;
      })),
    );
  }
  if (signal?.aborted) return;
  const title = runs.length === 1 ? `Run ${runs[0]!.name}` : `${runs.length} runs`;
  const page = reportPage(runs, models, { title, time: new Date().toISOString(), version: programVersion() });
  await write(out, page);
  const missing = models.flatMap((facts, i) => facts?.missing.map((text) => `${folders[i]}: ${text}`) ?? []);
  yield { event: 'report', path: out, runs: runs.length, bytes: Buffer.byteLength(page), missing };
}

/** A typing error in --out must not cost a file. */
async function requireReplaceable(path: string): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  if (!there) return;
  if (there.isFile() && (there.size === 0 || (await beginning(path)).includes(generator))) return;
  throw new GptError('report/out', `${path} exists and is not a report`, { hint: 'give another name with --out' });
}

async function beginning(path: string): Promise<string> {
  const file = await open(path).catch((error) => {
    throw explainFile(error, path);
  });
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4096), 0, 4096, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

async function write(path: string, page: string): Promise<void> {
  let file: AtomicFile | undefined;
  try {
    file = await AtomicFile.create(path);
    await file.write(page);
    await file.commit();
  } catch (error) {
    await file?.abandon();
    throw explainFile(error, path);
  }
}
