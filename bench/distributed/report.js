// What a bench set out to show and what it saw: a line as soon as it is seen, a table of all at the end.
export class Report {
  rows = [];
  part = '';

  /** @param aim in words what `met` says */
  check(what, seen, aim, met) {
    this.rows.push({ part: this.part, what, seen, aim, met });
    this.say(`${what}: ${seen}${met ? '' : `, MISSED: ${aim}`}`);
  }

  say(line) {
    process.stdout.write(`${this.part.padEnd(10)}${line}\n`);
  }

  /** Numbers that are not to be further apart than rounding explains. */
  checkApart(what, apart, more = '', most = 1e-4) {
    this.check(what, `${apart.toExponential(1)} apart${more}`, `${most.toExponential(0)} at most`, apart <= most);
  }

  /** Runs a part; one that fails is one more row, and the others go on. */
  async run(name, part, seconds) {
    this.part = name;
    try {
      await part(this);
    } catch (error) {
      this.check('to the end', error instanceof Error ? error.message : String(error), 'no error', false);
    }
    this.say(`${seconds()} s`);
  }

  get missed() {
    return this.rows.filter(({ met }) => !met).length;
  }

  print() {
    const head = { part: 'part', what: 'what', seen: 'seen', aim: 'aim', met: '' };
    const lines = [head, ...this.rows.map((row) => ({ ...row, met: row.met ? 'met' : 'MISSED' }))];
    const keys = Object.keys(head);
    const width = Object.fromEntries(keys.map((key) => [key, Math.max(...lines.map((line) => line[key].length))]));
    const text = lines.map((line) =>
      keys
        .map((key) => line[key].padEnd(width[key]))
        .join('  ')
        .trimEnd(),
    );
    process.stdout.write(`\n${text.join('\n')}\n${this.rows.length - this.missed} of ${this.rows.length} met\n`);
  }
}
