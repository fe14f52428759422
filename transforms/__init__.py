"""What happens to the data: pure functions from frames (or bytes) to frames.

Nothing here reads a clock, a disk or a network, and nothing here knows Prefect or Great Expectations. `flows` does
that and calls this package; this package never imports `flows`.
"""

__version__ = "0.1.0"
