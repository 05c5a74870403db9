/** Which tab an offer belongs to: what can be drawn, what can be typed. */
import type { Offer, TaskDefinition } from '../../../../src/protocol/messages.js';

/** A tab of the page. */
export type Kind = 'draw' | 'write';

export const KINDS: readonly Kind[] = ['draw', 'write'];

/** Pictures of this many pixels along each side can be drawn. */
const PICTURES: readonly string[] = ['1,28,28', '28,28'];
/** More classes than this are no row of buttons. */
const MAX_CLASSES = 36;

/** The tab of a task; undefined: this page has none for it. */
export function kindOf({ data }: TaskDefinition): Kind | undefined {
  const { task, featureShape, classCount, vocabulary } = data;
  if (task === 'next-token') return vocabulary === undefined ? undefined : 'write';
  const isPicture = PICTURES.includes(featureShape.join(','));
  return task === 'classification' && isPicture && classCount <= MAX_CLASSES ? 'draw' : undefined;
}

/** How people call the classes of a task. */
export function classNamesOf({ classNames, classCount }: TaskDefinition['data']): readonly string[] {
  return classNames ?? Array.from({ length: classCount }, (_, index) => String(index));
}

/** Those of a tab, in their order. */
export function offersOf(kind: Kind, offers: readonly Offer[]): Offer[] {
  return offers.filter(({ definition }) => kindOf(definition) === kind);
}
