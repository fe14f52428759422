"""The outside world: the inbox, the store, Prefect, Great Expectations, the command line. No row logic."""
