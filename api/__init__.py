"""HTTP commands and queries, command line and wiring."""
