#!/usr/bin/env bash
# Clients that nobody here wrote, against the example's event stream: each gets
# 1,000 events in order, and goes on after the last one when it comes back.
# It needs go, curl, node and chromium.
set -euo pipefail
cd "$(dirname "$0")"

work=$(mktemp -d)
server=
finish() {
	if [ -n "$server" ]; then
		kill "$server" 2>/dev/null || true
		wait "$server" 2>/dev/null || true
	fi
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM

go build -o "$work/hello" .. # not go run: the signal must reach the server itself
"$work/hello" -addr 127.0.0.1:0 -tick 1ms >"$work/out" 2>"$work/err" &
server=$!
url=
for _ in $(seq 300); do
	# sed takes whole lines only: the last one may be half there.
	url=$(sed -n 's/^listening on \(http:.*[0-9]\)$/\1/p' "$work/out")
	[ -n "$url" ] && break
	kill -0 "$server" 2>/dev/null || break
	sleep 0.1
done
if [ -z "$url" ]; then
	echo "the example did not start:" >&2
	cat "$work/out" "$work/err" >&2
	exit 1
fi

# ids prints the ids of the first 1,000 events that have arrived whole.
ids() {
	awk '
		/^id: / { id = $2 }
		/^$/ && id != "" { print id; id = ""; if (++n == 1000) exit }'
}

# from FIRST: fails unless the ids on its input are 1,000 in a row from FIRST.
from() {
	awk -v want="$1" '
		$1 != want { printf "id %s where %d was due\n", $1, want; bad = 1; exit }
		{ want++; n++ }
		END { if (!bad && n != 1000) { printf "%d events, not 1000\n", n; bad = 1 }; exit bad }' >&2
}

# stream ARGS...: what curl gets until the reader has enough; the pipe that
# breaks then is its way to stop, so its own status says nothing.
stream() {
	curl -sSN --noproxy '*' --max-time 60 "$@" "$url/api/clock" 2>"$work/curl" || true
}

with_curl() {
	stream | ids >"$work/ids" || return 1
	from 1 <"$work/ids" || { cat "$work/curl" >&2; return 1; }
	stream -H 'Last-Event-ID: 1000' | ids >"$work/ids" || return 1
	from 1001 <"$work/ids" || { cat "$work/curl" >&2; return 1; }
	echo "curl: 1000 events in order; then 1000 more after Last-Event-ID 1000"
}

passed=0 failed=0
for client in with_curl "node events.mjs $url" "node browser.mjs $url"; do
	if $client; then
		passed=$((passed + 1))
	else
		echo "failed: $client" >&2
		failed=$((failed + 1))
	fi
done

# The end of the server counts too: no stream may be left that holds it up.
kill "$server"
if ! wait "$server"; then
	echo "failed: the example did not end well:" >&2
	cat "$work/err" >&2
	failed=$((failed + 1))
fi
server=

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
