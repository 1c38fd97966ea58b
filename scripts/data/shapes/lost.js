// Something dear is gone, is looked for, and an animal knows more.
import { article, bare, capital, evening, morning, said, sight, visitor } from '../cast.js';
import { corners, foods, looks, things } from '../words.js';

export function lost(pen, who) {
  const { name, He, he, his, His, him } = who;
  const [look, thing] = pen.oneOf(
    () => pen.t` ${name} had ${looks} ${things}`.slice(1),
    () => pen.t` One thing ${he} loved more than all others, and that was ${looks} ${things}`.slice(1),
    () => pen.t` ${His} greatest treasure was ${looks} ${things}`.slice(1),
    () => pen.t` Nobody ever saw ${him} without ${looks} ${things}`.slice(1),
  );
  const it = `the ${bare(look)} ${thing.text}`;
  pen.t`, because ${thing.because}.`;
  const weather = morning(pen, who);
  pen.t` ${[`When ${name} woke up, the ${thing.text} was gone.`, `${name} reached for the ${thing.text} and found nothing.`, `That was the day when ${it} disappeared.`]}`;
  pen.t` ${[
    `${He} was so sad that ${he} could not eat ${his} breakfast.`,
    `${He} sat down on the doorstep and cried.`,
    `"Who has taken my ${thing.text}?" cried ${name}.`,
    `${He} did not cry, but ${his} hands were cold.`,
    `"I must find it before dark," said ${name}.`,
  ]}`;
  const searched = [];
  do searched.push(search(pen, who, searched));
  while (searched.length < 3 && pen.chance(0.55));
  if (pen.chance(0.4)) sight(pen, who);
  const animal = visitor(pen, who.kind, 'What are you looking for?');
  pen.t` "My ${bare(look)} ${thing},"`;
  said(pen, name);
  pen.t`. "${['I cannot sleep without it.', 'I had it only yesterday.', 'Please help me.', 'I have looked everywhere.', 'It is all I have.']}" `;
  pen.oneOf(
    () =>
      pen.t`"Bring me ${foods}, and I will tell you where it is," said the ${animal}. So ${name} ran home and brought it.`,
    () => pen.t`"For ${foods} I would try to remember," said the ${animal}. ${name} gave it gladly.`,
    () => pen.t`The ${animal} said that it was hungry, and ${name} shared ${foods} with it.`,
  );
  const place = pen.other(corners, ...searched);
  pen.t` "Look ${place}," said the ${animal}.`;
  const happy = pen.chance(0.7);
  if (happy) {
    pen.t` And there, ${place}, lay ${it}${[', a little wet but whole.', ', just as it had always been.', ', covered in dust.', '. It had waited all day.']}`;
    evening(pen, weather);
    pen.t`${[
      `${name} went home with the ${thing.text} in ${his} arms.`,
      `${he} held the ${thing.text} and would not let go of it.`,
      `the ${animal.text} and ${name} were friends.`,
      `nobody near ${who.home.near} was happier than ${name}.`,
    ]} ${[
      'Those who share will find.',
      'What is lost is often close by.',
      `And ${he} never lost it again.`,
      `Since then ${he} always keeps something for the ${animal.text}.`,
      'Ask, and somebody will know.',
    ]}`;
  } else {
    pen.t` But there was nothing except ${place.junk}. The ${animal} ${['had been wrong.', 'had only been hungry.', 'looked at its feet and said nothing more.']}`;
    evening(pen, weather);
    pen.t`${[`${it} was never seen again.`, `${name} went home with empty hands.`, `${he} cried until ${he} fell asleep.`]} ${[
      'Some things do not come back.',
      'Not every voice tells the truth.',
      `But ${he} still dreams of ${article(bare(look))} ${thing.text}.`,
      `Nobody could comfort ${him}.`,
    ]}`;
  }
  return { thing, animal, happy };
}

function search(pen, { name, He }, searched) {
  const place = pen.other(corners, ...searched);
  pen.t` ${[
    `${He} looked ${place.text}, but there was only ${place.junk}.`,
    `${name} searched ${place.text} and found nothing but ${place.junk}.`,
    `${capital(place.junk)} lay ${place.text}, and that was all.`,
  ]}`;
  return place;
}
