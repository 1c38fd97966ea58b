// A setup in a process of its own, for tests that kill it: options as JSON, the result on standard output.
import { tensorflowLibrary } from '../../tensorflow/description.js';
import { setup } from '../setup.js';
import { machine, probe } from './fixtures.js';

const { pins, slow } = JSON.parse(process.argv[2]!);
const patient: typeof probe = async (folder) => {
  if (slow) await new Promise((resolve) => setTimeout(resolve, slow));
  return probe(folder);
};
const on = (event: { kind: string; name?: string }) => process.stdout.write(`${event.name ?? event.kind}\n`);
const { folder } = await setup(tensorflowLibrary, { pins, machine, probe: patient, on });
process.stdout.write(`ready ${folder}\n`);
