import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, statfs, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoreError } from '../errors.js';
import { Database } from './database.js';
import { MIGRATIONS } from './schema.js';
import { loadSqlite, type SqliteDriver, sqliteCode } from './sqlite-driver.js';

let folder: string;
let path: string;
const opened: Database[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tessera-database-'));
  path = join(folder, 'server.db');
});

afterEach(async () => {
  for (const database of opened.splice(0)) database.close();
  await rm(folder, { recursive: true, force: true });
});

/** One table of texts. */
const NOTES = 'CREATE TABLE notes (text TEXT NOT NULL) STRICT';

const drivers = [await loadSqlite(null)];
const best = await loadSqlite();
if (best.name !== 'libsql') drivers.push(best);

async function open(
  migrations: readonly string[] = [NOTES],
  driver: SqliteDriver = best,
  where = folder,
): Promise<Database> {
  const database = await Database.open(where, migrations, Promise.resolve(driver));
  opened.push(database);
  return database;
}

const note = (database: Database, text: string) =>
  database.write(() => database.query('INSERT INTO notes (text) VALUES (?)', text));
const notes = (database: Database) =>
  database.query('SELECT text FROM notes ORDER BY rowid').map(({ text }) => text);
function codeOf(action: () => unknown): number | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return sqliteCode(error);
  }
}

const pragma = (database: Database, name: string) => Object.values(database.query(`PRAGMA ${name}`)[0]!)[0];

describe.each(drivers)('a database by $name', (driver) => {
  it('waits for the disk at every commit, and overwrites what is deleted', async () => {
    const database = await open([NOTES], driver);
    expect(pragma(database, 'journal_mode')).toBe('wal');
    // 2 is FULL: https://www.sqlite.org/pragma.html#pragma_synchronous
    expect(pragma(database, 'synchronous')).toBe(2);
    expect(pragma(database, 'secure_delete')).toBe(1);
  });

  it('gives back numbers, texts, bytes and nulls', async () => {
    const database = await open(
      ['CREATE TABLE all_kinds (a INTEGER, b TEXT, c BLOB, d REAL) STRICT'],
      driver,
    );
    const values = [1_795_396_457_562, 'ü', new Uint8Array([1, 2, 255]), 0.5] as const;
    await database.write(() => {
      database.query('INSERT INTO all_kinds VALUES (?, ?, ?, ?)', ...values);
      database.query('INSERT INTO all_kinds VALUES (?, ?, ?, ?)', null, null, null, null);
      database.query('INSERT INTO all_kinds (c) VALUES (?)', Buffer.from('single'));
    });
    const [row, empty, single] = database.query('SELECT * FROM all_kinds');
    expect({ ...row }).toEqual({ a: values[0], b: 'ü', c: values[2], d: 0.5 });
    expect({ ...empty }).toEqual({ a: null, b: null, c: null, d: null });
    expect(single?.c).toEqual(new Uint8Array(Buffer.from('single')));
  });

  it('belongs to its owner, with all files beside it', async () => {
    await writeFile(path, '', { mode: 0o644 });
    await chmod(path, 0o644);
    const database = await open([NOTES], driver);
    await note(database, 'a');
    const files = await readdir(folder);
    expect(files).toContain('server.db-wal');
    for (const file of files) expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600);
  });

  it('opens again after it was closed, in the same process, as one file', async () => {
    for (const text of ['a', 'b', 'c']) {
      const database = await open([NOTES], driver);
      await note(database, text);
      database.close();
      expect(await readdir(folder)).toEqual(['server.db']);
    }
    expect(notes(await open([NOTES], driver))).toEqual(['a', 'b', 'c']);
  });

  it('writes works of the same moment in one commit, in their order', async () => {
    const statements: string[] = [];
    const watched: SqliteDriver = {
      name: driver.name,
      open: (file) => {
        const connection = driver.open(file);
        return { ...connection, exec: (sql) => connection.exec(statements.push(sql) ? sql : '') };
      },
    };
    const database = await open([NOTES], watched);
    statements.length = 0;
    const settled: string[] = [];
    const texts = Array.from({ length: 50 }, (_, index) => `note ${index}`);
    await Promise.all(texts.map((text) => note(database, text).then(() => settled.push(text))));
    expect(settled).toEqual(texts);
    expect(notes(database)).toEqual(texts);
    expect(statements.filter((sql) => sql === 'COMMIT')).toHaveLength(1);
  });

  it('undoes a work that fails, and only that', async () => {
    const database = await open([NOTES], driver);
    const failing = () =>
      database.write(() => {
        database.query('INSERT INTO notes (text) VALUES (?)', 'half');
        throw new RangeError('changed my mind');
      });
    const outcomes = await Promise.allSettled([note(database, 'a'), failing(), note(database, 'b')]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    await expect(failing()).rejects.toThrow(RangeError);
    expect(notes(database)).toEqual(['a', 'b']);
  });

  it('says nothing is written when one of a commit meets an error of the database', async () => {
    const database = await open([NOTES], driver);
    const wrong = database.write(() => database.query('INSERT INTO notes (text) VALUES (?)', null));
    const outcomes = await Promise.allSettled([note(database, 'a'), wrong]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await expect(wrong).rejects.toThrow(StoreError);
    expect(notes(database)).toEqual([]);
    await note(database, 'b');
    expect(notes(database)).toEqual(['b']);
  });

  it('writes what is pending before it closes, and nothing after', async () => {
    const database = await open([NOTES], driver);
    const pending = note(database, 'a');
    database.close();
    await pending;
    await expect(note(database, 'b')).rejects.toThrow(
      new StoreError(`${path} could not be written: it is closed`),
    );
    expect(notes(await open([NOTES], driver))).toEqual(['a']);
  });

  it('brings an older file up to date, and refuses a newer one', async () => {
    const first = await open([NOTES], driver);
    await note(first, 'a');
    first.close();
    const more = 'ALTER TABLE notes ADD COLUMN stars INTEGER NOT NULL DEFAULT 5';
    const second = await open([NOTES, more], driver);
    expect({ ...second.query('SELECT * FROM notes')[0] }).toEqual({ text: 'a', stars: 5 });
    second.close();
    await expect(open([NOTES], driver)).rejects.toThrow(
      new StoreError(`${path} was written by a newer version of Tessera (schema 2, known here: 1)`),
    );
    expect(pragma(await open([NOTES, more], driver), 'user_version')).toBe(2);
  });

  it('leaves a change of the schema that fails undone', async () => {
    (await open([NOTES], driver)).close();
    const broken = 'ALTER TABLE notes ADD COLUMN stars INTEGER; CREATE TABLE notes (text TEXT)';
    await expect(open([NOTES, broken], driver)).rejects.toThrow(StoreError);
    const database = await open([NOTES], driver);
    expect(database.query('SELECT name FROM pragma_table_info(?)', 'notes')).toHaveLength(1);
  });

  it('refuses the database of another program, and leaves it alone', async () => {
    const foreign = driver.open(path);
    foreign.exec('CREATE TABLE theirs (text TEXT)');
    foreign.close();
    await expect(open([NOTES], driver)).rejects.toThrow(
      new StoreError(`${path} must be a database of Tessera's`),
    );
    expect(driver.open(path).query('SELECT name FROM sqlite_schema', [])).toHaveLength(1);
  });

  it.each<[string, (bytes: Buffer) => Promise<void>]>([
    ['overwritten', () => writeFile(path, randomBytes(8192))],
    ['cut off', (bytes) => truncate(path, bytes.length - 5000)],
    ['spoiled in the middle', (bytes) => writeFile(path, bytes.fill(0xff, 8192, 12_288))],
    // In a row: nobody notices before it is read.
    ['spoiled in few bytes', (bytes) => writeFile(path, bytes.fill(0xff, 10_192, 10_196))],
  ])('says so of a file that is %s', async (_, spoil) => {
    const database = await open([NOTES], driver);
    await Promise.all(Array.from({ length: 500 }, () => note(database, 'x'.repeat(100))));
    database.close();
    await spoil(await readFile(path));
    const spoiled = await readFile(path);
    await expect(open([NOTES], driver)).rejects.toThrow(
      /server\.db is damaged \([^\n]+\): put a copy in its place, or move it away$/,
    );
    expect(await readFile(path)).toEqual(spoiled);
  });

  it('says so of a file that another server uses', async () => {
    await open([NOTES], driver);
    await expect(open([NOTES], driver)).rejects.toThrow(
      new StoreError(`${path} is in use by another server`),
    );
  });

  it('has the file to itself before it looks at it, so that of two at once one gets it', async () => {
    let code: number | undefined;
    const watched: SqliteDriver = {
      name: driver.name,
      open: (file) => {
        const connection = driver.open(file);
        const query: typeof connection.query = (sql, values) => {
          if (sql.includes('quick_check'))
            code = codeOf(() => driver.open(file).query('PRAGMA user_version', []));
          return connection.query(sql, values);
        };
        return { ...connection, query };
      },
    };
    await open([NOTES], watched);
    // https://www.sqlite.org/rescode.html#busy
    expect(code).toBe(5);
  });

  it('says so when there is no room, keeps what was there, and goes on when there is room again', async () => {
    const database = await open([NOTES], driver);
    await note(database, 'a');
    const pages = Number(pragma(database, 'page_count'));
    database.query(`PRAGMA max_page_count = ${pages + 2}`);
    const large = () => Promise.allSettled([note(database, 'b'), note(database, 'x'.repeat(50_000))]);
    for (const outcome of await large()) {
      expect(outcome).toMatchObject({
        reason: new StoreError(`${path} could not be written: no space is left on the device`),
      });
    }
    expect(notes(database)).toEqual(['a']);
    database.query('PRAGMA max_page_count = 100000');
    await large();
    expect(notes(database)).toHaveLength(3);
  });

  it('says so of a folder in which nothing can be made', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(open([NOTES], driver, join(folder, 'file', 'sub'))).rejects.toThrow(
      `${join(folder, 'file', 'sub', 'server.db')} could not be opened: a file is in the way`,
    );
  });

  it('says so of a directory in its place', async () => {
    await expect(open([NOTES], driver, '/proc')).rejects.toThrow(StoreError);
  });
});

describe('the tables of this version', () => {
  it('are made once', async () => {
    (await open(MIGRATIONS)).close();
    expect(pragma(await open(MIGRATIONS), 'user_version')).toBe(MIGRATIONS.length);
  });

  it('let nobody change or delete a line of the audit log', async () => {
    const database = await open(MIGRATIONS);
    const sql = `INSERT INTO audit (at, actor, action, subject, detail) VALUES (1, 'server', 'x', '', '')`;
    await database.write(() => database.query(sql));
    for (const statement of [`UPDATE audit SET actor = 'nobody'`, 'DELETE FROM audit']) {
      await expect(database.write(() => database.query(statement))).rejects.toThrow('only appended to');
    }
    expect({ ...database.query('SELECT actor FROM audit')[0] }).toEqual({ actor: 'server' });
  });
});

const mountPoint = await mkdtemp(join(tmpdir(), 'tessera-small-disk-'));

function attempt(command: string, ...args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const mounted = attempt('mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', mountPoint);
// Also where no test ran, and with files open, which libsql closes when memory is collected.
afterAll(async () => {
  if (mounted) attempt('umount', '--lazy', mountPoint);
  await rm(mountPoint, { recursive: true, force: true });
});

describe.skipIf(!mounted)('on a disk that fills up (needs the right to mount one)', () => {
  it('a database refuses in one sentence, keeps what it had, and goes on when there is room', async () => {
    const where = join(mountPoint, 'server.db');
    const database = await open([NOTES], best, mountPoint);
    await note(database, 'a');
    const { bavail, bsize } = await statfs(mountPoint);
    const filler = join(mountPoint, 'filler');
    await writeFile(filler, new Uint8Array(bavail * bsize - 8192));
    await expect(note(database, 'x'.repeat(100_000))).rejects.toThrow(
      new StoreError(`${where} could not be written: no space is left on the device`),
    );
    expect(notes(database)).toEqual(['a']);
    await rm(filler);
    await note(database, 'b');
    database.close();
    expect(notes(await open([NOTES], best, mountPoint))).toEqual(['a', 'b']);
  });
});
