/** The UCI heart-disease data: patients of four hospitals, each a natural client. */

import { isNumeric } from '../data/columns.js';
import { datasetOfTable, type TableDatasetOptions } from '../data/csv.js';
import type { DataSplit } from '../data/dataset.js';
import { parseTable, type Table } from '../data/table.js';
import { ProtocolError, TransportError } from '../errors.js';
import { candidateFolders, findFiles, type PlaceOptions } from './places.js';
import { readText } from './read-bytes.js';

const HOSPITALS = ['cleveland', 'hungarian', 'switzerland', 'va'];
const FILE_NAMES = HOSPITALS.map((hospital) => [
  `processed.${hospital}.data`,
  `processed.${hospital}.data.gz`,
]);
const COLUMNS = 'age,sex,cp,trestbps,chol,fbs,restecg,thalach,exang,oldpeak,slope,ca,thal,num'.split(',');
/** Missing for most patients outside Cleveland. */
const DROPPED = ['slope', 'ca', 'thal'];

/**
 * Loads the four `processed.<hospital>.data` files from the first folder that holds them: `dataDir` or
 * TESSERA_DATA, each also with a folder `heart-disease`, or the cache. They are never fetched.
 *
 * The selection is that of FLamby (du Terrail et al. 2022, Fed-Heart-Disease): the columns slope, ca and thal
 * are dropped, then patients with a gap, which leaves 740 (303, 261, 46 and 130). The label says whether
 * `num` is above 0. The chest-pain type and the resting ECG are one-hot, the rest are standardised over all
 * hospitals: 15 features. Cholesterol is 0 in place of missing at some hospitals, and stays so. There is no
 * test part.
 *
 * @throws {TransportError} when a file is found nowhere or cannot be read.
 * @throws {ProtocolError} when a file is not what it should be.
 */
export async function loadHeartDisease(
  options: PlaceOptions & Pick<TableDatasetOptions, 'allocate' | 'standardize'> = {},
): Promise<DataSplit> {
  const paths = await findHospitals(options);
  const tables = await Promise.all(
    paths.map(async (path) => parseTable(await readText(path), path, { columnNames: COLUMNS })),
  );
  const table: Table = {
    columns: [...COLUMNS, 'disease', 'hospital'],
    rows: tables.flatMap((table, index) => completeRows(table, HOSPITALS[index]!)),
    lines: [],
    file: 'heart-disease',
  };
  const train = datasetOfTable(table, {
    label: 'disease',
    features: COLUMNS.filter((name) => !DROPPED.includes(name) && name !== 'num'),
    categorical: ['cp', 'restecg'],
    groupBy: 'hospital',
    ...(options.allocate && { allocate: options.allocate }),
    ...(options.standardize !== undefined && { standardize: options.standardize }),
  });
  return { train };
}

async function findHospitals(options: PlaceOptions): Promise<string[]> {
  const folders = candidateFolders('heart-disease', options);
  for (const folder of folders) {
    const paths = await findFiles(folder, FILE_NAMES);
    if (paths) return paths;
  }
  const names = FILE_NAMES.map(([name]) => name).join(', ');
  throw new TransportError(
    `heart-disease must be at hand: ${names} are not together in ${folders.join(', ')}; ` +
      'download them from the UCI repository and give their folder as --data-dir',
  );
}

function completeRows({ rows, lines, file }: Table, hospital: string): string[][] {
  const kept = [...COLUMNS.keys()].filter((index) => !DROPPED.includes(COLUMNS[index]!));
  const complete: string[][] = [];
  for (const [place, row] of rows.entries()) {
    const cells = kept.map((index) => row[index]!);
    if (cells.includes('?')) continue;
    if (!isNumeric(cells)) {
      throw new ProtocolError(
        `${file} must hold numbers or "?", got ${cells.join(',')} in line ${lines[place]}`,
      );
    }
    complete.push([...row, Number(row.at(-1)) > 0 ? 'yes' : 'no', hospital]);
  }
  return complete;
}
