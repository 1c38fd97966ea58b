// The vocabulary: who there is, where they live, what they own, what the weather does. Entries of a list differ in
// their `text`, so that what was written tells what was chosen.

const she = { sex: 'f', he: 'she', He: 'She', him: 'her', his: 'her', His: 'Her', himself: 'herself' };
const he = { sex: 'm', he: 'he', He: 'He', him: 'him', his: 'his', His: 'His', himself: 'himself' };
const words = (list) => list.trim().split(/\s+/);
const named = (forms) => (text) => ({ text, ...forms });

export const women = words(
  'Mira Anna Lena Tess Nora Ida Ruby Clara Elsie Hazel Greta Wren Maude Olive Petra Juno Sanna Willa Bella Ingrid',
).map(named(she));
export const men = words(
  'Tom Oskar Ben Felix Hugo Jasper Milo Otto Rolf Sam Theo Emil Arlo Bruno Caspar Leo Ned Pim Viktor Walter',
).map(named(he));
export const people = [...women, ...men];

export const adults = words(
  'baker miller gardener weaver sailor clockmaker shepherd painter cobbler fiddler teacher ferryman tailor potter',
);
export const beasts = words('fox hare bear mouse badger otter hedgehog squirrel goat duck rabbit wolf');

export const traits = [
  'a small',
  'a clever',
  'a quiet',
  'a cheerful',
  'a stubborn',
  'a curious',
  'a shy',
  'a brave',
  'a lonely',
  'a lazy',
  'an honest',
  'a proud',
  'a forgetful',
  'a patient',
  'a kind',
  'an impatient',
  'a poor',
  'a tidy',
  'a dreamy',
  'a merry',
];

/** Where somebody lives, and the thing nearby that the story comes back to. */
export const homes = [
  { text: 'in a small house by the river', near: 'the river' },
  { text: 'at the edge of a dark forest', near: 'the forest' },
  { text: 'on a hill above the sea', near: 'the hill' },
  { text: 'in a village with a round tower', near: 'the round tower' },
  { text: 'near an old mill', near: 'the old mill' },
  { text: 'in a narrow street behind the market', near: 'the market' },
  { text: 'beside a deep lake', near: 'the lake' },
  { text: 'on an island with one tall tree', near: 'the tall tree' },
  { text: 'in a valley full of apple trees', near: 'the apple trees' },
  { text: 'under the walls of a grey castle', near: 'the castle' },
  { text: 'at the foot of a high mountain', near: 'the mountain' },
  { text: 'on a farm with a crooked barn', near: 'the crooked barn' },
  { text: 'in a harbour town full of gulls', near: 'the harbour' },
  { text: 'behind a garden with high walls', near: 'the garden' },
  { text: 'next to a bridge made of stone', near: 'the stone bridge' },
  { text: 'where the railway ends', near: 'the railway' },
];

/** `start` opens the day; `end` is what the same weather does in the evening. */
export const weathers = [
  { text: 'rain was falling on', end: 'By evening the rain had stopped' },
  { text: 'the sun was shining on', end: 'By evening the sun hung low and red' },
  { text: 'snow lay thick on', end: 'By evening new snow was falling' },
  { text: 'a thick fog hid', end: 'By evening the fog had gone' },
  { text: 'a strong wind blew over', end: 'By evening the wind had grown tired' },
  { text: 'frost glittered on', end: 'By evening the frost was back' },
  { text: 'dark clouds hung over', end: 'By evening the dark clouds had passed' },
  { text: 'thunder rolled around', end: 'By evening the thunder was far away' },
  { text: 'the moon was still standing over', end: 'By evening the moon came back to watch' },
  { text: 'a warm breeze came down from', end: 'By evening the breeze smelled of hay' },
];

export const seasons = ['spring', 'summer', 'autumn', 'winter'];
export const days = words('Monday Tuesday Wednesday Thursday Friday Saturday Sunday');

export const looks = [
  'a red',
  'a blue',
  'a green',
  'a yellow',
  'a silver',
  'a golden',
  'a wooden',
  'a tiny',
  'an old',
  'a striped',
  'a white',
  'a black',
  'an enormous',
  'a painted',
  'a broken',
  'a shiny',
];

/** What can be owned, lost and found; `because` is why it is loved. */
export const things = [
  { text: 'kite', because: 'it flew higher than the church tower' },
  { text: 'lantern', because: 'it kept the dark away' },
  { text: 'drum', because: 'it could be heard across the whole valley' },
  { text: 'whistle', because: 'every dog in the land came running to it' },
  { text: 'clock', because: 'it had never once been late' },
  { text: 'key', because: 'nobody knew which door it opened' },
  { text: 'hat', because: 'it had belonged to a captain' },
  { text: 'boat', because: 'it did not sink, even in a storm' },
  { text: 'bell', because: 'its sound made sad people smile' },
  { text: 'ring', because: 'it had come all the way from the south' },
  { text: 'spoon', because: 'soup tasted better with it' },
  { text: 'ball', because: 'it bounced as high as the roof' },
  { text: 'scarf', because: 'it was as warm as a sleeping cat' },
  { text: 'book', because: 'its last page was a secret' },
  { text: 'mirror', because: 'it always told the truth' },
  { text: 'flute', because: 'even the birds stopped to listen to it' },
  { text: 'basket', because: 'it was never quite empty' },
  { text: 'kettle', because: 'it sang when the water was hot' },
  { text: 'umbrella', because: 'two friends could stand under it' },
  { text: 'map', because: 'it showed a road that nobody else could find' },
];

/** Animals that come by and talk, each from its own place and with its own voice. */
export const visitors = [
  { text: 'crow', from: 'from the top of a fence', says: 'croaked' },
  { text: 'owl', from: 'from a hollow tree', says: 'hooted' },
  { text: 'frog', from: 'from the middle of a puddle', says: 'gurgled' },
  { text: 'cat', from: 'from a sunny wall', says: 'purred' },
  { text: 'dog', from: 'from behind a gate', says: 'barked' },
  { text: 'goose', from: 'from the long grass', says: 'hissed' },
  { text: 'mole', from: 'from a hole in the ground', says: 'mumbled' },
  { text: 'snail', from: 'from under a leaf', says: 'whispered' },
  { text: 'heron', from: 'from the edge of the water', says: 'sighed' },
  { text: 'beetle', from: 'from a crack in the wall', says: 'hummed' },
  { text: 'sparrow', from: 'from a low branch', says: 'chirped' },
  { text: 'donkey', from: 'from an open stable', says: 'brayed' },
  { text: 'pig', from: 'from a heap of straw', says: 'grunted' },
  { text: 'parrot', from: 'from a window above', says: 'cried' },
];

/** Where a thing may lie, and what lies there when it does not. */
export const corners = [
  { text: 'under the bed', junk: 'dust' },
  { text: 'behind the stove', junk: 'two dry sticks' },
  { text: 'in the hen house', junk: 'a warm egg' },
  { text: 'at the bottom of the well', junk: 'black water' },
  { text: 'between the roots of an oak', junk: "last year's leaves" },
  { text: 'in the hay', junk: 'a sleeping mouse' },
  { text: 'beneath the bridge', junk: 'wet stones' },
  { text: 'on top of the cupboard', junk: 'an empty jar' },
  { text: 'inside an old boot', junk: 'a hole' },
  { text: 'in the reeds', junk: 'a nest' },
  { text: 'behind the mill wheel', junk: 'moss' },
  { text: 'in the attic', junk: 'a broken chair' },
  { text: 'by the garden gate', junk: 'a row of ants' },
  { text: 'under the stairs', junk: 'a spider' },
];

export const foods = [
  'a slice of apple pie',
  'a bowl of hot soup',
  'a piece of cheese',
  'a honey cake',
  'a jar of plum jam',
  'a loaf of bread',
  'a bag of nuts',
  'a plate of pancakes',
  'three ripe pears',
  'a cup of warm milk',
  'a handful of berries',
  'a pot of porridge',
  'a basket of cherries',
  'a ginger biscuit',
];

/** What somebody is afraid of: the place where it waits, and what it turns out to be. */
export const fears = [
  { text: 'the dark', where: 'down in the cellar', truth: 'The dark was only a room with its eyes shut' },
  { text: 'thunder', where: 'out in the storm', truth: 'Thunder was only the sky moving its chairs' },
  { text: 'deep water', where: 'on the far side of the pond', truth: 'The water only wanted to carry things' },
  { text: 'geese', where: 'in the yard of the geese', truth: 'The geese were only loud because they were afraid too' },
  { text: 'high places', where: 'at the top of the ladder', truth: 'The ground stayed exactly where it was' },
  { text: 'strangers', where: 'in the crowd at the fair', truth: 'The strangers had stories just like everyone else' },
  { text: 'ghosts', where: 'in the empty house', truth: 'The ghost was only a curtain in the wind' },
  { text: 'the big dog', where: "behind the butcher's fence", truth: 'The big dog only wanted somebody to play with' },
  { text: 'spiders', where: 'in the woodshed', truth: 'The spider was only mending its house' },
  {
    text: 'the forest at night',
    where: 'among the black trees',
    truth: 'The trees were only whispering to each other',
  },
];

/** What somebody wants to do; `done` is how it looks when it comes true, `help` what a helper can offer. */
export const wishes = [
  {
    text: 'see the ocean',
    doing: 'saw the ocean',
    help: 'The road to the ocean follows the stream',
    done: 'the water was so wide that the sky had to bend down to it',
  },
  {
    text: 'learn to sing',
    doing: 'sang a whole song',
    help: 'Listen first, and sing when you cannot wait any more',
    done: 'people opened their windows to hear',
  },
  {
    text: 'bake the best cake in the land',
    doing: 'baked a cake',
    help: 'A good cake needs butter, patience and a slow fire',
    done: 'the smell of it reached three villages',
  },
  {
    text: 'climb the highest mountain',
    doing: 'stood on the highest mountain',
    help: 'Do not look at the top, look at the next stone',
    done: 'the houses below were as small as beans',
  },
  {
    text: 'build a boat',
    doing: 'finished the boat',
    help: 'Cut the planks along the grain and do not hurry',
    done: 'it floated like a leaf',
  },
  {
    text: 'win the great race',
    doing: 'won the great race',
    help: 'Begin slowly, and keep something for the last hill',
    done: 'the whole town threw hats into the air',
  },
  {
    text: 'read the stars',
    doing: 'read the stars',
    help: 'Start with the brightest one and ask it for the others',
    done: 'no night was ever lonely again',
  },
  {
    text: 'grow a giant pumpkin',
    doing: 'grew a giant pumpkin',
    help: 'Talk to it each morning and water it each night',
    done: 'six men could not lift it',
  },
  {
    text: 'find a true friend',
    doing: 'found a true friend',
    help: 'To find a friend, be one',
    done: 'every long day became a short one',
  },
  {
    text: 'dance at the castle',
    doing: 'danced at the castle',
    help: 'Count to three and trust your feet',
    done: 'even the old king tapped his foot',
  },
  {
    text: 'write a letter to the king',
    doing: 'wrote a letter to the king',
    help: 'Write as you speak, and leave out the rest',
    done: 'the king sent back a page with a golden seal',
  },
  {
    text: 'catch a falling star',
    doing: 'caught a falling star',
    help: 'Stars fall where nobody is shouting',
    done: 'it lay in the hand like a warm stone',
  },
];

/** What somebody boasts of: the contest, how a boaster loses it and how it is won. */
export const boasts = [
  {
    text: 'the fastest runner',
    contest: 'We will run three times around',
    slip: 'lay down in the shade and fell asleep',
    plain: 'kept on running',
  },
  {
    text: 'the strongest of all',
    contest: 'We will pull a cart as far as',
    slip: 'waved to the crowd and let go of the rope',
    plain: 'pulled and did not look up',
  },
  {
    text: 'the best singer',
    contest: 'We will sing for everyone who lives near',
    slip: 'forgot the words in the second verse',
    plain: 'sang softly and knew every word',
  },
  {
    text: 'the cleverest head',
    contest: 'We will each ask a riddle about',
    slip: 'laughed until there was no time left to think',
    plain: 'thought for a while and then knew the answer',
  },
  {
    text: 'the best painter',
    contest: 'We will each paint a picture of',
    slip: 'stepped back and fell into the paint',
    plain: 'painted slowly and left nothing out',
  },
  {
    text: 'the finest cook',
    contest: 'We will each cook a soup beside',
    slip: 'put in so much salt that the spoon stood up',
    plain: 'tasted the soup and added one leaf',
  },
  {
    text: 'the bravest of all',
    contest: 'We will spend one night alone near',
    slip: 'ran home when a twig snapped',
    plain: 'listened to the night and stayed',
  },
  {
    text: 'the best dancer',
    contest: 'We will dance from noon to night beside',
    slip: 'tripped over a new pair of shoes',
    plain: 'danced one simple step after the other',
  },
  {
    text: 'the best storyteller',
    contest: 'We will each tell a tale about',
    slip: 'forgot how the tale should end',
    plain: 'told it as if it had happened yesterday',
  },
  {
    text: 'the greatest thrower',
    contest: 'We will throw a stone over',
    slip: 'turned around too often and dropped the stone',
    plain: 'took aim and threw',
  },
];

/** An animal in trouble, and how it pays back. `They` are called by "it". */
export const troubles = [
  { text: 'had a thorn in its foot', free: 'pulled out the thorn', small: 'a bandage' },
  { text: 'was caught in a net', free: 'cut the net', small: 'a knife' },
  { text: 'had fallen into a hole', free: 'let down a rope', small: 'a rope' },
  { text: 'was shivering with cold', free: 'lit a fire', small: 'a match' },
  { text: 'had lost its way', free: 'showed it the path', small: 'a lamp' },
  { text: 'was stuck between two stones', free: 'rolled one stone away', small: 'a strong stick' },
  { text: 'had not eaten for three days', free: 'shared the last crumbs', small: 'a crust' },
  { text: 'was hiding from a hunter', free: 'sent the hunter the other way', small: 'a coat' },
];

/** Animals that get into trouble. */
export const foundlings = words('hare fox swan deer kitten lamb pony hawk puppy squirrel hedgehog calf stork lizard');

export const colours = words('red blue green yellow grey brown white black purple orange');
export const clothes = words('coat hat scarf shirt belt cloak jacket vest cap ribbon');
export const manners = [
  'softly',
  'with a smile',
  'at once',
  'after a while',
  'in a low voice',
  'without looking up',
  'politely',
  'with a sigh',
];

/** What one sees on the way: how many, what they are like, who they are, what they do. */
export const counts = words('two three four five six seven');
export const manyLooks = words('sleepy hungry happy muddy fat thin noisy silent young wet busy');
export const manyWho = words(
  'cows monks soldiers hens cats sheep women children ducks horses pigs wolves pedlars rabbits',
);
export const manyDo = [
  'crossing the road',
  'standing in a row',
  'looking at the sky',
  'waiting for supper',
  'running downhill',
  'sharing a turnip',
  'lying in the grass',
  'walking in a circle',
  'asleep under a cart',
  'making a dreadful noise',
  'counting their toes',
  'playing a game',
];

/** What an animal that talks looks like. */
export const marks = words('old young fat thin grey tiny grumpy tired wise dusty handsome limping');
