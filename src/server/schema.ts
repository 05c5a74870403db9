/** The tables of `server.db`, as one list of changes: entry n brings a file from version n to n + 1. Never edit one that was released. */

/** Marks a SQLite file as ours: "tess". */
export const APPLICATION_ID = 0x74657373;

const FIRST = `
CREATE TABLE clients (
  -- index + 1; AUTOINCREMENT: no number is given twice, even after its row is gone
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  key_id TEXT NOT NULL UNIQUE,
  public_key BLOB NOT NULL,
  name TEXT NOT NULL,
  population TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('pending', 'approved', 'revoked')),
  attributes TEXT NOT NULL CHECK (json_valid(attributes)),
  created_at INTEGER NOT NULL,
  last_seen_at INTEGER NOT NULL
) STRICT;

-- What is left of revoked clients that were forgotten, so that their keys stay revoked.
CREATE TABLE revoked_keys (key_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

CREATE TABLE invitations (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  hash BLOB NOT NULL UNIQUE,
  population TEXT NOT NULL,
  uses INTEGER NOT NULL,
  used INTEGER NOT NULL DEFAULT 0 CHECK (used <= uses),
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  created_by TEXT NOT NULL
) STRICT;

CREATE TABLE operators (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('viewer', 'operator')),
  hash BLOB NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  revoked_at INTEGER
) STRICT;

CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;
CREATE INDEX audit_at ON audit (at);
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is only appended to'); END;
CREATE TRIGGER audit_keeps BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit is only appended to'); END;
`;

/** All changes, the oldest first. */
export const MIGRATIONS: readonly string[] = [FIRST];
