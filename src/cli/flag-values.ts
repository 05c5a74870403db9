/** From the text of a flag to the value of a setting; ranges are checked where settings are parsed. */
import { ConfigError } from '../errors.js';

/** What a flag's text says; what does not fit stays, so that the sentence that refuses the setting can show it. */
export type Convert = (text: string) => unknown;

export const asText: Convert = (text) => text;
export const asNumber: Convert = (text) =>
  text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text);
const asTexts = (text: string) => text.split(',').map((part) => part.trim());
export const asList: Convert = asTexts;

/** `0.1`, `0.1*0.99` (times 0.99 each round), or `1:0.1,50:0.01` (from those rounds on). */
export const asSchedule: Convert = (text) => {
  if (text.includes('*')) {
    const [initial, factor] = text.split('*').map(asNumber);
    return { type: 'decay', initial, factor };
  }
  if (!text.includes(':')) return asNumber(text);
  return { type: 'steps', values: text.split(',').map((pair) => pair.split(':').map(asNumber)) };
};

export const asLocalParams: Convert = (text) => (text === 'batch-normalization' ? text : asList(text));

export const asTarget: Convert = (text) => {
  const [metric, value, ...more] = text.split('=');
  if (metric === undefined || value === undefined || more.length > 0) {
    throw new ConfigError(`target must be like accuracy=0.97, got "${text}"`);
  }
  return { metric, value: asNumber(value) };
};

export const asPlateau: Convert = (text) => {
  const [patience, minChange = '0', ...more] = text.split(':');
  if (more.length > 0) throw new ConfigError(`plateau must be like 10 or 10:0.001, got "${text}"`);
  return { patience: asNumber(patience ?? ''), minChange: asNumber(minChange) };
};

/** `region=eu,tier=1`; an attribute that comes twice may have either value. */
export const asWhere: Convert = (text) => {
  const where = new Map<string, string | string[]>();
  for (const part of asTexts(text)) {
    const [attribute = '', value, ...more] = part.split('=');
    if (attribute === '' || value === undefined || more.length > 0) {
      throw new ConfigError(`where must be like region=eu,tier=1, got "${text}"`);
    }
    const before = where.get(attribute);
    where.set(attribute, before === undefined ? value : [before, value].flat());
  }
  return Object.fromEntries(where);
};

/** `1000:60000`: the first wait and the longest; `1000:60000:3` also says how many times as long each next one is. */
export const asRetry: Convert = (text) => {
  const [initialMs, maxMs, factor, ...more] = text.split(':').map(asNumber);
  if (maxMs === undefined || more.length > 0) {
    throw new ConfigError(`retry must be like 1000:60000 or 1000:60000:2, got "${text}"`);
  }
  return { initialMs, maxMs, ...(factor === undefined ? {} : { factor }) };
};

export const asNumbers: Convert = (text) => asTexts(text).map(asNumber);
