# What the scripts of this folder share. Each is called with the program to test (assay with the claims of known truth) and says
# in the Test Anything Protocol what holds. Read with:  . "$(dirname "$0")/tap.sh"

set -u
assay=$(realpath "$1") || exit 1
tests=0
work=$(mktemp -d "${TMPDIR:-/tmp}/assay-cli-XXXXXX")
trap 'rm -rf "$work"' EXIT
export TMPDIR="$work/private"
mkdir "$TMPDIR"
cd "$work" || exit 1

# ok WHAT COMMAND...: the command succeeds
ok() {
  tests=$((tests + 1))
  what=$1
  shift
  if "$@"; then echo "ok $tests - $what"; else echo "not ok $tests - $what"; fi
}

# gives STATUS COMMAND...: its exit status; leaves out and err
gives() {
  wanted=$1
  shift
  "$@" >out 2>err </dev/null
  got=$?
  [ $got -eq "$wanted" ] && return 0
  echo "# exit status $got, not $wanted: $*"
  sed 's/^/# /' err
  return 1
}

# says TEXT...: the last command's standard error has each of the texts
says() {
  for text; do
    grep -qF -- "$text" err && continue
    echo "# '$text' is not in:"
    sed 's/^/# /' err
    return 1
  done
}

one_line() {
  [ "$(wc -l <err)" -eq 1 ] && [ "$(wc -c <err)" -lt 700 ] && ! [ -s out ] && return 0
  echo "# not one message and nothing else:"
  sed 's/^/# /' out err | head -20
  return 1
}

refuses() { gives 2 "$assay" "$@" && one_line; }

# mistake "TEXT|TEXT" ARGUMENT...: status 2 and one line that has the texts
mistake() {
  texts=$1
  shift
  tests=$((tests + 1))
  good=true
  refuses "$@" || good=false
  while [ -n "$texts" ]; do
    says "${texts%%|*}" || good=false
    case $texts in *"|"*) texts=${texts#*|} ;; *) texts= ;; esac
  done
  if $good; then echo "ok $tests - $*"; else echo "not ok $tests - $*"; fi
}

skip() {
  tests=$((tests + 1))
  echo "ok $tests - $1 # SKIP $2"
}

# same_report A B: the JSON reports agree but for times and the surroundings
same_report() {
  python3 - "$1" "$2" <<'PYTHON'
import json, sys
def clean(x):
    if isinstance(x, dict):
        return {k: clean(v) for k, v in x.items() if "seconds" not in k and k not in ("command", "started", "machine")}
    return [clean(v) for v in x] if isinstance(x, list) else x
a, b = (json.dumps(clean(json.load(open(f))), sort_keys=True) for f in sys.argv[1:])
if a != b:
    at = next(i for i, (x, y) in enumerate(zip(a + " ", b + " ")) if x != y)
    print("# they differ at:", a[max(0, at - 80):at + 80], "\n# and:", b[max(0, at - 80):at + 80])
    sys.exit(1)
PYTHON
}

intact() { [ "$(sqlite3 "$1" 'PRAGMA integrity_check')" = ok ]; }

plan() { echo "1..$tests"; }
