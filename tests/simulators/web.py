"""`requests` for tests: a server that hangs fails the test instead of the whole run."""

from functools import partial

import requests

get = partial(requests.get, timeout=10)
put = partial(requests.put, timeout=10)
post = partial(requests.post, timeout=10)
patch = partial(requests.patch, timeout=10)
delete = partial(requests.delete, timeout=10)
