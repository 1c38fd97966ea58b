#!node
// A Python as far as setup asks one: its version, whether it has pip, no tensorflow; `pip download` out of a folder.
const { createHash } = require('node:crypto');
const { appendFileSync, copyFileSync, readdirSync, readFileSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

const pip = JSON.parse(readFileSync(join(__dirname, 'pip.json'), 'utf8'));
const args = process.argv.slice(2);

async function download() {
  appendFileSync(join(__dirname, 'calls.txt'), `${args.join(' ')}\n`);
  if (pip.says) {
    process.stderr.write(pip.says);
    process.exit(1);
  }
  const option = (name) => args[args.indexOf(name) + 1];
  const [, name, version, hash] = /^(\S+)==(\S+) --hash=sha256:(\w+)/.exec(
    readFileSync(option('--requirement'), 'utf8'),
  );
  const file = readdirSync(pip.index).find((entry) => entry.startsWith(`${name.replaceAll('-', '_')}-${version}-`));
  const bytes = readFileSync(join(pip.index, file));
  const got = createHash('sha256').update(bytes).digest('hex');
  if (got !== hash) {
    process.stderr.write(
      `ERROR: THESE PACKAGES DO NOT MATCH THE HASHES\n  Expected sha256 ${hash}\n       Got        ${got}\n`,
    );
    process.exit(1);
  }
  const target = join(option('--dest'), file);
  if (pip.delay) {
    writeFileSync(join(process.env.TMPDIR, 'part'), bytes.subarray(0, bytes.length / 2));
    await new Promise((resolve) => setTimeout(resolve, pip.delay));
  }
  copyFileSync(join(pip.index, file), target);
}

if (args[0] === '-c') {
  const about = args[1].includes('"pip"')
    ? { version: '3.11.0', major: 3, pip: pip !== null }
    : { folders: [], version: null };
  console.log(JSON.stringify(about));
} else download();
