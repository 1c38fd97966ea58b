// Pretraining, from text files to a run folder: joins tokenizer, dataset, model, engine, training and checkpoints.
// Knows no terminal: it yields events. The command line and the library are both thin users of it.
import { basename, extname, join, relative } from 'node:path';
import { type Checkpoint, claimRun, type EventLog, openCheckpoint, type Run } from '../checkpoint/index.js';
import type { ClusterSpec } from '../cluster/index.js';
import {
  checkOptions,
  type Layer,
  type Resolved,
  requireStrings,
  resolve,
  type TrainingConfig,
} from '../config/index.js';
import { type Corpus, requireBlock, stepsPerEpoch } from '../dataset/index.js';
import { GptError } from '../errors.js';
import type { GptConfig } from '../model/config.js';
import { parameterSpecs } from '../model/index.js';
import { optimizers } from '../optimizer/registry.js';
import type { Tokenizer } from '../tokenizer/index.js';
import { estimateMemory, requireMemory } from './estimate.js';
import type { NoticeEvent, RunEvent } from './events.js';
import { type Inspection, unheard } from './inspection.js';
import { pretrainSteps } from './pretrain-steps.js';
import { inputsOf, logged, recordOf, type SavedRun } from './record.js';
import { goOn, resized, wholeBatchOf } from './resume.js';
import { reopenText } from './resumed-text.js';
import { checkWarmup, stepsOf } from './schedule.js';
import { type OpenedEngine, Session } from './session/session.js';
import { type Continuation, continuationOf } from './stable.js';
import { prepareText } from './text-data.js';
import { leads, takeOrders, temporaryRun } from './workers/follow.js';
import { announceText, followText } from './workers/follow-text.js';
import { joinWorkers } from './workers/join.js';
import { Team } from './workers/team.js';

export interface PretrainOptions extends Inspection {
  /** Files, folders, globs, or `-` for standard input. May be empty when a run is resumed: it knows its text. */
  readonly inputs: readonly string[];
  /** Settings by camelCase key, weakest layer first: presets, config files, flags. */
  readonly layers?: readonly Layer[];
  /** The run folder; default `runs/<the first input's name>`. */
  readonly out?: string | undefined;
  /** Go on with the run in `out`. */
  readonly resume?: boolean;
  /** Resume although the text is not the one that the run was trained on. */
  readonly allowChangedData?: boolean;
  /** Replace the run in `out`. */
  readonly overwrite?: boolean;
  readonly stdin?: NodeJS.ReadableStream | undefined;
  /** Aborted: the step is finished and the state saved. */
  readonly signal?: AbortSignal | undefined;
  /** Other workers to train with, and which of them this is: what TF_CONFIG says. Only worker 0 writes to `out`. */
  readonly cluster?: ClusterSpec | undefined;
  /** What a person typed, kept in the run. */
  readonly commandLine?: readonly string[];
}

/** Every option; true: it must be given. */
const known: Record<keyof PretrainOptions, boolean> = {
  ...{
    inputs: true,
    layers: false,
    out: false,
    resume: false,
    allowChangedData: false,
    overwrite: false,
    stdin: false,
  },
  ...{ signal: false, onGraph: false, profile: false, memoryCheck: false, cluster: false, commandLine: false },
};

/** `runs/<name>` for the first input, its extension left out. */
export function defaultOut(inputs: readonly string[]): string {
  const first = inputs[0];
  const name = first === undefined || first === '-' ? 'stdin' : basename(first, extname(first));
  return join('runs', name.replace(/[*?[\]{}]/g, '') || 'run');
}

/**
 * Pretrains a GPT and yields what happens. The last event is `done`; a checkpoint is on disk when its event comes.
 * @throws GptError for anything that a person can mend, `train/diverged` included
 */
export async function* pretrain(options: PretrainOptions): AsyncGenerator<RunEvent> {
  checkOptions('pretrain', options, known);
  requireStrings('"inputs"', options.inputs);
  const { layers = [], resume = false, overwrite = false, cluster } = options;
  if (options.inputs.length === 0 && !resume) {
    throw new GptError('run/no-text', 'there is no text to train on', { hint: 'name a file, a folder, a glob or -' });
  }
  const given = resume && leads(cluster) ? undefined : resolve('pretrain', layers);
  const out = options.out ?? defaultOut(options.inputs);
  const run = leads(cluster) ? await claimRun(out, { resume, overwrite }) : temporaryRun();
  try {
    const saved = resume && leads(cluster) ? recordOf(run, 'pretrain') : undefined;
    const resolved = given ?? goOn('pretrain', saved!, out, layers, cluster?.addresses.length ?? 1);
    yield* pretrainIn(run, resolved, saved, { ...options, out });
  } finally {
    run.release();
  }
}

async function* pretrainIn(
  run: Run,
  { values, sources }: Resolved<'pretrain'>,
  saved: SavedRun | undefined,
  options: PretrainOptions & { readonly out: string },
): AsyncGenerator<RunEvent> {
  const { signal, onGraph, profile, memoryCheck = true, cluster, out } = options;
  let continuation: Continuation | undefined;
  let checkpoint: Checkpoint | undefined;
  let opened: OpenedEngine | undefined;
  let corpus: Corpus | undefined;
  let session: Session | undefined;
  let log: EventLog | undefined;
  try {
    if (leads(cluster) && run.checkpoint !== undefined) continuation = await continuationOf(run, saved, values);
    checkpoint = continuation?.checkpoint;
    if (leads(cluster) && !continuation && values.init !== null) checkpoint = await openCheckpoint(values.init);
    if (cluster) opened = yield* joinWorkers(values, cluster, { onGraph, profile }, signal);
    const team = new Team(opened?.engine.cluster);
    const own = {
      config: values,
      sources,
      inputs: options.inputs.length > 0 ? options.inputs : inputsOf(saved),
      wholeBatch: wholeBatchOf(saved, values, team.size),
      resumed: continuation?.training ?? null,
    };
    const { config, resumed, wholeBatch, ...told } = await takeOrders(team, 'pretrain', own, !options.resume);
    const inputs = own.inputs.length > 0 ? own.inputs : told.inputs;
    yield* resized(saved, config, team.size);
    yield* continuation?.notices ?? [];

    const where = { inputs, stdin: options.stdin, directory: run.staging, config, signal };
    let source: Pick<SavedRun, 'inputs' | 'workingDirectory'> = { inputs, workingDirectory: process.cwd() };
    let changed: readonly NoticeEvent[] = [];
    let tokenizer = await checkpoint?.loadTokenizer();
    if (!team.leads) ({ corpus, tokenizer } = yield* followText(team, where, out));
    else {
      if (run.checkpoint !== undefined) {
        const allowed = options.allowChangedData;
        const again = { ...where, inputs: options.inputs, tokenizer: tokenizer!, saved, allowed };
        ({ corpus, text: source, changed } = yield* reopenText(again));
      } else ({ corpus, tokenizer } = yield* prepareText({ ...where, tokenizer }));
      await announceText(team, tokenizer!, corpus, relative(run.directory, run.staging));
    }

    const model = await team.share(
      checkpoint?.config ? { ...checkpoint.config, dropout: config.dropout } : modelConfig(config, tokenizer!),
    );
    const { train: text, validation } = corpus;
    requireBlock(text, model.blockSize);
    if (validation.length > 0) requireBlock(validation, model.blockSize);

    const { recompute, gradAccum } = config;
    const whole = { batchSize: wholeBatch, blockSize: model.blockSize, gradAccum };
    const settled = { ...config, ...stepsOf(config, stepsPerEpoch(text, whole)) };
    yield* checkWarmup(settled);
    const specs = parameterSpecs(model);
    const engine = config.backend === 'tensorflow' || team.cluster ? 'tensorflow' : 'onnx';
    if (memoryCheck)
      requireMemory(
        estimateMemory({
          specs,
          optimizer: optimizers[config.optimizer],
          gradAccum,
          graphs: [],
          engine,
          jit: config.jit,
        }),
        config,
      );
    session = await Session.open(config, model, tokenizer!, {
      training: true,
      optimizer: config.optimizer,
      recompute,
      onGraph,
      profile,
      opened,
    });
    yield* unheard(session.engine, options);
    if (team.leads) yield* session.fill(checkpoint, { seed: config.seed, resuming: resumed !== null });
    await checkpoint?.close(); // Windows replaces no file that is open
    await team.shareState(session.state, { resuming: resumed !== null });

    // The folder is begun when the first step can be made: whatever fails before leaves an older run as it was.
    for await (const event of pretrainSteps({
      ...{ session, corpus, config: settled, wholeBatch, run, resumed, team, signal, memoryCheck },
    })) {
      if (event.event === 'start') {
        // What is settled is kept, so that a resumed run has the same; of steps and epochs only what was asked for.
        const kept = session.settled({ ...settled, maxIters: config.maxIters });
        const settings = { config: kept, model, workers: team.size, wholeBatch };
        const record = { command: 'pretrain', ...source, ...settings, dataHash: corpus.meta.sha256 ?? saved?.dataHash };
        await continuation?.begin();
        log = await run.start({ ...record, ...logged(options.commandLine) }, resumed ?? undefined);
        for (const notice of changed) log.append(notice);
      }
      if (event.event !== 'phase' && event.event !== 'notice') log?.append(event);
      yield event;
    }
  } finally {
    log?.close();
    if (session) await session.close();
    else await opened?.engine.dispose();
    corpus?.close();
    await checkpoint?.close();
  }
}

/** The model that the settings ask for, with as many rows as the tokenizer needs. */
export function modelConfig(config: TrainingConfig, tokenizer: Tokenizer): GptConfig {
  const { blockSize, nLayer, nHead, nEmbd, dropout, bias, position } = config;
  const vocabSize = tokenizer.modelVocabSize;
  return { vocabSize, blockSize, nLayer, nHead, nEmbd, dropout, bias, position, layerNormEpsilon: 1e-5 };
}
