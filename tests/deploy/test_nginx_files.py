"""The nginx files: no header that names a user comes from a client, no instance is chosen by session."""

import re

from deployed import DEPLOY, identity_names

FOLDER = DEPLOY / "nginx"
DIRECTIVE = re.compile(r"^\s*proxy_set_header (\S+) (\S+);", re.MULTILINE)


def test_no_client_says_who_it_is_by_itself() -> None:
    set_to = {name.lower(): value for name, value in DIRECTIVE.findall(snippet("identity_headers"))}
    assert set(set_to) >= identity_names()
    told = {name for name, value in set_to.items() if value != '""'}
    assert {set_to[name] for name in told} <= set(re.findall(r"auth_request_set (\$\w+)", snippet("identity")))


def test_every_way_to_a_server_sets_those_headers() -> None:
    assert "include snippets/identity_headers.conf;" in snippet("proxy")
    for file in ("endpoint", "dashboard"):
        for location in snippet(file).split("location ")[1:]:
            if "proxy_pass" in location:
                assert "include snippets/proxy.conf;" in location
                # A directive of the same kind would replace what is inherited, not what the same block includes.
                assert location.index("{") < location.index("include snippets/proxy.conf;")


def test_no_instance_is_chosen_by_session() -> None:
    for file in FOLDER.rglob("*.conf"):
        assert not re.search(r"^\s*(hash|ip_hash|sticky)\b", file.read_text(encoding="utf-8"), re.MULTILINE), file.name


def snippet(name: str) -> str:
    return (FOLDER / "snippets" / f"{name}.conf").read_text(encoding="utf-8")
