// Several workers against one with a larger batch: losses, bytes on the wire, a killed worker, one that comes late, a cut
// link, resumed runs. `node bench/distributed.js [--net] [part ...]`, parts: processes kill late resume finetune, and with
// --net, as root with iproute2, in network namespaces of its own also: hosts bytes cut. Ends with a table; the exit code is 1
// when an aim was missed. All parts take about ten minutes on two cores. Needs TensorFlow (gpt-cli setup tensorflow).
import { bytes } from './distributed/bytes.js';
import { cut, kill, late } from './distributed/ends.js';
import { hosts, processes } from './distributed/equality.js';
import { makeHosts, removeHosts } from './distributed/hosts.js';
import { Report } from './distributed/report.js';
import { finetuned, resumed } from './distributed/resume.js';
import { clock, endAll, seconds } from './distributed/workers.js';
import { fail, requireBuilt } from './inputs/common.js';

const most = 8;
const net = process.argv.includes('--net');
const chosen = process.argv.slice(2).filter((word) => word !== '--net');
const parts = { processes, kill, late, resume: resumed, finetune: finetuned, ...(net && { hosts, bytes, cut }) };
const unknown = chosen.find((name) => !Object.hasOwn(parts, name));
if (unknown) fail(`no part ${unknown}: there are ${Object.keys(parts).join(' ')}`);
if (net && process.getuid?.() !== 0) fail('--net makes network namespaces, which takes root');
requireBuilt();

for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => process.exit(130));
if (net) {
  process.once('exit', () => {
    endAll();
    removeHosts(most);
  });
  makeHosts(most);
}
const report = new Report();
const began = clock();
for (const [name, part] of Object.entries(parts)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  const since = clock();
  await report.run(name, part, () => seconds(since));
  endAll();
}
report.print();
process.stdout.write(`${seconds(began)} s\n`);
process.exit(report.missed > 0 ? 1 : 0);
