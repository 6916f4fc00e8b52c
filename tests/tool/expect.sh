# What the tests of the tools share; sourced. Leaves the shell in a folder of its own, which goes when the test ends.

set -uo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failures=0

# failed WHAT...: counts a failure and says which
failed() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

command=() # what every command of `expect` begins with

# expect STATUS PATTERN WORD...: the command ends with STATUS and says PATTERN on standard output or error
expect() {
  local status=$1 pattern=$2
  shift 2
  timeout 300 "${command[@]}" "$@" >out.txt 2>err.txt </dev/null
  local found=$?
  if [[ $found != "$status" ]] || ! grep -qE -- "$pattern" out.txt err.txt; then
    failed "$* -> status $found, expected $status with '$pattern'; it said:"
    head -n 5 out.txt err.txt
  fi
}

# one_line: the last failure was told in exactly one line
one_line() {
  [[ $(wc -l <err.txt) == 1 ]] || { failed "expected one line, found:"; cat err.txt; }
}

# holds FILE PATTERN
holds() { grep -qE -- "$2" "$1" || failed "no '$2' in $1"; }

# finish: the last line of a test
finish() {
  echo "$failures failures"
  [[ $failures == 0 ]]
}
