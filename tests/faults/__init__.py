"""Harnesses that break runs at many points; started by make, no part of `make test`."""
