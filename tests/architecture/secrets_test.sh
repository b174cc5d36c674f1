#!/usr/bin/env bash
# Git ignores the files that users are told to put passwords, tokens and keys in.
set -euo pipefail
cd "$(dirname "$0")/../.."

[ -e .git ] || exit 0  # of a release there is no repository
examples=$(find deploy -name '*env.example')
[ -n "$examples" ] || { echo "deploy/ has no example of a file with secrets" && exit 1; }
named=$(grep -oE '> *secrets/[a-z]+' README.md | tr -d '> ') || { echo "README names no file in secrets/" && exit 1; }
failed=0
# container/env.example is copied to .env, any other to its own name.
for file in $(sed -e 's|/env\.example$|/.env|' -e 's|\.example$||' <<<"$examples") \
  $named .run/readcount.env; do
  git check-ignore -q "$file" && continue
  echo "git does not ignore $file, which holds secrets: see .gitignore"
  failed=1
done
exit $failed
