// What must be removed when the process exits in the middle of its work: one listener for all.

const pending = new Set<() => void>();

function cleanUp(): void {
  for (const each of pending) each();
}

/** @param work synchronous; @returns what takes it back */
export function onExit(work: () => void): () => void {
  if (pending.size === 0) process.once('exit', cleanUp);
  pending.add(work);
  return () => {
    pending.delete(work);
    if (pending.size === 0) process.off('exit', cleanUp);
  };
}
