#!/bin/sh
# For the commands that look at or stop what `make up` installed and started: one line where that is not there.
set -eu
cd "$(dirname "$0")/../.."
. tools/dev-stack/settings.sh

# The copy of the lock file is written last, so without it an installation was interrupted.
[ -x node_modules/.bin/node ] && [ -f node_modules/.plinth-package-lock.json ] && exit 0
if [ -d "$(plinth_home)/run" ]; then
  echo "plinth: node_modules is missing or not complete, and a stack may be running from $(plinth_home): make up installs what is missing and takes the stack over" >&2
else
  echo 'plinth: nothing is installed in this checkout yet, so nothing runs from it: make up installs and starts it' >&2
fi
exit 1
