/**
 * The server's database, one SQLite file `server.db`: what a commit has acknowledged outlives a killed process and a
 * power cut (WAL, synchronous=FULL).
 *
 * Writes of the same moment share one commit, since each waits for the disk. The file belongs to one process as long
 * as that lives, by SQLite's own lock, which ends with the process. Deleted content is overwritten.
 */
import { chmod, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StoreError } from '../errors.js';
import { makeDirectory, syncDirectory } from '../store/atomic-file.js';
import { errorCode, storeFailure } from '../store/store-failure.js';
import { APPLICATION_ID, MIGRATIONS } from './schema.js';
import {
  loadSqlite,
  type SqliteConnection,
  type SqlRow,
  type SqlValue,
  sqliteCode,
} from './sqlite-driver.js';

/** Read and written by its owner only. */
const OWNER_ONLY = 0o600;

const BUSY = 5;
const CORRUPT = 11;
const FULL = 13;
const CANNOT_OPEN = 14;
const NOT_A_DATABASE = 26;

interface Pending {
  readonly work: () => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (reason: unknown) => void;
}

/** An open database. */
export class Database {
  readonly path: string;
  readonly #connection: SqliteConnection;
  #pending: Pending[] = [];
  #open = true;
  #writing = false;

  private constructor(path: string, connection: SqliteConnection) {
    this.path = path;
    this.#connection = connection;
  }

  /**
   * Opens or creates `server.db` in a folder, which is made where missing, and brings its schema up to date.
   *
   * @param migrations statements by version; those that the file has seen already are left out
   * @throws {StoreError} when the file is damaged, no file of Tessera's, of a newer version, in use by another server,
   * or cannot be read or written.
   */
  static async open(
    folder: string,
    migrations: readonly string[] = MIGRATIONS,
    driver = loadSqlite(),
  ): Promise<Database> {
    const path = join(folder, 'server.db');
    const sqlite = await driver;
    try {
      if (await makeDirectory(folder)) await syncDirectory(dirname(folder));
      // Before SQLite opens it, so that the file is at no time open to others; SQLite gives its side files the same mode.
      await createFile(path);
      await chmod(path, OWNER_ONLY);
    } catch (cause) {
      throw storeFailure(`${path} could not be opened`, cause);
    }
    let connection: SqliteConnection | undefined;
    try {
      connection = sqlite.open(path);
      prepareFile(connection, path, migrations);
      return new Database(path, connection);
    } catch (cause) {
      if (connection) release(connection, []);
      throw failure(path, 'opened', cause);
    }
  }

  /**
   * Runs one statement that reads, or, inside of `write`, one that writes.
   *
   * @throws {StoreError} when it fails.
   */
  query(sql: string, ...values: readonly SqlValue[]): SqlRow[] {
    try {
      return this.#connection.query(sql, values);
    } catch (cause) {
      throw failure(this.path, this.#writing ? 'written' : 'read', cause);
    }
  }

  /**
   * Runs `work`, which must not wait for anything, in a transaction together with others of the same moment, and
   * resolves to its result once that is on the disk. Works run in the order of the calls, and their promises settle in
   * that order. What a work wrote before it threw is undone, and only that.
   *
   * @throws {StoreError} when it cannot be written: nothing of it is.
   */
  write<Result>(work: () => Result): Promise<Result> {
    if (!this.#open) return Promise.reject(new StoreError(`${this.path} could not be written: it is closed`));
    return new Promise<Result>((resolve, reject) => {
      if (this.#pending.length === 0) setImmediate(() => this.#commit());
      this.#pending.push({ work, resolve, reject });
    });
  }

  /** Brings the file itself up to date, so that what was deleted is in none of its bytes, nor in those of the log beside it. */
  checkpoint(): void {
    this.query('PRAGMA wal_checkpoint(TRUNCATE)');
  }

  /** Writes what is pending and closes the file. A second call does nothing. */
  close(): void {
    if (!this.#open) return;
    this.#commit();
    this.#open = false;
    release(this.#connection, ['PRAGMA journal_mode = DELETE']);
  }

  #commit(): void {
    const batch = this.#pending;
    this.#pending = [];
    if (batch.length === 0) return;
    this.#writing = true;
    try {
      this.#connection.exec('BEGIN IMMEDIATE');
      const settle = batch.map((pending) => this.#runOne(pending));
      this.#connection.exec('COMMIT');
      for (const done of settle) done();
    } catch (cause) {
      // Some errors have ended the transaction already.
      attempt(() => this.#connection.exec('ROLLBACK'));
      const error = failure(this.path, 'written', cause);
      for (const { reject } of batch) reject(error);
    } finally {
      this.#writing = false;
    }
  }

  /** What is to be said to the caller once the commit is on the disk. */
  #runOne({ work, resolve, reject }: Pending): () => void {
    this.#connection.exec('SAVEPOINT one');
    try {
      const result = work();
      this.#connection.exec('RELEASE one');
      return () => resolve(result as never);
    } catch (error) {
      // What the database itself reports concerns all: the disk is full, the file is damaged.
      if (error instanceof StoreError) throw error;
      this.#connection.exec('ROLLBACK TO one; RELEASE one');
      return () => reject(error);
    }
  }
}

async function createFile(path: string): Promise<void> {
  try {
    await (await open(path, 'wx', OWNER_ONLY)).close();
  } catch (cause) {
    // Opened and closed by anything but SQLite, an existing file would lose SQLite's locks of this process.
    if (errorCode(cause) !== 'EEXIST') throw cause;
  }
}

/** Leaves a file alone that it refuses: all that changes one comes after the checks. */
function prepareFile(connection: SqliteConnection, path: string, migrations: readonly string[]): void {
  connection.exec('PRAGMA locking_mode = EXCLUSIVE');
  // Takes the lock, which locking_mode keeps.
  connection.exec('BEGIN EXCLUSIVE; COMMIT');
  const read = (name: string) => Object.values(connection.query(`PRAGMA ${name}`, [])[0] ?? {})[0];
  const check = read('quick_check');
  if (check !== 'ok') throw damaged(path, String(check));
  const version = Number(read('user_version'));
  const isOurs = read('application_id') === APPLICATION_ID;
  const isEmpty = connection.query('SELECT name FROM sqlite_schema', []).length === 0;
  if (!isOurs && !(isEmpty && version === 0)) throw new StoreError(`${path} must be a database of Tessera's`);
  if (version > migrations.length) {
    throw new StoreError(
      `${path} was written by a newer version of Tessera (schema ${version}, known here: ${migrations.length})`,
    );
  }
  connection.exec('PRAGMA synchronous = FULL');
  connection.exec('PRAGMA secure_delete = ON');
  for (const [index, sql] of migrations.entries()) {
    if (index < version) continue;
    connection.exec(
      `BEGIN IMMEDIATE; ${sql}; PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${index + 1}; COMMIT`,
    );
  }
  connection.exec('PRAGMA journal_mode = WAL');
}

/** Closes a file so that the next may open it: libsql holds on to it, and to its lock, until memory is collected. */
function release(connection: SqliteConnection, lastWords: readonly string[]): void {
  // A lock goes with the first use after the mode has changed.
  for (const sql of ['ROLLBACK', ...lastWords, 'PRAGMA locking_mode = NORMAL', 'PRAGMA user_version']) {
    attempt(() => connection.query(sql, []));
  }
  attempt(() => connection.close());
}

function attempt(action: () => unknown): void {
  try {
    action();
  } catch {
    // There is nothing left to undo, or nothing that could be done about it.
  }
}

function failure(path: string, what: string, cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause;
  const because = (reason: string) => new StoreError(`${path} could not be ${what}: ${reason}`, { cause });
  switch (sqliteCode(cause)) {
    case BUSY:
      return new StoreError(`${path} is in use by another server`, { cause });
    case CORRUPT:
    case NOT_A_DATABASE:
      return damaged(path, cause instanceof Error ? cause.message : String(cause), cause);
    case FULL:
      return because('no space is left on the device');
    case CANNOT_OPEN:
      return because('it is no readable file');
    default:
      return because(cause instanceof Error ? cause.message : String(cause));
  }
}

function damaged(path: string, how: string, cause?: unknown): StoreError {
  const detail = how.replace(/\s+/g, ' ').slice(0, 200);
  return new StoreError(`${path} is damaged (${detail}): put a copy in its place, or move it away`, {
    cause,
  });
}
