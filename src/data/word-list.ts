/** The built-in list of words, loaded when it is asked for: a browser that does not need it never fetches it. */
import { type Vocabulary, wordVocabulary } from './vocabulary.js';

/** What a list of dictionary words lacks: endings after an apostrophe, short forms, words of one letter. */
const CONTRACTIONS = `
i o 's 't 'd 'm 'll 're 've 'em 'tis 'twas 'til 'cause
i'm i've i'd i'll you're you've you'd you'll he's he'd he'll she's she'd she'll it's it'd it'll we're we've we'd
we'll they're they've they'd they'll that's that'd that'll there's there'd there'll here's who's who'd who'll what's
what're what'll where's when's why's how's let's
isn't aren't wasn't weren't ain't don't doesn't didn't haven't hasn't hadn't won't wouldn't can't couldn't shouldn't
shan't mustn't mightn't needn't could've should've would've might've must've o'clock ma'am y'all`;

/**
 * Some 11,000 common English words in American and British spelling, of no one's typing: SCOWL (sizes 10 and
 * 20), with contractions.
 */
export async function englishVocabulary(): Promise<Vocabulary> {
  const { englishWords } = await import('./english-words.js');
  return wordVocabulary(`${CONTRACTIONS} ${englishWords}`.trim().split(/\s+/));
}
