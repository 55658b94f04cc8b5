#!/bin/sh
# Lighthouse (mobile preset) on the five pages that readers see most; every score must be 99.
#
#     sh benchmarks/lighthouse.sh http://127.0.0.1:8000     with `make demo` running
#
# Needs node, npm (which fetches Lighthouse into a folder of its own) and Chromium. Run it on an
# idle machine: the score of performance is one of time.
set -eu
site=${1:?the address of a running site}
least=${2:-99}
folder=${LIGHTHOUSE_FOLDER:-${TMPDIR:-/tmp}/patriot-lighthouse}
mkdir -p "$folder"
cd "$folder"
[ -x node_modules/.bin/lighthouse ] || npm install --no-audit --no-fund --silent lighthouse
CHROME_PATH=${CHROME_PATH:-$(command -v chromium || command -v google-chrome)}
export CHROME_PATH
report=$(curl -fsS "$site/" | grep -o '/reports/[a-z0-9_-]*/[0-9-]*/[0-9]*/' | head -n 1)
story=$(curl -fsS "$site$report" | grep -o '/stories/[0-9]*/' | head -n 1)
failed=0
for path in / "$report" "$story" /reports/ "/search/?q=bridge"; do
  node_modules/.bin/lighthouse "$site$path" --quiet --output=json --output-path=page.json \
    --chrome-flags="--headless --no-sandbox --disable-gpu" >/dev/null 2>&1
  node -e '
    const [least, path] = process.argv.slice(1);
    const page = JSON.parse(require("fs").readFileSync("page.json"));
    const scores = Object.values(page.categories).map((c) => [c.title, Math.round(c.score * 100)]);
    console.log(path.padEnd(44), scores.map(([title, score]) => `${title} ${score}`).join(", "));
    const weak = Object.values(page.categories).flatMap((c) => c.auditRefs)
      .filter((ref) => ref.weight && page.audits[ref.id].score !== null && page.audits[ref.id].score < 0.9)
      .map((ref) => `  ${ref.id}: ${page.audits[ref.id].displayValue || page.audits[ref.id].title}`);
    if (weak.length) console.log(weak.join("\n"));
    process.exit(scores.some(([, score]) => score < least) ? 1 : 0);
  ' "$least" "$path" || failed=1
done
exit $failed
