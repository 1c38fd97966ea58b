// One engine for all jitted functions of one choice: TensorFlow's library is large.
import { type Engine, type EngineChoice, openEngine } from '../engine/index.js';

interface Shared {
  readonly engine: Promise<Engine>;
  users: number;
}

const shared = new Map<string, Shared>();

/** An engine, and what gives it back. */
export async function acquireEngine(choice: EngineChoice): Promise<{ engine: Engine; release: () => Promise<void> }> {
  const key = JSON.stringify(choice);
  const entry = shared.get(key) ?? { engine: openEngine(choice), users: 0 };
  shared.set(key, entry);
  entry.users += 1;
  const release = async () => {
    entry.users -= 1;
    if (entry.users > 0) return;
    if (shared.get(key) === entry) shared.delete(key);
    await (await entry.engine).dispose();
  };
  try {
    return { engine: await entry.engine, release };
  } catch (error) {
    shared.delete(key);
    throw error;
  }
}
