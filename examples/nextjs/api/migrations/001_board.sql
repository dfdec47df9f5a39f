CREATE TABLE users (
	id       INTEGER PRIMARY KEY,
	name     TEXT    NOT NULL UNIQUE COLLATE NOCASE,
	color    TEXT    NOT NULL, -- such as #2563eb
	password BLOB    NOT NULL  -- a hash by bcrypt
) STRICT;

CREATE TABLE sessions (
	token   BLOB    PRIMARY KEY, -- SHA-256 of the cookie, so that a copy of this file signs nobody in
	user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
	expires INTEGER NOT NULL     -- Unix time in milliseconds, as all times here
) STRICT, WITHOUT ROWID;

-- AUTOINCREMENT: the number of something that was deleted is not given to another.
CREATE TABLE boards (
	id      INTEGER PRIMARY KEY AUTOINCREMENT,
	name    TEXT    NOT NULL UNIQUE COLLATE NOCASE,
	updated INTEGER NOT NULL
) STRICT;

CREATE TABLE columns (
	id       INTEGER PRIMARY KEY AUTOINCREMENT,
	board_id INTEGER NOT NULL REFERENCES boards (id) ON DELETE CASCADE,
	position INTEGER NOT NULL, -- 0, 1, 2 and so on within the board
	name     TEXT    NOT NULL
) STRICT;

CREATE INDEX columns_board ON columns (board_id, position);

CREATE TABLE tasks (
	id          INTEGER PRIMARY KEY AUTOINCREMENT,
	board_id    INTEGER NOT NULL REFERENCES boards (id) ON DELETE CASCADE,
	column_id   INTEGER NOT NULL REFERENCES columns (id),
	position    INTEGER NOT NULL, -- 0, 1, 2 and so on within the column
	title       TEXT    NOT NULL,
	notes       TEXT    NOT NULL,
	priority    TEXT    NOT NULL,
	labels      TEXT    NOT NULL, -- a JSON array of strings
	due         TEXT,             -- such as 2026-12-31
	assignee_id INTEGER REFERENCES users (id) ON DELETE SET NULL,
	created     INTEGER NOT NULL,
	updated     INTEGER NOT NULL
) STRICT;

CREATE INDEX tasks_column ON tasks (column_id, position);
CREATE INDEX tasks_board ON tasks (board_id);

-- The contents come last: a query that does not ask for them does not read them.
CREATE TABLE attachments (
	id      INTEGER PRIMARY KEY AUTOINCREMENT,
	task_id INTEGER NOT NULL REFERENCES tasks (id) ON DELETE CASCADE,
	name    TEXT    NOT NULL,
	type    TEXT    NOT NULL, -- media type
	size    INTEGER NOT NULL, -- in bytes
	data    BLOB    NOT NULL
) STRICT;

CREATE INDEX attachments_task ON attachments (task_id);

-- What the feeds send. The board of a change may be gone, so this is no foreign key.
CREATE TABLE changes (
	id       INTEGER PRIMARY KEY AUTOINCREMENT,
	board_id INTEGER NOT NULL,
	data     TEXT    NOT NULL -- a Change as JSON
) STRICT;

CREATE INDEX changes_board ON changes (board_id, id);
