// Somebody claims to be the best at something, and an animal takes the bet.
import { evening, many, morning, visitor } from '../cast.js';
import { boasts, foods, manners } from '../words.js';

export function boast(pen, who) {
  const { name, He, he, his, him, himself, home } = who;
  const [claim] = pen.oneOf(
    () => pen.t` "I am ${boasts}," ${name} liked to say.`,
    () => pen.t` ${name} told everyone that ${he} was ${boasts}.`.slice(2),
    () => pen.t` Nobody was allowed to doubt that ${name} was ${boasts}.`.slice(1),
  );
  const weather = morning(pen, who);
  const animal = visitor(
    pen,
    who.kind,
    pen.pick(['Will you prove it?', 'Are you really so good?', 'Shall we see about that?']),
  );
  pen.t` ${[`${name} laughed out loud.`, `"Against you?" asked ${name}.`, `"Nothing is easier," said ${name}.`]}`;
  pen.t` "${claim.contest} ${home.near}," said the ${animal} ${manners}. "The winner gets ${foods}." `;
  pen.t`${['Everybody came to watch.', 'Somebody beat a drum.', 'The mayor gave the sign.', (p) => void p.t`Even ${many} came to watch.`]}`;
  const happy = pen.chance(0.25);
  if (happy) {
    pen.t`\nBut this time ${name} was careful. ${He} ${claim.plain}, and the ${animal} ${claim.slip}. `;
    pen.t`${[`Yet ${name} shared the prize with the ${animal.text}.`, `"You were good too," said ${name}.`, `${name} bowed and did not boast at all.`]}`;
    evening(pen, weather);
    pen.t`${['the two were eating together.', 'people spoke of nothing else.', `even the ${animal.text} had to clap.`]} ${[
      'Whoever is really good does not need to shout.',
      'A good winner makes no enemies.',
      `That was how ${he} became ${claim.text} and a friend as well.`,
    ]}`;
  } else {
    pen.t`\n${name} ${['was so sure of winning that', 'looked only at the crowd, and so', 'wanted to be admired, and so', 'hardly tried, and in the end']} ${he} ${claim.slip}. `;
    pen.t`The ${animal} ${claim.plain}. ${[`So the ${animal.text} won.`, `Nobody had expected that the ${animal.text} would win.`, `It was the ${animal.text} that got the prize.`]}`;
    evening(pen, weather);
    pen.t`${[`${name} crept home without a word.`, `${he} had to laugh at ${himself}.`, `${name} asked the ${animal.text} to teach ${him}.`, `${his} ears were still red.`]} ${[
      'Pride comes before a fall.',
      'Small and steady beats big and loud.',
      `Since then ${he} has never boasted again.`,
      'Words do not win a race.',
    ]}`;
  }
  return { claim, animal, happy };
}
