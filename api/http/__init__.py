"""The HTTP API (spec 3): one table of routes, from which the paths, the rights, the input checks and OpenAPI come."""
