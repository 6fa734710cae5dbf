#!/bin/sh
# Installs what the tests of other engines run beside ours. Each test skips where its engine is missing, so this is for
# machines that should run them all, such as CI's. Nothing is installed twice.
set -eu
cd "$(dirname "$0")/.."

echo "Installing PySpark into .venv"
.venv/bin/python -m pip --version >/dev/null 2>&1 || .venv/bin/python -m ensurepip --default-pip >/dev/null
.venv/bin/python -m pip install -qq --disable-pip-version-check --require-hashes -r tests/engines/requirements.lock

if command -v npm >/dev/null; then
    echo "Installing JsonLogic and axe for Node"
    (cd tests/engines && npm ci --silent --no-audit --no-fund)
else
    echo "No npm here: the tests of JsonLogic and of accessibility will be skipped."
fi

# PostgreSQL: any version that is there will do; on a Debian machine of our own it can be had by name.
if ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null; then
    echo "PostgreSQL is here"
elif [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing PostgreSQL"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql >/dev/null
else
    echo "No PostgreSQL here: its tests will be skipped."
fi

if ! command -v java >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Java for Spark"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq openjdk-17-jre-headless >/dev/null
fi

# The report's scripts are tested in the system's own browser, driven by Playwright, which downloads none.
if command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null; then
    echo "A browser is here"
elif [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Chromium"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null
else
    echo "No Chromium here: the tests of the report in a browser will be skipped."
fi
