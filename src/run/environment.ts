// Where and when a run's process began, as its log keeps it. Names neither the machine nor its user.
import { cpus, totalmem } from 'node:os';
import type { Environment } from '../events.js';
import { versions } from './record.js';

export function environment(): Environment {
  const processors = cpus(); // empty where the system does not say
  return {
    time: new Date().toISOString(),
    platform: `${process.platform} ${process.arch}`,
    cpu: processors[0]?.model.trim() || 'unknown',
    cores: processors.length,
    memoryMB: Math.round(totalmem() / 1e6),
    versions: versions(),
  };
}
