// One more thread for kernels: it sleeps until a run is posted. scripts/build.js makes it a text, which a worker is started
// with wherever the program lies.
import { workerData } from 'node:worker_threads';
import { Board } from './board.js';
import { kernelTable } from './instances.js';
import type { WorkerData } from './pool.js';

const { module, memories, board } = workerData as WorkerData;
new Board(board).serve(kernelTable(module, memories));
