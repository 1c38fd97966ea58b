// The diagnostic options of the training commands: the graphs as text, the engine's profile, the memory check.
import { writeFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { GptError } from '../errors.js';
import type { Diagnostics } from '../session/diagnostics.js';

export interface DiagnosticsFlags {
  readonly dumpGraph?: string;
  readonly profile?: string;
  readonly memoryCheck?: boolean;
}

const title = 'Diagnostics:';

/** Adds `--dump-graph`, `--profile` and `--no-memory-check`. */
export function addDiagnostics(command: Command): Command {
  const options = [
    new Option('--dump-graph <file>', 'write the compiled training graph there, as text'),
    new Option('--profile <prefix>', "write the times of the graph's nodes to files with this prefix (onnx, openvino)"),
    new Option('--no-memory-check', 'start even if the estimated memory exceeds what is available'),
  ];
  for (const option of options) command.addOption(option.helpGroup(title));
  return command;
}

/**
 * The options as a run takes them. The graph file is written when the first training graph is compiled; a run that trains
 * on several shapes adds the others.
 */
export async function diagnosticsOf({ dumpGraph, profile, memoryCheck }: DiagnosticsFlags): Promise<Diagnostics> {
  if (dumpGraph === undefined) return { profile, memoryCheck };
  const { dump } = await import('../trace/index.js');
  let flag: 'w' | 'a' = 'w';
  const onGraph: Diagnostics['onGraph'] = (graph, use) => {
    if (use !== 'training') return;
    try {
      writeFileSync(dumpGraph, dump(graph), { flag });
    } catch (cause) {
      throw new GptError('cli/dump-graph', `cannot write ${dumpGraph}: ${(cause as Error).message}`, { cause });
    }
    flag = 'a';
  };
  return { onGraph, profile, memoryCheck };
}
