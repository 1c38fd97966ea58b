// Files and folders that are complete or absent, whenever the process dies. Knows nothing of what is in them.
export { AtomicFile, isTemporaryName, replaceFile } from './atomic-file.js';
export { explain, isDiskFull } from './disk-error.js';
export { flushFolder, flushParent } from './flush.js';
export { hashFile } from './hash-file.js';
export { refuseLfsPointer } from './lfs.js';
export { makeFolder } from './make-folder.js';
export { exists, move } from './move.js';
export { onExit } from './on-exit.js';
export { isPipe, readPipe } from './pipe.js';
export { isProcessAlive, pidNamespace, startOf } from './process.js';
export { readJsonObject } from './read-json.js';
export { asideNames, findFolder, replaceFolder, settle } from './replace-folder.js';
export { type ScratchFolder, scratchFolder } from './scratch.js';
export { requireThere, statIfThere } from './stat.js';
