// Short stories with a question each, and the answer, which is in the story. For teaching a model to answer.
import { article, bare } from './cast.js';
import {
  adults,
  beasts,
  corners,
  foods,
  homes,
  looks,
  marks,
  people,
  seasons,
  things,
  traits,
  visitors,
} from './words.js';

const hollow = ({ text }) => ['drum', 'hat', 'boat', 'basket', 'kettle', 'lantern', 'bell', 'scarf'].includes(text);

/** Writes a story and a question. Returns the answer. */
export function question(pen) {
  const [name, trait, kind, home] = pen.t`${people} was ${traits} ${[...adults, ...beasts]} who lived ${homes}.`;
  const { He, he, him } = name;
  const known = visitors.filter(({ text }) => text !== kind);
  const mark = pen.pick(marks);
  const [season, , , animal] = pen.t` In ${seasons} ${he} met ${article(mark)} ${known} that could speak.`;
  const [, food] = pen.t` It gave ${him} ${foods}.`;
  const [, look, thing, place] = pen.t` ${He} put it into ${looks} ${things.filter(hollow)} and hid that ${corners}.`;
  const facts = { name, He, he, him, trait, kind, home, season, mark, animal, food, look, thing, place };
  pen.emit('\nQuestion: ');
  const answer = pen.pick(questions)(pen, facts);
  pen.emit('\nAnswer:');
  return answer;
}

const questions = [
  (p, { name, He, home }) => {
    p.t`Where did ${name} live?`;
    return `${He} lived ${home.text}.`;
  },
  (p, { name, He, trait, kind }) => {
    p.t`Who was ${name}?`;
    return `${He} was ${trait} ${kind}.`;
  },
  (p, { name, He, mark, animal }) => {
    p.t`Whom did ${name} meet?`;
    return `${He} met ${article(mark)} ${animal.text}.`;
  },
  (p, { name, season }) => {
    p.t`When did ${name} meet the animal?`;
    return `It was in ${season}.`;
  },
  (p, { name, animal, him, food }) => {
    p.t`What did the ${animal} give ${name}?`;
    return `It gave ${him} ${food}.`;
  },
  (p, { name, place }) => {
    p.t`Where did ${name} hide the food?`;
    return `It was hidden ${place.text}.`;
  },
  (p, { look, thing }) => {
    p.t`What was the ${thing} like?`;
    return `It was ${bare(look)}.`;
  },
  (p, { name, animal }) => {
    p.t`Did ${name} meet `;
    const asked = p.chance(0.5) ? animal : p.other(visitors, animal);
    p.t`${article(asked.text)}?`;
    return asked === animal ? `Yes, it was ${article(animal.text)}.` : `No, it was ${article(animal.text)}.`;
  },
];
