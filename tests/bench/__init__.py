"""What the engine finds and what it costs, beside other tools: `make bench`."""
