"""What it costs: ours, the library or peer, and the floor, measured in one run."""
