/** Turns what the file system reports into one sentence that names the path and the cause. */
import { StoreError } from '../errors.js';

const causes: Record<string, string> = {
  EACCES: 'permission is denied',
  EBADF: 'it is closed already',
  EDQUOT: 'the disk quota is used up',
  EEXIST: 'a file is in the way',
  EFBIG: 'the file would be too large',
  EIO: 'the device failed',
  EISDIR: 'a directory is in the way',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'the name is too long',
  ENOENT: 'it does not exist',
  ENOSPC: 'no space is left on the device',
  ENOTDIR: 'a file is in the way',
  EPERM: 'permission is denied',
  EROFS: 'the file system is read-only',
};

/**
 * A StoreError for a failed file operation.
 *
 * @param what path and failed action, for example `runs/a/config.json could not be read`
 */
export function storeFailure(what: string, cause: unknown): StoreError {
  const code = errorCode(cause);
  const reason = causes[code] ?? (cause instanceof Error ? cause.message : String(cause));
  return new StoreError(`${what}: ${reason}`, { cause });
}

/** The code of a file system error, such as `ENOENT`; empty for anything else. */
export function errorCode(cause: unknown): string {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
}
