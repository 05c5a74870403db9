/**
 * Four friends' phones learn what they write, without anyone's messages leaving a phone; then the model suggests
 * the next word. Run: `npx jiti examples/next-word.ts`
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type IsolatedEvaluated, loadSuggester, seededRandom, simulate } from 'tessera';

const phrases: Readonly<Record<string, readonly string[]>> = {
  ann: ['See you at the station.', 'I will be there in ten minutes!', 'Thank you for the lovely evening.'],
  bob: ['The meeting starts at nine.', 'Please send me the report today.', 'I will be late today, sorry.'],
  cem: ['Can you pick up the kids today?', 'I will be home at six.', 'Thank you for the cake!'],
  dee: ['The train is late again.', 'See you at the office.', 'Please send me a picture of the cake.'],
};

const folder = await mkdtemp(join(tmpdir(), 'tessera-next-word-'));
const data = join(folder, 'messages.csv');
await writeFile(data, ['author,text', ...writeMessages()].join('\n'));
// Without a list of one's own, 11,000 English words are built in; a short one keeps this example quick.
const vocabulary = join(folder, 'words.txt');
const list = `a again an and are at be cake can come day dee dinner drink eat evening food for give go home house i in is
  it kids late leave lovely me meeting minutes morning nine no now of office on party picture pick please report see
  send six sorry stable start starts station stop thank the there ten today tomorrow train up we will yes you`;
await writeFile(vocabulary, list.split(/\s+/).join('\n'));

const alone: IsolatedEvaluated[] = [];
const { finished, directory } = await simulate(
  {
    ...{ data, tokens: 'words', groupBy: 'author', vocabulary, sequenceLength: 10 },
    ...{
      model: 'word-cifg',
      optimizer: 'adam',
      learningRate: 0.01,
      batchSize: 5,
      localEpochs: 6,
      rounds: 10,
    },
    ...{ evaluateEvery: 2, compare: ['isolated', 'ngram'], out: folder },
  },
  {
    onEvent(event) {
      if (event.type === 'isolated-evaluated') alone.push(event);
      if (event.type === 'ngram-evaluated')
        console.log(`counting n-grams, which so little text is best for: ${percent(event.metrics.accuracy)}`);
      if (event.type === 'round-finished' && event.metrics) {
        console.log(
          `round ${event.round}: ${percent(event.metrics.accuracy)} of words are the first suggestion`,
        );
      }
    },
  },
);
const mean = alone.reduce((sum, { metrics }) => sum + (metrics.accuracy ?? 0), 0) / alone.length;
console.log(`each alone, on everybody's messages: ${percent(mean)}`);

const suggester = await loadSuggester(directory);
for (const text of ['I will be', 'thank you for the', 'see you at the st']) {
  const { suggestions } = await suggester.suggest(text);
  console.log(`${text} ... ${suggestions.map((each) => each.text).join(', ')}`);
}
await suggester.release();
await rm(folder, { recursive: true });
console.log(`together: ${percent(finished.metrics.accuracy)}`);

/** Everybody says each of their phrases eight times, in an order of their own. */
function writeMessages(): string[] {
  return Object.entries(phrases).flatMap(([author, own]) => {
    const texts = seededRandom(1, author).shuffle(Array.from({ length: 8 }, () => own).flat());
    return texts.map((text) => `${author},"${text}"`);
  });
}

function percent(share: number | undefined): string {
  return `${((share ?? 0) * 100).toFixed(1)}%`;
}
