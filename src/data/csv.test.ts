import { describe, expect, it } from 'vitest';
import { ConfigError, ProtocolError } from '../errors.js';
import { parseCsv } from './csv.js';
import { allocateSharedFloats } from './float-storage.js';

const patients = 'age,city,site,sick\n20,Rome,x,no\n40,Bonn,y,yes\n?,,x,yes\n60,Rome,,no\n';

describe('parseCsv', () => {
  it('makes numbers and one-hot categories of the columns that are neither label nor owner', () => {
    const data = parseCsv(patients, { label: 'sick', groupBy: 'site', standardize: false });
    expect(data.featureShape).toEqual([3]);
    // age, city Bonn, city Rome; a missing age is the mean, a missing city is neither
    expect([...data.features]).toEqual([20, 0, 1, 40, 1, 0, 40, 0, 0, 60, 0, 1]);
    expect(data.classNames).toEqual(['no', 'yes']);
    expect([...data.labels]).toEqual([0, 1, 1, 0]);
    expect(data.groups).toEqual(['x', 'y', 'x', '(missing)']);
    expect(data.count).toBe(4);
  });

  it('gives numeric columns mean 0 and variance 1 over all rows, imputed ones included', () => {
    const { features } = parseCsv(patients, { label: 'sick', features: ['age'] });
    expect(features[2]).toBe(0);
    expect(features.reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 6);
    expect(features.reduce((sum, value) => sum + value * value, 0) / 4).toBeCloseTo(1, 6);
  });

  it('keeps a constant column at zero', () => {
    const { features } = parseCsv('a,b\n7,x\n7,y', { label: 'b' });
    expect([...features]).toEqual([0, 0]);
  });

  it('takes the chosen features in the order given', () => {
    const data = parseCsv('a,b,c\n1,2,x\n3,4,y', { label: 'c', features: ['b', 'a'], standardize: false });
    expect([...data.features]).toEqual([2, 1, 4, 3]);
    expect(data.groups).toBeUndefined();
  });

  it('makes categories of numbers when told to, 1 and 1.0 being one', () => {
    const data = parseCsv('a,b\n10,x\n1.0,y\n1,y', { label: 'b', categorical: ['a'] });
    expect([...data.features]).toEqual([0, 1, 1, 0, 1, 0]);
  });

  it('sorts numeric classes as numbers', () => {
    const data = parseCsv('a,b\n1,10\n2,9\n3,9.0', { label: 'b' });
    expect(data.classNames).toEqual(['9', '10']);
    expect([...data.labels]).toEqual([1, 0, 0]);
  });

  it('leaves a regression target as it is', () => {
    const data = parseCsv('a,b\n1,10.5\n2,-3', { label: 'b', task: 'regression' });
    expect([...data.labels]).toEqual([10.5, -3]);
    expect(data.classNames).toEqual([]);
  });

  it('takes its own words for missing', () => {
    const data = parseCsv('a,b\n1,x\nNA,y\n3,y', { label: 'b', missing: ['NA'], standardize: false });
    expect([...data.features]).toEqual([1, 2, 3]);
  });

  it('fills the arrays that the caller allocates', () => {
    const data = parseCsv(patients, { label: 'sick', allocate: allocateSharedFloats });
    expect(data.features.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(data.labels.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it('refuses a row without a label, by its line', () => {
    expect(() => parseCsv('a,b\n1,x\n2,?', { label: 'b', file: 'f.csv' })).toThrow(
      new ProtocolError('f.csv must have a value in column "b" of each row, got "?" in line 3'),
    );
  });

  it('refuses a regression target that is no number, or none that float32 holds', () => {
    const options = { label: 'b', task: 'regression' } as const;
    expect(() => parseCsv('a,b\n1,x', options)).toThrow(
      'must have a number in column "b" of each row, got "x"',
    );
    expect(() => parseCsv('a,b\n1,1e39', options)).toThrow('got "1e39" in line 2');
  });

  it.each([
    [{ label: 'nope' }, 'label must be a column'],
    [{ label: 'sick', features: ['nope'] }, 'features must be a column'],
    [{ label: 'sick', features: [] }, 'at least one column'],
    [{ label: 'sick', features: ['age', 'age'] }, 'each once, got "age"'],
    [{ label: 'sick', features: ['sick'] }, 'got "sick"'],
    [{ label: 'sick', groupBy: 'nope' }, 'groupBy must be a column'],
    [{ label: 'sick', categorical: ['nope'] }, 'categorical must be a column'],
  ])('refuses %j', (options, sentence) => {
    expect(() => parseCsv(patients, options)).toThrow(ConfigError);
    expect(() => parseCsv(patients, options)).toThrow(sentence);
  });

  it('refuses a column without values', () => {
    expect(() => parseCsv('a,b\n?,x\n,y', { label: 'b' })).toThrow('got "a" without any');
  });

  it('refuses a label with a single class', () => {
    expect(() => parseCsv('a,b\n1,x\n2,x', { label: 'b' })).toThrow('2 to 1000 values');
  });

  it('refuses a column of names as a category', () => {
    const rows = Array.from({ length: 101 }, (_, index) => `name${index},${index % 2}`);
    expect(() => parseCsv(['a,b', ...rows].join('\n'), { label: 'b' })).toThrow(
      'of at most 100 categories, got "a" with 101',
    );
  });
});
