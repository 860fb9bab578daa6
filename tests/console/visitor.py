"""A browser without a screen: it keeps cookies, reads forms and sends them."""

import re
from typing import Any

import requests

from tests.api.site import PASSWORD, Site

CSRF = re.compile(r'name="csrf" value="([0-9a-f]+)"')


class Visitor:
    """One person at the pages of a site."""

    def __init__(self, site: Site) -> None:
        self.url = site.url
        self.session = requests.Session()
        self.session.trust_env = False

    def get(self, path: str, **headers: str) -> requests.Response:
        return self.session.get(self.url + path, headers=headers, timeout=30, allow_redirects=False)

    def post(self, path: str, form: dict[str, Any] | None = None, **headers: str) -> requests.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.session.post(self.url + path, data=form, headers=sent, timeout=30, allow_redirects=False)

    def token(self, path: str) -> str:
        """What the forms of a page carry."""
        found = CSRF.search(self.get(path).text)
        assert found is not None
        return found[1]

    def sign_in(self, username: str, password: str = PASSWORD, **more: str) -> requests.Response:
        csrf = self.token("/console/sign-in/")
        return self.post("/console/sign-in/", {"csrf": csrf, "username": username, "password": password, **more})


def visitor(site: Site, username: str = "admin") -> Visitor:
    """Somebody who has signed in."""
    made = Visitor(site)
    assert made.sign_in(username).status_code == 303
    return made
