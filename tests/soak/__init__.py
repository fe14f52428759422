"""A soak: a scheduled deployment on a real server and worker, files that come and go, readers all the while."""
