# Sourced by preflight.sh and install.sh, whose argument says what for. Reads a setting as the TypeScript side does (the environment wins over .env).
# setting NAME prints the value of NAME, or nothing.
setting() {
  eval "is_set=\${$1+yes}"
  if [ "${is_set:-}" = yes ]; then
    eval "printf '%s' \"\$$1\""
  elif [ -f .env ]; then
    sed -n "s/^[[:space:]]*\(export[[:space:]]\{1,\}\)\{0,1\}$1[[:space:]]*=[[:space:]]*//p" .env |
      tail -n 1 | sed "s/^#.*//; s/[[:space:]]\{1,\}#.*//; s/[[:space:]]*\$//; s/^\"\(.*\)\"\$/\1/; s/^'\(.*\)'\$/\1/" | tr -d '\n'
  fi
}

# The folder of the stack's data, absolute.
plinth_home() {
  home=$(setting PLINTH_HOME)
  case "${home:=.plinth}" in
    /*) printf '%s' "$home" ;;
    *) printf '%s/%s' "$PWD" "$home" ;;
  esac
}

# What for: `stack` (make up), `test` (always a Kafka of its own) or `tools` (lint, unit tests: no stack at all).
purpose=${1:-stack}
wants_kafka() {
  case "$purpose" in
    tools) return 1 ;;
    test) return 0 ;;
    *) [ -z "$(setting KAFKA_BROKERS)" ] ;;
  esac
}
has_kafka_jars() { cmp -s tools/dev-stack/kafka/pom.xml "$(plinth_home)/kafka-libs/.pom.xml"; }
