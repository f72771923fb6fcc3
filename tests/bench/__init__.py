"""Speed (``make bench``): every contender its own process on loopback, one run, one table. Not a test."""
