/** Public face `tessera/data`: readers of data, and how it is dealt to clients. */
export { type CsvOptions, parseCsv, type TableDatasetOptions } from './csv.js';
export { type DataSplit, type Dataset, type Examples, featureLength, type Task } from './dataset.js';
export { DEFAULT_DIGITS, type DigitsOptions, generateDigits } from './digits.js';
export { type AllocateFloats, allocateSharedFloats, shareDataset } from './float-storage.js';
export {
  type ClientExamples,
  type FederatedExamples,
  labelCounts,
  type SplitOptions,
  splitClients,
} from './held-out.js';
export { type IdxArray, parseIdx } from './idx.js';
export { type Ngram, type NgramOptions, type NgramSums, trainNgram } from './ngram.js';
export { type Partition, partitionDataset } from './partition.js';
export { type PartitionSpec, parsePartition } from './partition-spec.js';
export { parsePlayLines, parseSpeeches, type SpokenText } from './text.js';
export {
  datasetOfTexts,
  type OwnedTexts,
  type TextDataset,
  type TextDatasetOptions,
} from './text-dataset.js';
export { createTokenizer, type Tokenizer } from './tokenizer.js';
export { characterVocabulary, hashedVocabulary, type Vocabulary, wordVocabulary } from './vocabulary.js';
export { englishVocabulary } from './word-list.js';
