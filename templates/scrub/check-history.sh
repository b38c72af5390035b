#!/bin/sh
# For CI, where the forge takes no hooks: fails when HEAD, or any branch or tag that was fetched, has
# history which was rewritten to take secrets out. The file banned-ids lies beside it; what a later
# scrub bans is added to that file. Needs the whole history (actions/checkout: fetch-depth: 0;
# GitLab: GIT_DEPTH: 0).
set -u
export LC_ALL=C GIT_NO_REPLACE_OBJECTS=1 GIT_NO_LAZY_FETCH=1

fail() {
  printf '%s\n' "$@" >&2
  exit 1
}

banned=$(dirname -- "$0")/banned-ids
{ [ -r "$banned" ] && [ -s "$banned" ]; } || fail "failed: $banned is not there or empty, so nobody can tell old history from new"
shallow=$(git rev-parse --is-shallow-repository) || fail "failed: this is no git repository"
[ "$shallow" = false ] || fail \
  "failed: this is a shallow clone, and what it lacks may be the old history" \
  "Fetch all of it: git fetch --unshallow; in CI, fetch-depth: 0 (GitHub) or GIT_DEPTH: 0 (GitLab)."

refs=$(git for-each-ref --format='%(objectname) %(refname)') || fail "failed: git shows no refs"
head=$(git rev-parse --quiet --verify HEAD) && refs="$head HEAD
$refs"

# The first banned id that these reach, or are.
first() {
  {
    printf '%s\n' "$@"
    printf '%s\n' "$@" | git rev-list --stdin || echo broken 2>/dev/null
  } | awk 'FNR == NR { old[$1]; next } $1 == "broken" || $1 in old { print $1; exit }' "$banned" -
}

tips=$(printf '%s\n' "$refs" | awk 'NF { print $1 }' | sort -u)
[ -n "$tips" ] || exit 0
found=$(first "$tips") || fail "failed: the history could not be looked at"
[ "$found" != broken ] || fail "failed: git could not look at the history"
[ -n "$found" ] || exit 0

printf '%s\n' "$refs" | while read -r oid name; do
  found=$(first "$oid")
  [ -z "$found" ] || echo "failed: $name has $found, of the history before the secrets were taken out"
done >&2
fail \
  "Do not merge it: it would bring the secrets back. Move the commits onto the new history:" \
  "  git fetch --prune origin" \
  "  git rebase --onto origin/main OLD-MAIN YOUR-BRANCH    # OLD-MAIN: where main was when you began" \
  "or delete the branch or tag. A runner that keeps its clone: delete that clone."
