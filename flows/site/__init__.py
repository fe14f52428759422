"""The report: a static site of what a store holds, which opens from a disk with no server and no network."""
