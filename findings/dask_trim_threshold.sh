#!/usr/bin/env bash
# Numerical work in a worker that dask starts spends several times the system time of the same work in a process of
# its own: the nanny sets MALLOC_TRIM_THRESHOLD_=65536 for it.
#
# Versions: dask 2026.8.0, distributed 2026.8.0, numpy 2.4.6; Python 3.11 on Linux with glibc.
#
# 200 temporary arrays of 2 MB are filled, one after the other.
#
# Seen                                        page faults
#   a process of its own                      0: the memory of the array before is used again
#   a worker of LocalCluster                  about 102,000: 513 for each array
#   the same, pre-spawn-environ without it    below 100
#
# glibc raises its threshold for mapped memory (128 kB at first) to the size of the largest array that was given back,
# up to 32 MB. Whoever sets the trim threshold, to whatever value, ends that for good (mallopt(3), "dynamic mmap
# threshold"): every array above 128 kB is mapped, cleared by the kernel page by page and unmapped again. The
# documentation of dask tells of the variable as a way to give memory back sooner, not of this price. DeepTEPP starts
# its own workers without it; a study took 2.3 CPU seconds by itself, 5.1 in a worker with it and 2.8 without.
#
# Exits 1 where dask no longer behaves so. Installs into a folder of its own and removes it.
set -euo pipefail
unset MALLOC_TRIM_THRESHOLD_ MALLOC_MMAP_THRESHOLD_ GLIBC_TUNABLES

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet "dask==2026.8.0" "distributed==2026.8.0" "numpy==2.4.6"
cat > "$work/faults.py" <<'PY'
"""Count the page faults of work in a process of its own and in two workers of dask."""

import multiprocessing
import os
import resource
from concurrent.futures import ProcessPoolExecutor

import dask
import numpy as np
from distributed import Client, LocalCluster

PAGES = 2 * 2**20 // resource.getpagesize()
N = 200


def faults():
    """Fill temporary arrays of 2 MB; count the page faults of all but the first ten."""
    for _ in range(10):
        np.ones(2**18)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(N):
        np.ones(2**18)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def in_worker(**environment):
    """Count in a worker of a local cluster, which is told these variables where some are given."""
    chosen = {"distributed.nanny.pre-spawn-environ": environment} if environment else {}
    with dask.config.set(chosen), LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0") as cluster:
        with Client(cluster) as client:
            return client.submit(faults).result(), client.submit(os.environ.get, "MALLOC_TRIM_THRESHOLD_").result()


def main():
    """Count, print and tell whether it is as described."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        alone = pool.submit(faults).result()
    mended, unset = in_worker(OMP_NUM_THREADS="1")
    # The last, since a nanny leaves its variables in the process that starts it.
    usual, threshold = in_worker()
    print("dask", dask.__version__, " numpy", np.__version__)
    for name, found in (("a process of its own", alone), ("a worker", usual), ("a worker without it", mended)):
        print(f"{name:22} {found:8} page faults, {found / N:7.1f} for each array of {PAGES} pages")
    holds = threshold == "65536" and unset is None and usual > 0.9 * N * PAGES and max(alone, mended) < 0.1 * N * PAGES
    print("as described" if holds else "CHANGED")
    raise SystemExit(not holds)


if __name__ == "__main__":
    main()
PY
"$work/venv/bin/python" "$work/faults.py"
