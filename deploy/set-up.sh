#!/bin/sh
# Makes the environment of a checkout: Python packages by their hashes, htmx from npm.
# As root on Debian it also installs what tests and pages need from Debian; otherwise it says what is missing.
set -eu
python=${1:-python3}
say() { printf 'set-up: %s\n' "$*" >&2; }

wanted=""
"$python" -c 'import ensurepip' 2>/dev/null || wanted="$wanted python3-venv"
command -v npm >/dev/null || wanted="$wanted npm"
command -v chromium >/dev/null || wanted="$wanted chromium"
command -v pdftotext >/dev/null || wanted="$wanted poppler-utils"
command -v qpdf >/dev/null || wanted="$wanted qpdf"
command -v exiftool >/dev/null || wanted="$wanted libimage-exiftool-perl"
command -v soffice >/dev/null || wanted="$wanted libreoffice-writer-nogui"
command -v curl >/dev/null || wanted="$wanted curl"
command -v unzip >/dev/null || wanted="$wanted unzip"
command -v systemd-analyze >/dev/null || wanted="$wanted systemd"  # not to run it: to judge the unit; brings libseccomp2
command -v systemd-nspawn >/dev/null || wanted="$wanted systemd-container"  # make faults boots the unit
command -v debootstrap >/dev/null || wanted="$wanted debootstrap"
command -v softhsm2-util >/dev/null || wanted="$wanted softhsm2"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || wanted="$wanted postgresql"
command -v strace >/dev/null || wanted="$wanted strace"
[ -e /usr/share/fonts/truetype/noto/NotoNaskhArabic-Regular.ttf ] || wanted="$wanted fonts-noto-core"
[ -e /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc ] || wanted="$wanted fonts-noto-cjk"
if [ -n "$wanted" ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "installing from Debian:$wanted"
        apt-get update -qq
        # shellcheck disable=SC2086  # several packages
        DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $wanted >/dev/null
    else
        say "not here, and only root can install them:$wanted (tests that need them say so and are skipped)"
    fi
fi

say "making .venv"
"$python" -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
.venv/bin/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
# the wheel of the identity provider that tests use brings a package `tests` of its own, which would be found before ours
rm -rf .venv/lib/python3*/site-packages/tests

if command -v npm >/dev/null; then
    say "bringing what pages use from npm"
    npm ci --silent --ignore-scripts --no-audit --no-fund
    mkdir -p portal/web/static/vendor
    cp node_modules/htmx.org/dist/htmx.min.js portal/web/static/vendor/
else
    say "npm isn't here: the portal works without scripts"
fi
