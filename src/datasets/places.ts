/** Where the files of a known data set are looked for, and found. */
import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Environment variables, as in `process.env`. */
type Environment = Readonly<Record<string, string | undefined>>;

export interface PlaceOptions {
  /** A folder that holds the files, or a folder of that data set's name with the files. */
  readonly dataDir?: string | undefined;
  /** Where downloads are kept; the default is `tessera` in XDG_CACHE_HOME, or in `~/.cache`. */
  readonly cacheDir?: string | undefined;
  /** The default is `process.env`; read are TESSERA_DATA (as `dataDir`) and XDG_CACHE_HOME. */
  readonly environment?: Environment | undefined;
}

/** The folder that downloads of a data set go to. */
export function cacheFolder(name: string, options: PlaceOptions): string {
  const base = environmentOf(options).XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(options.cacheDir ?? join(base, 'tessera'), name);
}

/** The folders that may hold the files of a data set, first choice first, the cache last. */
export function candidateFolders(name: string, options: PlaceOptions): string[] {
  const given = [options.dataDir, environmentOf(options).TESSERA_DATA].filter(
    (folder) => folder !== undefined && folder !== '',
  );
  const folders = given.flatMap((folder) => [folder!, join(folder!, name)]);
  return [...new Set([...folders, cacheFolder(name, options)])];
}

/**
 * The paths of all files in one folder, or undefined when the folder lacks one of them.
 *
 * @param files for each file, the names it may have, first choice first
 */
export async function findFiles(
  folder: string,
  files: readonly (readonly string[])[],
): Promise<string[] | undefined> {
  const found: string[] = [];
  for (const names of files) {
    const path = await firstThatExists(names.map((name) => join(folder, name)));
    if (path === undefined) return undefined;
    found.push(path);
  }
  return found;
}

function environmentOf(options: PlaceOptions): Environment {
  return options.environment ?? process.env;
}

async function firstThatExists(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    try {
      await access(path);
      return path;
    } catch {
      // Not here: try the next. A file that is there but cannot be opened is reported when it is read.
    }
  }
  return undefined;
}
