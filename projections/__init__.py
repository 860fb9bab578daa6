"""Read models: tables built from events, rebuilt at will; the objects as JSON."""
