#!/bin/sh
# Builds every app and library; Nx takes what has not changed from its cache. Silent unless something fails.
set -eu
cd "$(dirname "$0")/../.."
. tools/dev-stack/lock.sh
export PATH="$PWD/node_modules/.bin:$PATH" NX_DAEMON=false NX_TUI=false
take_checkout_lock
if ! output=$(nx run-many -t build --outputStyle=stream 2>&1); then
  printf '%s\n' "$output" >&2
  echo 'plinth: the build failed; the cause stands above' >&2
  exit 1
fi
