"""How many examples the laws are tried on: few in `make test`, many more in `make laws`."""

import os
from typing import Final

TIMES: Final = int(os.environ.get("LAW_EXAMPLES_TIMES", "1"))


def count_examples(least: int) -> int:
    """`least` for each test run, or as many times more as LAW_EXAMPLES_TIMES says."""
    return least * TIMES
