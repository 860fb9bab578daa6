"""Instore (spec 6.5): the page of a location's staff. A shell that the browser keeps, and JSON behind it, which asks
the API itself; so roles and locations are the API's."""
