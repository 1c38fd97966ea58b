// Where this machine's Python has its tensorflow package. Nothing is imported from it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { askPython, pythons } from '../install/index.js';

type Environment = Readonly<Record<string, string | undefined>>;

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
  for (const candidate of pythons) {
    const answer = askPython(candidate, aboutTensorflow, env) as
      | { folders: string[]; version: string | null }
      | undefined;
    const folder = answer?.folders.find((path) => existsSync(join(path, main)));
    if (folder) return { folder, ...(answer?.version ? { version: answer.version } : {}) };
  }
  return undefined;
}
