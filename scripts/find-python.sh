#!/bin/sh
# Print the first command that really runs Python 3.11, 3.12 or 3.13; say what is missing otherwise.
# Each candidate is run, not just looked up: a pyenv shim or an app-store stub is on PATH and yet fails.

in_range='import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'

for candidate in "${PYTHON:-}" python3 python3.13 python3.12 python3.11 python; do
    [ -n "$candidate" ] || continue
    if "$candidate" -c "$in_range" >/dev/null 2>&1; then
        echo "$candidate"
        exit 0
    fi
done

cat >&2 <<'MESSAGE'
No Python 3.11, 3.12 or 3.13 was found: none of python3, python3.13, python3.12, python3.11 and python runs one.
Install one of them (python.org, your system's package manager, pyenv or uv), or name one: make discover PYTHON=/path/to/python3.12
MESSAGE
exit 1
