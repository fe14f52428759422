"""What can go wrong while the store is worked on, done to it on purpose; see `__main__`."""
