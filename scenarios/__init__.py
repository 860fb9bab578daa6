"""Rules, the pure planner, and the worker that plans orders."""
