// Diagnostics of a training run: its graphs, the engine's profile, the memory check. Knows no files.
import type { GraphListener } from '../engine/listener.js';
import type { EngineName } from '../engine/names.js';
import type { NoticeEvent } from '../events.js';

export interface Diagnostics {
  /** Called with every graph before it is compiled. */
  readonly onGraph?: GraphListener | undefined;
  /** Prefix of the profiles of onnx and openvino: one for each program, written when the run ends. */
  readonly profile?: string | undefined;
  /** False: start a run whose estimated memory exceeds what is available. */
  readonly memoryCheck?: boolean | undefined;
}

/** Warns of diagnostics that the engine does not support. */
export function* unsupported(
  { name }: { readonly name: EngineName },
  { onGraph, profile }: Diagnostics,
): Generator<NoticeEvent> {
  if (name === 'onnx' || name === 'openvino') return;
  const compiles = name !== 'eager';
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
