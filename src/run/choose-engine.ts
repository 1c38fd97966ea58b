// The engine of a new run for which nobody chose one, and the engine of a resumed one: is it the one that the run had?
import type { TrainingConfig } from '../config/index.js';
import { type Engine, locateOpenvino } from '../engine/index.js';
import type { NoticeEvent, RunEvent } from '../events.js';
import { phase } from '../session/phase.js';
import { type Race, raceOnce, recordedRace, type Verdict, verdict } from '../session/race/index.js';
import type { SavedRun } from './record.js';

type Machine = Pick<TrainingConfig, 'backend' | 'device' | 'precision'>;

/**
 * For `--backend auto`, where OpenVINO is set up: the faster engine on this machine, by a race that is run once. Where it is not
 * set up, nothing is started and nothing changes.
 * @returns the settings, with `backend` settled if it is openvino: what is recorded as `auto` is onnx
 */
export async function* chooseEngine<C extends Machine>(
  config: C,
  { env = process.env, signal }: { env?: NodeJS.ProcessEnv; signal?: AbortSignal | undefined } = {},
): AsyncGenerator<RunEvent, C> {
  if (config.backend === 'openvino' && config.precision === 'bf16') yield* slowBf16(recordedRace(env));
  if (!hasChoice(config, env)) return config;
  const race = () => phase('measuring which engine is faster here, once', () => raceOnce({ env, signal }));
  const chosen = recordedChoice(config, env) ?? verdictOf(yield* race(), config);
  if (!chosen) return config;
  yield info(chosen.reason);
  return chosen.backend === 'openvino' ? { ...config, backend: 'openvino' } : config;
}

/**
 * What `--backend auto` of a new run is, as far as it is known without a race.
 * @returns undefined where there is nothing to choose, or no race was run
 */
export function recordedChoice(config: Machine, env: NodeJS.ProcessEnv = process.env): Verdict | undefined {
  if (!hasChoice(config, env)) return undefined;
  if (config.precision === 'bf16') return { backend: 'openvino', reason: 'backend auto is openvino: onnx has no bf16' };
  return verdictOf(recordedRace(env), config);
}

function verdictOf(race: Race | undefined, { precision }: Machine): Verdict | undefined {
  return race && verdict(race, precision === 'f32' ? 'f32' : 'auto');
}

/** Whether nobody chose an engine and there is more than one for training. */
function hasChoice({ backend, device }: Machine, env: NodeJS.ProcessEnv): boolean {
  if (backend !== 'auto' || (device !== 'auto' && device !== 'cpu') || env['GPT_CLI_RACE'] === 'no') return false;
  return locateOpenvino(env) !== undefined;
}

/** Who asks for bf16 gets it, and hears if it was measured as no faster. */
function* slowBf16(race: Race | undefined): Generator<NoticeEvent> {
  const [f32, bf16] = (['f32', 'bf16'] as const).map(
    (format) => race?.steps.find(({ backend, precision }) => backend === 'openvino' && precision === format)?.ms,
  );
  if (f32 === undefined || bf16 === undefined || bf16 < f32) return;
  const message = `bf16 is not faster than f32 on this processor: ${bf16} and ${f32} ms per step of a small model`;
  yield { event: 'notice', level: 'warning', message };
}

const info = (message: string): NoticeEvent => ({ event: 'notice', level: 'info', message });

/** That a resumed run does not compute as before, so that its bits are not those of an unbroken one. For a person and the log. */
export function engineChange(
  saved: Pick<SavedRun, 'config' | 'workers'> | undefined,
  { name, precision = 'f32' }: Pick<Engine, 'name' | 'precision'>,
): NoticeEvent[] {
  if (!saved) return [];
  const { backend = 'auto', precision: format = 'auto' } = saved.config;
  const single = (saved.workers ?? 1) === 1;
  const was = backend === 'auto' ? (single ? 'onnx' : 'tensorflow') : String(backend);
  const before = format === 'auto' ? 'f32' : String(format);
  if (was === name && before === precision) return [];
  const message = `the run was trained on ${was} in ${before} and continues on ${name} in ${precision}: its last bits will differ`;
  return [{ event: 'notice', level: 'warning', message }];
}
