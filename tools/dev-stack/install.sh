#!/bin/sh
# Brings node_modules and the Kafka jars to what package-lock.json and kafka/pom.xml say; quick when they are.
#   install.sh [stack|test|tools]
set -eu
cd "$(dirname "$0")/../.."
. tools/dev-stack/settings.sh
. tools/dev-stack/lock.sh

# A copy of the lock file, written last, is the proof that this node_modules came to its end.
has_modules() { cmp -s package-lock.json node_modules/.plinth-package-lock.json; }

install_modules() {
  echo 'installing the npm packages (about 250 MB, a minute)'
  npm ci --include=dev --include=optional --loglevel=error --no-progress || return 1
  # npm 9 installs the Node of the lock file, but does not link it.
  [ -x node_modules/.bin/node ] || (cd node_modules/.bin && ln -s ../node-linux-*/bin/node node) || return 1
  cp package-lock.json node_modules/.plinth-package-lock.json
}

# Fetched beside its place and renamed, so that a half download is never taken for a whole one.
fetch_kafka_jars() (
  home=$(plinth_home)
  target="$home/kafka-libs"
  fresh="$home/kafka-libs.new.$$"
  echo 'fetching Kafka from Maven Central (44 MB)'
  mkdir -p "$home"
  chmod 700 "$home"
  rm -rf "$home"/kafka-libs.new.*
  if ! mvn --quiet --batch-mode -Dstyle.color=never --file tools/dev-stack/kafka/pom.xml \
    org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$fresh" >"$home/kafka-fetch.log" 2>&1; then
    rm -rf "$fresh"
    echo "plinth: Kafka could not be fetched from Maven Central ($(grep -m 1 -o "ERROR.*" "$home/kafka-fetch.log" | cut -c 1-600)); the whole story is in $home/kafka-fetch.log" >&2
    return 1
  fi
  cp tools/dev-stack/kafka/pom.xml "$fresh/.pom.xml"
  rm -rf "$target" "$home/kafka-fetch.log"
  mv "$fresh" "$target"
)

if has_modules && { ! wants_kafka || has_kafka_jars; }; then exit 0; fi
take_checkout_lock
jars=''
if wants_kafka && ! has_kafka_jars; then
  fetch_kafka_jars &
  jars=$!
fi
failed=0
has_modules || install_modules || failed=1
[ -z "$jars" ] || wait "$jars" || failed=1
if [ "$failed" = 1 ]; then
  echo 'plinth: the installation did not finish; the cause stands above' >&2
  exit 1
fi
