#!/usr/bin/env bash
# Runs the curl commands in the console blocks of the README, of docs/errors.md and
# of docs/streams.md, in their order, with the real curl against a server that has
# just started, and compares what they print with the lines below them. A line that
# begins with two spaces continues the one before it. TestConsole of the root
# package does the same without curl. Needs curl.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../../..
dir=$(mktemp -d)
go build -C "$here/.." -o "$dir/hello" .
"$dir/hello" -addr localhost:0 >"$dir/out" &
server=$!
trap 'kill "$server"; wait "$server" || true; rm -rf "$dir" || echo "not removed: $dir"' EXIT
for _ in $(seq 100); do
	host=$(sed -n 's,^listening on http://,,p' "$dir/out")
	[ -z "$host" ] || break
	sleep 0.1
done
[ -n "$host" ] || { echo "the server does not start"; exit 1; }

commands=0 failed=0 command='' want=''

# check runs the command and compares what it prints with what is wanted.
check() {
	[ -n "$command" ] || return 0
	commands=$((commands + 1))
	local line=${command//localhost:8080/$host} got
	got=$(sh -c "${line/#curl /curl --silent }" 2>&1) || got="$got (exit status $?)"
	if [ "$got" != "$want" ]; then
		printf '%s\n got  %s\n want %s\n' "$command" "$got" "$want"
		failed=$((failed + 1))
	fi
}

while IFS= read -r line; do
	if [[ $line == '$ '* ]]; then
		check
		command=${line#'$ '} want=''
	elif [[ $line == '  '* && $command == *'\' ]]; then
		command=${command%'\'}${line#"${line%%[! ]*}"}
	elif [[ $line == '  '* ]]; then
		want+=${line#"${line%%[! ]*}"}
	else
		want+=${want:+$'\n'}$line
	fi
done < <(awk '/^```console$/ { inside = 1; next } /^```/ { inside = 0 } inside' \
	"$root/README.md" "$root/docs/errors.md" "$root/docs/streams.md")
check
echo "README and docs: $((commands - failed)) of $commands curl commands print what it says"
[ "$failed" = 0 ] && [ "$commands" -ge 12 ]
