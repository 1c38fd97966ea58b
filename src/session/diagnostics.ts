// Ways to look into a training run, and what to say where there is nothing to see. Knows no files.
import type { GraphListener } from '../engine/listener.js';
import type { EngineName } from '../engine/names.js';
import type { NoticeEvent } from '../events.js';

export interface Inspection {
  /** Told of every graph before it is compiled. */
  readonly onGraph?: GraphListener | undefined;
  /** Beginning of the names of onnxruntime's own profiles: one for each program, written when the run ends. */
  readonly profile?: string | undefined;
  /** False: also begin a run that the machine's memory will probably not hold. */
  readonly memoryCheck?: boolean | undefined;
}

/** Says so when the engine has no graph to show or no profile to write. */
export function* unheard(
  { name }: { readonly name: EngineName },
  { onGraph, profile }: Inspection,
): Generator<NoticeEvent> {
  if (name === 'onnx') return;
  const compiles = name === 'tensorflow';
  const notice = (what: string): NoticeEvent => ({
    event: 'notice',
    level: 'warning',
    message: compiles
      ? `backend ${name} writes no ${what}`
      : `backend ${name} compiles nothing, so there is no ${what}`,
  });
  if (onGraph && !compiles) yield notice('graph to write');
  if (profile !== undefined) yield notice('profile');
}
