// How the grammar writes: a pen makes the random choices and emits the text. One pen draws (and adds up the choices'
// bits), the other reads a given text back and finds every way in which the grammar could have written it.

/** What a grammar sees. A subclass decides (`decide`) and takes the text (`emit`). */
class Pen {
  /**
   * A tagged template. A slot is a string, an object with a `text`, an array (one entry is chosen, all equally likely)
   * or a function, called with the pen when its turn comes; a string or an array that it returns is written, anything
   * else is taken as written already. Returns the slots' values.
   */
  t(strings, ...slots) {
    const chosen = [];
    this.emit(strings[0]);
    slots.forEach((slot, i) => {
      chosen.push(this.write(slot));
      this.emit(strings[i + 1]);
    });
    return chosen;
  }

  write(slot) {
    if (typeof slot === 'function') {
      const value = slot(this);
      return typeof value === 'string' || Array.isArray(value) ? this.write(value) : value;
    }
    if (Array.isArray(slot)) return this.write(this.pick(slot));
    this.emit(typeof slot === 'string' ? slot : slot.text);
    return slot;
  }

  /** One of the entries, all equally likely. */
  pick(entries) {
    return entries[this.decide(entries.map(() => 1 / entries.length))];
  }

  /** One of the entries but those that were used, all equally likely. */
  other(entries, ...used) {
    return this.pick(entries.filter((entry) => !used.includes(entry)));
  }

  /** One of the values of [weight, value] pairs. */
  weighted(...pairs) {
    const total = pairs.reduce((sum, [weight]) => sum + weight, 0);
    return pairs[this.decide(pairs.map(([weight]) => weight / total))][1];
  }

  /** True with the given probability. */
  chance(probability) {
    return this.decide([probability, 1 - probability]) === 0;
  }

  /** Calls one of the alternatives, all equally likely. */
  oneOf(...alternatives) {
    return this.pick(alternatives)(this);
  }
}

/** Draws: `uniform()` gives numbers in [0, 1). */
class DrawingPen extends Pen {
  text = '';
  bits = 0;

  constructor(uniform) {
    super();
    this.uniform = uniform;
  }

  decide(probabilities) {
    let left = this.uniform();
    let index = 0;
    while (index < probabilities.length - 1 && left >= probabilities[index]) left -= probabilities[index++];
    this.bits -= Math.log2(probabilities[index]);
    return index;
  }

  emit(text) {
    this.text += text;
  }
}

const mismatch = Symbol('mismatch');

/** Follows a given list of choices, then always takes the first; stops where the text differs. */
class ReadingPen extends Pen {
  position = 0;
  bits = 0;
  /** How many entries each choice beyond the given ones had. */
  fresh = [];

  constructor(text, choices) {
    super();
    this.target = text;
    this.choices = choices;
    this.made = 0;
  }

  decide(probabilities) {
    const index = this.made < this.choices.length ? this.choices[this.made] : 0;
    if (this.made >= this.choices.length) this.fresh.push(probabilities.length);
    this.made += 1;
    this.bits -= Math.log2(probabilities[index]);
    return index;
  }

  emit(text) {
    if (!this.target.startsWith(text, this.position)) throw mismatch;
    this.position += text.length;
  }
}

/** Writes one text. Returns it with the bits of its choices and whatever the grammar returned. */
export function draw(grammar, uniform) {
  const pen = new DrawingPen(uniform);
  const value = grammar(pen);
  return { text: pen.text, bits: pen.bits, value };
}

/**
 * Every derivation of a text, each with its bits; none when the grammar cannot write it. The search tries each entry
 * of each choice and gives up a branch at the first character that differs, so `derivations.length === 1` is a proof
 * that the text has one derivation and that its probability is 2 ** -bits. `reached` is how many characters were
 * matched by the best branch.
 */
export function read(grammar, text) {
  const derivations = [];
  const open = [[]];
  let reached = 0;
  while (open.length > 0) {
    const choices = open.pop();
    const pen = new ReadingPen(text, choices);
    try {
      const value = grammar(pen);
      if (pen.position === text.length) derivations.push({ bits: pen.bits, value });
    } catch (error) {
      if (error !== mismatch) throw error;
    }
    reached = Math.max(reached, pen.position);
    const path = [...choices];
    for (const entries of pen.fresh) {
      for (let index = 1; index < entries; index++) open.push([...path, index]);
      path.push(0);
    }
  }
  return { derivations, reached };
}
