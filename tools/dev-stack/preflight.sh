#!/bin/sh
# What `make up` and `make test` need from the machine: each missing thing is one line that names it and
# says how to get it. POSIX sh, because this runs before anything is installed.
#   preflight.sh [stack|test|tools]
set -eu
cd "$(dirname "$0")/../.."
. tools/dev-stack/settings.sh

missing=0
lacks() {
  echo "plinth: $1" >&2
  missing=1
}
has() { command -v "$1" >/dev/null 2>&1; }
# The number before the first dot: `v20.1.0` and `openjdk version "17.0.15"` alike.
major() { sed -n '1s/^[^0-9]*\([0-9]\{1,\}\).*/\1/p'; }

case "$(uname -s)-$(uname -m)" in
  Linux-x86_64 | Linux-aarch64) ;;
  *) lacks "this is $(uname -s) on $(uname -m); the embedded stack has binaries for Linux on x86_64 and aarch64: use a Linux machine, virtual machine or container" ;;
esac

if ! has node; then
  lacks 'Node.js is missing (it starts npm, which installs the Node 24 that is used): apt-get install nodejs npm, or https://nodejs.org'
else
  node_major=$(node --version | major)
  [ "${node_major:-0}" -ge 18 ] || lacks "Node.js is too old ($(node --version), npm needs 18 or newer): apt-get install nodejs, or https://nodejs.org"
  has npm || lacks 'npm is missing (it installs the dependencies): apt-get install npm'
fi

if wants_kafka; then
  or_other=''
  [ "$purpose" = test ] || or_other=', or set KAFKA_BROKERS to a Kafka that runs'
  java=java
  [ -z "${JAVA_HOME:-}" ] || [ ! -x "$JAVA_HOME/bin/java" ] || java="$JAVA_HOME/bin/java"
  if ! has "$java"; then
    lacks "Java is missing (Kafka runs on it, version 17 or newer): apt-get install openjdk-17-jre-headless$or_other"
  else
    java_major=$("$java" -version 2>&1 | sed -n 's/.* version //p' | major)
    [ "${java_major:-0}" -ge 17 ] || lacks "Java is too old (version ${java_major:-unknown}, Kafka needs 17 or newer): apt-get install openjdk-17-jre-headless$or_other"
  fi
  has_kafka_jars || has mvn || lacks "Maven is missing (it fetches Kafka, once): apt-get install maven$or_other"
fi

exit "$missing"
