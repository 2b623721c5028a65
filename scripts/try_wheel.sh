#!/usr/bin/env bash
# Installs a wheel into a fresh environment of a new folder, scores a simulated study and opens the dashboard there
# (Linux): scripts/try_wheel.sh dist/deeptepp-0.1.0-py3-none-any.whl
# PACKAGES=FOLDER takes the packages that it needs from there, in place of installing them.
set -euo pipefail
unset PYTHONPATH
wheel=$(realpath "$1")
work=$(mktemp -d)
trap 'kill ${server:-} 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"

"${PYTHON:-python3}" -m venv venv
venv/bin/python -m pip install --quiet ${PACKAGES:+--no-deps} "$wheel"
if [ -n "${PACKAGES:-}" ]; then echo "$PACKAGES" > "$(echo venv/lib/python*/site-packages)/packages.pth"; fi
venv/bin/python -c "import deeptepp; print('installed in', deeptepp.__file__)" | grep --fixed-strings "$work/venv/"

printf '%s\n' 'sex = "F"' 'her2_status = "positive"' 'node_stage = "N1"' 'tumour_size_mm = 24.0' 'er_positive = false' \
    'is_invasive = true' 'had_biopsy_before_mr = false' 'had_neoadjuvant_therapy = false' > cp.toml
venv/bin/deeptepp simulate study --out demo
venv/bin/deeptepp score demo --cp cp.toml
venv/bin/deeptepp verify venv/lib/python*/site-packages/deeptepp/installed/artifacts/deeptepp-sim | tail -1

port=$(venv/bin/python -c "import socket; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1])")
venv/bin/deeptepp app --port "$port" > server.log 2>&1 &
server=$!
ask() { venv/bin/python -c "import sys, urllib.request as r; print(r.urlopen(sys.argv[1], timeout=9).read().decode())" "$1"; }
for _ in $(seq 240); do
    if ask "http://127.0.0.1:$port/readyz" 2>/dev/null; then break; fi
    kill -0 "$server" || { cat server.log; exit 1; }
    sleep 1
done
# 127.0.0.1 alone, as .streamlit/config.toml says.
grep --quiet " 0100007F:$(printf %04X "$port") 00000000:0000 0A" /proc/net/tcp
echo "healthz: $(ask "http://127.0.0.1:$port/healthz")"
