/** A page whose visitors may take part: what they draw is kept, learned from in a Worker, and never leaves the tab. */
import { createExampleStore, createParticipant } from 'tessera/browser';

const examples = createExampleStore('drawn', { featureShape: [1, 28, 28], classNames: [...'0123456789'] });
const participant = createParticipant({ server: 'https://fed.example.org', examples });

participant.subscribe(({ sentence }) => {
  document.querySelector('#status')?.replaceChildren(sentence);
});
document.querySelector('#join')?.addEventListener('click', () => participant.start());
document.querySelector('#leave')?.addEventListener('click', () => participant.leave());

/** Called by whatever draws: 784 numbers from 0 (paper) to 1 (ink), and the digit that they are. */
export async function keep(pixels: Float32Array, digit: number): Promise<void> {
  await examples.add(pixels, digit);
}
