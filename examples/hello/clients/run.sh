#!/usr/bin/env bash
# Has the example's clock read by clients that nobody here wrote: curl, Node's
# fetch and a browser's EventSource. Each must get 1,000 events in order, and
# after a cut go on where it was. Needs curl, node and chromium.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
go build -C "$here/.." -o "$dir/hello" .
"$dir/hello" -addr localhost:0 -tick 1ms >"$dir/out" &
server=$!
trap 'kill "$server"; wait "$server" || true; rm -rf "$dir" || echo "not removed: $dir"' EXIT
for _ in $(seq 100); do
	url=$(sed -n 's/^listening on //p' "$dir/out")
	[ -z "$url" ] || break
	sleep 0.1
done

# read_curl FIRST COUNT [ARG...]: curl until COUNT events from id FIRST on.
read_curl() {
	local first=$1 count=$2
	shift 2
	# awk leaves before curl does, which curl takes for a failed write.
	{ curl --silent --no-buffer --max-time 60 "$@" "$url/api/clock" || true; } |
		awk -v want="$first" -v left="$count" '
			/^id: / { if ($2 != want) { print "curl: got id " $2 ", want " want; exit 1 }
				want++; if (--left == 0) { done = 1; exit 0 } }
			END { if (!done) { exit 1 } }'
}

passed=0 failed=0
check() {
	local name=$1
	shift
	if "$@"; then
		echo "$name: 1,000 events in order, and on after a cut"
		passed=$((passed + 1))
	else
		echo "$name: FAILED"
		failed=$((failed + 1))
	fi
}
with_curl() { read_curl 1 1000 && read_curl 1001 10 --header 'Last-Event-ID: 1000'; }

check curl with_curl
check node node "$here/fetch.mjs" "$url"
check browser node "$here/browser.mjs" "$url" "$dir/profile"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
