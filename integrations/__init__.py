"""Other systems: calls that belong to commands, run from the log, and one adapter a system (spec 5)."""
