# Sourced by install.sh and build.sh: two `make` in one checkout must not write node_modules or dist at once.
# The lock is the open file, so it ends with the last process that holds it, however that one ends.
take_checkout_lock() {
  command -v flock >/dev/null 2>&1 || return 0
  mkdir -p .nx
  exec 9>.nx/plinth-checkout.lock
  flock --nonblock 9 && return 0
  echo 'waiting for another make in this checkout to finish its installation or build'
  flock 9
}
