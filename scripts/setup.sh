#!/usr/bin/env bash
# Sets up what is missing to build the page (`setup.sh page`) or to run every check (`setup.sh test`).
# Tools of the right version are reused; others go into $KUBARIUM_TOOLS/bin (default .tools/bin, ignored by git).
set -uo pipefail
cd "$(dirname "$0")/.."
goal=${1:-page}
tools=${KUBARIUM_TOOLS:-$PWD/.tools}
logs=$PWD/.tools/log
mkdir -p "$logs"
export PATH="$tools/bin:$PATH:${CARGO_HOME:-$HOME/.cargo}/bin"

trunk_version=0.22.1
bindgen_version=$(grep -A1 '^name = "wasm-bindgen"$' Cargo.lock | sed -n 's/^version = "\(.*\)"/\1/p')

say() { echo "setup: $*"; }
fail() { echo "setup: CANNOT CONTINUE: $*" >&2; exit 1; }

# run NAME WHY-IT-MAY-FAIL COMMAND...: runs with a log and a sign of life; on failure shows the log's end.
run() {
  local name=$1 hint=$2 log pid start=$SECONDS
  log="$logs/$name.log"
  shift 2
  "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    sleep 1
    if (((SECONDS - start) % 20 == 19)); then say "  $name, $((SECONDS - start)) s: $(tail -n 1 "$log" | tr '\r' '\n' | tail -n 1 | cut -c 1-90)"; fi
  done
  if wait "$pid"; then say "$name done in $((SECONDS - start)) s"; return 0; fi
  tail -n 20 "$log" >&2
  echo "setup: COULD NOT INSTALL $name: $hint (log: $log)" >&2
  return 1
}

# has_version COMMAND VERSION: whether the command on PATH is of this version.
has_version() {
  local found
  found=$(command "$1" --version 2>/dev/null | head -n 1) || return 1
  [[ " $found " == *" $2 "* ]]
}

need_target() {
  [ -d "$(rustc --print sysroot)/lib/rustlib/$1" ] && return 0
  command -v rustup >/dev/null || fail "the target $1 is missing, and rustup to add it with"
  run "$1" "try 'rustup target add $1'" rustup target add "$1" || exit 1
}

need_rust() {
  command -v cargo >/dev/null || fail "cargo is missing; install Rust from https://rustup.rs (1.95 or newer)"
  need_target wasm32-unknown-unknown
  [ "$goal" = test ] || return 0
  need_target wasm32-wasip1
  for component in clippy rustfmt; do
    cargo "${component/rust/}" --version >/dev/null 2>&1 && continue
    run "$component" "try 'rustup component add $component'" rustup component add "$component" || exit 1
  done
}

need_node() {
  command -v node >/dev/null || fail "Node.js is missing; install version 20 or newer (https://nodejs.org, or 'apt install nodejs npm')"
  command -v npm >/dev/null || fail "npm is missing; it comes with Node.js, or with 'apt install npm'"
  local major
  major=$(node -p 'process.versions.node.split(".")[0]')
  [ "$major" -ge 20 ] || fail "Node.js $(node -v) is too old; install version 20 or newer"
}

install_npm_packages() {
  cmp -s package-lock.json node_modules/.installed-lock && return 0
  run npm-packages "is the npm registry reachable?" npm ci --ignore-scripts --no-audit --no-fund || return 1
  cp package-lock.json node_modules/.installed-lock
}

install_crates() {
  run crates "is crates.io reachable?" cargo fetch --locked
}

install_wasm_bindgen() {
  if has_version wasm-bindgen "$bindgen_version" && command -v wasm-bindgen-test-runner >/dev/null; then return 0; fi
  say "installing wasm-bindgen $bindgen_version (about 2 minutes)"
  # Without --locked: the lock file of this release names a crate that was yanked.
  run wasm-bindgen "try 'cargo install wasm-bindgen-cli --version $bindgen_version'" \
    cargo install wasm-bindgen-cli --version "$bindgen_version" --root "$tools" --force
}

install_trunk() {
  has_version trunk "$trunk_version" && return 0
  say "installing trunk $trunk_version (about 4 minutes)"
  # A debug build: it works as well, and compiles in a fifth of the time.
  CARGO_PROFILE_DEV_DEBUG=0 run trunk "try 'cargo install trunk --version $trunk_version'" \
    cargo install trunk --version "$trunk_version" --root "$tools" --force --debug \
    --locked --ignore-rust-version --no-default-features --features rustls
}

install_chromium() {
  [ "$goal" = test ] || return 0
  [ -n "${CHROMIUM:-}" ] && return 0
  for name in chromium chromium-browser google-chrome; do command -v $name >/dev/null && return 0; done
  local hint="install Chromium yourself, or set CHROMIUM to the path of a Chrome" sudo=""
  command -v apt-get >/dev/null || { echo "setup: COULD NOT INSTALL chromium: no apt-get here; $hint" >&2; return 1; }
  if [ "$(id -u)" != 0 ]; then
    sudo="sudo -n"
    $sudo true 2>/dev/null || { echo "setup: COULD NOT INSTALL chromium: not root; $hint" >&2; return 1; }
  fi
  say "installing chromium (about a minute)"
  run chromium "$hint" sh -c "$sudo apt-get update && DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y --no-install-recommends chromium"
}

need_rust
need_node
[ -n "$bindgen_version" ] || fail "Cargo.lock names no wasm-bindgen"
jobs=()
for task in npm_packages chromium crates wasm_bindgen trunk; do "install_$task" & jobs+=($!); done
failed=0
for job in "${jobs[@]}"; do wait "$job" || failed=1; done
[ "$failed" = 0 ] || fail "what is named above is missing"
say "all there: trunk $trunk_version, wasm-bindgen $bindgen_version, $(node -v | sed 's/^v/node /')"
