"""What every server has to know of its gateway, as docs/deployment.md lists it, stands in every set of files."""

import re

import pytest
from deployed import DEPLOY, ROOT

PAGE = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
SETS = {
    "compose": ["compose.yml"],
    "kubernetes": ["kubernetes/base/*.yaml", "kubernetes/overlays/*/*.yaml"],
    "lambda": ["lambda/template.yaml"],
}


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("variable", ["MCP_ALLOWED_HOSTS", "MCP_ECHO_STATE_SECRET"])
def test_it_is_set_wherever_there_are_servers(name: str, variable: str) -> None:
    assert f"| `{variable}` |" in PAGE
    texts = [file.read_text(encoding="utf-8") for pattern in SETS[name] for file in DEPLOY.glob(pattern)]
    assert re.search(rf"\b{variable}\b", "".join(texts))
