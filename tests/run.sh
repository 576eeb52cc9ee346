#!/bin/sh
# All tests, each once: what needs no other server against the built wheel, from another folder; the rest in the tree; and on
# PostgreSQL, too, what a database can break and one in eight of the others. All that fails is told, not what failed first.
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
# `make postgresql` runs all of them there
PORTAL_TEST_DATABASE=postgresql "$bin/python" -m pytest -q -n 3 --dist worksteal -m "not slow" \
    tests/storage/test_schema.py tests/storage/test_triggers.py tests/storage/test_guards.py tests/storage/test_keyring.py \
    tests/storage/test_audit_records.py tests/storage/test_database.py tests/portal/test_work.py tests/portal/test_replicas.py \
    tests/portal/audit/test_sequencer.py tests/portal/usecases/test_reports.py tests/portal/usecases/test_register.py \
    tests/portal/usecases/test_handovers.py tests/portal/web/test_wrong_codes.py tests/portal/test_upgrades.py \
    tests/portal/usecases/test_backups.py::test_a_backup_made_while_others_write_is_of_one_moment \
    tests/portal/usecases/test_restores.py::test_a_portal_comes_back_with_every_row_and_every_text || failed=1
seed=$(date +%s)
echo "and of all others one in eight, drawn by PORTAL_TESTS_DRAWN=$seed"
PORTAL_TEST_DATABASE=postgresql PORTAL_TESTS_DRAWN="$seed" \
    "$bin/python" -m pytest -q -n 3 --dist worksteal -m "not (slow or e2e)" || failed=1
exit "$failed"
