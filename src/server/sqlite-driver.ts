/** SQLite behind two functions: Node's own module where the running Node has it, else libsql, which npm installs ready-made. */
import { StoreError } from '../errors.js';

/** What a column holds. */
export type SqlValue = number | string | Uint8Array | null;

/** A row by names of columns. */
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** One open file. Errors are those of the driver: `sqliteCode` tells what went wrong. */
export interface SqliteConnection {
  /** Runs statements without values or rows. */
  exec(sql: string): void;
  /** Runs one statement, prepared once, and returns its rows. */
  query(sql: string, values: readonly SqlValue[]): SqlRow[];
  close(): void;
}

/** Opens or creates a file; `name` says which driver it is. */
export interface SqliteDriver {
  readonly name: 'node:sqlite' | 'libsql';
  open(path: string): SqliteConnection;
}

/** The parts of `node:sqlite` in use; its types come with Node 22 only. */
interface NodeSqlite {
  readonly DatabaseSync: new (
    path: string,
  ) => {
    exec(sql: string): void;
    prepare(sql: string): { all(...values: SqlValue[]): SqlRow[] };
    close(): void;
  };
}

/**
 * The best driver there is.
 *
 * @param builtIn Node's own module; null where there is none
 * @throws {StoreError} when this Node has no SQLite and libsql is not installed.
 */
export async function loadSqlite(
  builtIn = (process.getBuiltinModule('node:sqlite') ?? null) as NodeSqlite | null,
): Promise<SqliteDriver> {
  if (builtIn) {
    const { DatabaseSync } = builtIn;
    const open = (path: string) => {
      const database = new DatabaseSync(path);
      return connection(database, (sql) => {
        const statement = database.prepare(sql);
        return (values) => statement.all(...values);
      });
    };
    return { name: 'node:sqlite', open };
  }
  const { default: Libsql } = await import('libsql').catch((cause: unknown) => {
    throw new StoreError('SQLite is missing: use Node 22.13 or later, or install the package libsql', {
      cause,
    });
  });
  const open = (path: string) => {
    const database = new Libsql(path);
    return connection(database, (sql) => {
      const statement = database.prepare(sql);
      // One array: libsql takes a single object, bytes too, for values by name.
      return (values) => statement.all([...values]).map((row) => rowOf(row as LibsqlRow));
    });
  };
  return { name: 'libsql', open };
}

/** SQLite's primary result code of an error, https://www.sqlite.org/rescode.html; undefined where it is none of SQLite's. */
export function sqliteCode(error: unknown): number | undefined {
  const { errcode, rawCode, message } = (error ?? {}) as Record<string, unknown>;
  const code = errcode ?? rawCode;
  if (typeof code === 'number') return code & 0xff;
  // What libsql cannot open at all has its code in the text only.
  const opening = /^ConnectionFailed\(".*: (\d+)"\)$/s.exec(String(message));
  return opening ? Number(opening[1]) & 0xff : undefined;
}

type LibsqlRow = Record<string, number | string | ArrayBuffer | Uint8Array | null>;

function rowOf(row: LibsqlRow): SqlRow {
  const bytes = (value: LibsqlRow[string]) => (value instanceof ArrayBuffer ? new Uint8Array(value) : value);
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, bytes(value)]));
}

function connection(
  database: { exec(sql: string): unknown; close(): unknown },
  prepare: (sql: string) => (values: readonly SqlValue[]) => SqlRow[],
): SqliteConnection {
  const prepared = new Map<string, (values: readonly SqlValue[]) => SqlRow[]>();
  return {
    exec: (sql) => void database.exec(sql),
    query: (sql, values) => {
      const run = prepared.get(sql) ?? prepare(sql);
      prepared.set(sql, run);
      return run(values);
    },
    close: () => {
      prepared.clear();
      database.close();
    },
  };
}
