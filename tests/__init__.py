"""Tests of Winnow."""

import os

if os.environ.get("PYTEST_XDIST_WORKER", "gw0") != "gw0":
    # Beside other processes of the suite, threads of Polars wait for one another and nothing is faster: a run takes
    # 15 % less processor time without. One process keeps them, and the laws, which begin there: an order that only
    # threads disturb is still seen. Polars reads this as it is imported, so it stands here.
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
