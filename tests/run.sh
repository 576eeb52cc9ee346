#!/bin/sh
# All tests, each once: what needs no other server against the built wheel, from another folder; the rest in the tree; and on
# PostgreSQL, too, what a database can break and, of the others that need no other server, one in eight (`make postgresql`: all
# of these). All that fails is told, not what failed first.
set -eu
unset PYTHONDONTWRITEBYTECODE  # else each of the hundreds of processes compiles all that it reads
here=$(pwd)
bin="$here/.venv/bin"
failed=0
rm -rf build/wheel && mkdir -p build/wheel/site
"$bin/python" -m hatchling build -t wheel -d build/wheel >/dev/null
"$bin/pip" install --quiet --disable-pip-version-check --no-deps --target build/wheel/site build/wheel/*.whl
cp -r tests pyproject.toml build/wheel/
(
    cd build/wheel
    PORTAL_WHEEL=site PYTHONPATH="$here/build/wheel/site" \
        "$bin/python" -m pytest -q -n 3 --dist worksteal -m "not (slow or e2e or checkout)" -o pythonpath=site
) || failed=1
"$bin/python" -m pytest -q -n 2 --dist worksteal -m "(e2e or checkout) and not slow" || failed=1
seed=$(date +%s)
echo "on PostgreSQL: what a database can break, and one in eight of the others, drawn by PORTAL_TESTS_DRAWN=$seed"
PORTAL_TEST_DATABASE=postgresql PORTAL_TESTS_DRAWN="$seed" \
    "$bin/python" -m pytest -q -n 3 --dist worksteal -m "not slow and (database or not e2e)" || failed=1
exit "$failed"
