-- AUTOINCREMENT: the number of a deleted post is not given to another one, and
-- the feed of comments can count on numbers that only grow.
CREATE TABLE posts (
	id       INTEGER PRIMARY KEY AUTOINCREMENT,
	title    TEXT    NOT NULL,
	body     TEXT    NOT NULL,
	comments INTEGER NOT NULL DEFAULT 0, -- how many rows of comments it has
	created  INTEGER NOT NULL,           -- Unix time in seconds
	updated  INTEGER NOT NULL
) STRICT;

CREATE INDEX posts_created ON posts (created);

CREATE TABLE comments (
	id      INTEGER PRIMARY KEY AUTOINCREMENT,
	post_id INTEGER NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
	author  TEXT    NOT NULL,
	text    TEXT    NOT NULL,
	created INTEGER NOT NULL
) STRICT;

CREATE INDEX comments_post ON comments (post_id, id);
