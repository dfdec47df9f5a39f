-- The picture comes last: a query that does not ask for it does not read it.
CREATE TABLE covers (
	post_id INTEGER PRIMARY KEY REFERENCES posts (id) ON DELETE CASCADE,
	version INTEGER NOT NULL, -- counts up when the picture is replaced
	type    TEXT    NOT NULL, -- media type
	alt     TEXT    NOT NULL, -- what a reader who cannot see it is told
	data    BLOB    NOT NULL
) STRICT;
