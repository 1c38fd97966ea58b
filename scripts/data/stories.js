// The grammar of the stories: an opening, then one of six shapes, each with a happy and a sad way to end. Whatever a
// choice decides can be seen in the text, so a text has one derivation: `read` in pen.js proves it for each story.
import { hero } from './cast.js';
import { boast } from './shapes/boast.js';
import { fear } from './shapes/fear.js';
import { lost } from './shapes/lost.js';
import { quarrel } from './shapes/quarrel.js';
import { rescue } from './shapes/rescue.js';
import { wish } from './shapes/wish.js';

const shapes = [lost, wish, fear, quarrel, boast, rescue];

/** Writes one story, without a newline at its end. Returns who it is about, its shape and how it ends. */
export function story(pen) {
  const who = hero(pen);
  const shape = pen.pick(shapes);
  return { who, shape: shape.name, ...shape(pen, who) };
}
