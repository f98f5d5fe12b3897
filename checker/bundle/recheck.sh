#!/bin/sh
# Checks the proofs in this folder with a solver alone, without the tool that made it.
#
#   sh recheck.sh [SOLVER]      SOLVER: cvc5 or z3, or a path to one; else the first that is there
#
# 1. No file is changed, gone or new: SHA256SUMS.
# 2. Each script in proofs/ asks one question, and the solver answers it with `unsat`.
# 3. Each proof has its scripts: proofs/index.tsv.
#
# It checks proofs and nothing else; what is violated, undecided or not proved is listed: verdicts.tsv.
#
# Exit codes: 0 all of it is so; 1 something is not, and is named; 2 it cannot be told.
set -u
LC_ALL=C
export LC_ALL
cd "$(dirname "$0")" || exit 2
bad=0
fail() { echo "FAILED $1: $2"; bad=1; }

command -v sha256sum >/dev/null 2>&1 || { echo "sha256sum is needed"; exit 2; }
solver=${1:-}
if [ -z "$solver" ]; then
    for s in cvc5 z3; do
        if command -v "$s" >/dev/null 2>&1; then solver=$s; break; fi
    done
fi
[ -n "$solver" ] || { echo "cvc5 or z3 is needed"; exit 2; }
command -v "$solver" >/dev/null 2>&1 || { echo "there is no $solver"; exit 2; }

# 1. The manifest is made anew and compared; its lines are `digest, two blanks, path`.
[ -f SHA256SUMS ] || { echo "FAILED SHA256SUMS: it is not there"; exit 1; }
# Names are of letters, digits and `_./-`, and every line of `find` begins with a dot: a name with a
# blank, a newline or a pattern in it would be taken for others below.
find . ! -type d | grep -v '^\./[A-Za-z0-9_./-]*$' | {
    odd=0
    while IFS= read -r f; do
        echo "FAILED $f: no file of a bundle has such a name"
        odd=1
    done
    exit "$odd"
} || exit 1
find . ! -type d ! -type f | {
    odd=0
    while IFS= read -r f; do
        echo "FAILED ${f#./}: it is no file of its own"
        odd=1
    done
    exit "$odd"
} || exit 1
there=$(find . ! -type d ! -path ./SHA256SUMS | sed 's|^\./||' | sort)
listed=$(sed 's/^[0-9a-f]*  //' SHA256SUMS | sort)
[ "$there" = "$listed" ] || {
    for f in $there; do
        grep -q "^[0-9a-f]*  $f\$" SHA256SUMS || fail "$f" "it is not in SHA256SUMS"
    done
    for f in $listed; do [ -f "$f" ] || fail "$f" "it is not there"; done
    [ "$bad" = 1 ] || fail SHA256SUMS "it does not list each file once"
}
for f in $there; do
    grep -q "^[0-9a-f]*  $f\$" SHA256SUMS || continue # It was said above.
    line=$(sha256sum "$f") || { fail "$f" "it cannot be read"; continue; }
    grep -qxF "$line" SHA256SUMS || fail "$f" "its bytes are not those of SHA256SUMS"
done
[ "$(grep -cvE '^[0-9a-f]{64}  [A-Za-z0-9_./-]+$' SHA256SUMS)" = 0 ] ||
    fail SHA256SUMS "a line of it is no digest and path"
[ "$bad" = 0 ] && echo "files: $(echo "$there" | wc -l | tr -d ' '), none is changed"

# 2. Nothing but declarations, assertions and one question may stand in a script.
count=0
for f in proofs/*.smt2; do
    [ -f "$f" ] || continue
    count=$((count + 1))
    if [ "$(grep -cx '(check-sat)' "$f")" != 1 ] || [ "$(grep -c '(check-sat' "$f")" != 1 ] ||
        ! grep -q '^(assert ' "$f" ||
        grep -qE '^\((set-option|define|push|pop|reset|exit|echo|include|get)|\((exit|echo|reset)' "$f"
    then
        fail "$f" "it is no script of one question"
        continue
    fi
    answer=$("$solver" "$f" 2>&1)
    [ "$answer" = unsat ] || fail "$f" "$solver says: $(echo "$answer" | head -n 1)"
done

# 3. What each proof rests on.
if [ -f proofs/index.tsv ]; then
    tab=$(printf '\t')
    while IFS=$tab read -r property f; do
        [ -f "$f" ] || fail "$f" "the proof of $property rests on it, and it is not there"
    done <proofs/index.tsv
    for f in proofs/*.smt2; do
        [ -f "$f" ] || continue
        grep -qF "$tab$f" proofs/index.tsv || fail "$f" "no proof rests on it"
    done
fi

if [ "$bad" = 0 ]; then
    echo "scripts: $count, $solver says unsat to each"
    [ -f proofs/index.tsv ] && cut -f 1 proofs/index.tsv | uniq -c |
        while read -r n property; do echo "  $property: proved by $n of them"; done
fi

# What is no proof, by what the bundle says of it.
[ -f verdicts.tsv ] || { echo "FAILED verdicts.tsv: it is not there"; exit 1; }
tab=$(printf '\t')
others=0
while IFS=$tab read -r property outcome strength; do
    case $outcome,$strength in
    holds,proved*)
        grep -q "^$property$tab" proofs/index.tsv 2>/dev/null ||
            fail verdicts.tsv "it says that $property is proved, and no script is of it"
        continue
        ;;
    esac
    [ "$others" = 0 ] && echo "Proofs only are checked here. Of these properties there is none, and nothing was checked:"
    others=1
    echo "  $property: $outcome${strength:+, $strength}"
done <verdicts.tsv
[ "$others" = 1 ] || [ "$bad" = 1 ] || echo "Proofs only are checked here; each property has one."
exit "$bad"
