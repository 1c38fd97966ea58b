// The Python of this machine: whether it has pip, and where its tensorflow package lies. Nothing is imported from it.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { GptError } from '../../errors.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** A way to start Python 3. */
export interface Python {
  readonly command: string;
  readonly args: readonly string[];
  readonly version: string;
}

const candidates = [
  { command: 'python3', args: [] },
  { command: 'python', args: [] },
  { command: 'py', args: ['-3'] },
] as const;

/** How long a Python may take to answer. Starting takes 0.1 s; a busy machine gets patience. */
const patience = 30_000;

function ask(candidate: (typeof candidates)[number], code: string, env: Environment): unknown {
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
 * @throws GptError `setup/python` if there is no Python 3, `setup/pip` if none has pip
 */
export function findPython(env: Environment = process.env): Python {
  let bare: string | undefined;
  for (const candidate of candidates) {
    const answer = ask(candidate, aboutPip, env) as { version: string; major: number; pip: boolean } | undefined;
    if (answer?.major !== 3) continue;
    if (answer.pip) return { ...candidate, version: answer.version };
    bare ??= `${candidate.command} (${answer.version})`;
  }
  if (bare)
    throw new GptError('setup/pip', `${bare} has no pip, which fetches TensorFlow`, {
      hint: 'python3 -m ensurepip --user, on Debian and Ubuntu apt install python3-pip; or --from a wheel',
    });
  throw new GptError('setup/python', 'there is no Python 3 on the PATH; its pip fetches TensorFlow', {
    hint: 'install Python 3 with pip, any version; or --from a wheel fetched elsewhere',
  });
}

// importlib.metadata is asked by distribution names, since the package may be tensorflow or tensorflow-cpu.
const aboutTensorflow = `import importlib.util, importlib.metadata as m, json
spec = importlib.util.find_spec("tensorflow")
version = None
for name in ("tensorflow", "tensorflow-cpu", "tf-nightly"):
    try:
        version = m.version(name)
        break
    except m.PackageNotFoundError:
        pass
print(json.dumps({"folders": list(spec.submodule_search_locations or []) if spec else [], "version": version}))`;

/** The folder of an installed Python package tensorflow that holds the library `main`. */
export function pythonTensorflow(
  main: string,
  env: Environment = process.env,
): { folder: string; version?: string } | undefined {
  for (const candidate of candidates) {
    const answer = ask(candidate, aboutTensorflow, env) as { folders: string[]; version: string | null } | undefined;
    const folder = answer?.folders.find((path) => existsSync(join(path, main)));
    if (folder) return { folder, ...(answer?.version ? { version: answer.version } : {}) };
  }
  return undefined;
}
