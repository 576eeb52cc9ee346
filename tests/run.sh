#!/bin/sh
# All tests in the tree; then the wheel is built and the tests that need no other server run against it from elsewhere.
set -eu
here=$(pwd)
bin="$here/.venv/bin"
"$bin/python" -m pytest -q -n 2 --dist loadgroup -m "not slow"

rm -rf build/wheel && mkdir -p build/wheel/site
"$bin/python" -m hatchling build -t wheel -d build/wheel >/dev/null
"$bin/pip" install --quiet --disable-pip-version-check --no-deps --target build/wheel/site build/wheel/*.whl
cp -r tests pyproject.toml build/wheel/
cd build/wheel
PORTAL_WHEEL=site PYTHONPATH="$here/build/wheel/site" \
    "$bin/python" -m pytest -q -n 2 --dist loadgroup -m "not slow and not e2e" -o pythonpath=site
