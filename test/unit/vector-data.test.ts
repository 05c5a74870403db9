/** The formula of the training vectors gives the values that Python recorded. */
import { describe, expect, it } from 'vitest';
import {
  readTrainingVector,
  vectorInput,
  vectorLabels,
  vectorParameter,
  vectorTargets,
} from '../helpers/vector-data.js';

const NAMES = [
  'logistic',
  'mlp',
  '2nn',
  'cnn',
  'linear',
  'binary',
  'mlp-momentum',
  'mlp-weight-decay',
  'mlp-momentum-weight-decay',
];

describe.each(NAMES)('vector data of %s', (name) => {
  const vector = readTrainingVector(name);

  it('has the recorded inputs', () => {
    expect(vector.checkValues.inputs).not.toHaveLength(0);
    for (const { batch, row, column, value } of vector.checkValues.inputs) {
      const input = vectorInput(batch, vector.batchSize, vector.featureLength);
      expect(input).toHaveLength(vector.batchSize * vector.featureLength);
      expect(input[row * vector.featureLength + column]).toBe(value);
    }
  });

  it('has the recorded labels or targets', () => {
    expect(vector.checkValues.labels).not.toHaveLength(0);
    for (const { batch, values } of vector.checkValues.labels) {
      const got =
        vector.task === 'targets'
          ? vectorTargets(batch, vector.batchSize)
          : vectorLabels(batch, vector.batchSize, vector.task === 'binary' ? 2 : 10);
      expect([...got]).toEqual(values);
    }
  });

  it('has the recorded initial parameters, first and last element of each', () => {
    expect(vector.checkValues.parameters).toHaveLength(2 * vector.parameters.length);
    vector.parameters.forEach((parameter, index) => {
      const values = vectorParameter(index, parameter.name, parameter.shape, parameter.fanIn);
      const recorded = vector.checkValues.parameters.filter((check) => check.name === parameter.name);
      expect(recorded.map((check) => check.index)).toEqual([0, values.length - 1]);
      for (const check of recorded) expect(values[check.index]).toBe(check.value);
    });
  });
});
