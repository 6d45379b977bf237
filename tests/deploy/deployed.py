"""Where the files for deployment are, and how they are read."""

from pathlib import Path
from typing import Any

import yaml
from check_jsonschema.builtin_schemas import get_builtin_schema
from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"


def documents(text: str) -> list[Any]:
    """The documents of a YAML text."""
    return [document for document in yaml.safe_load_all(text) if document is not None]


def document(path: Path) -> Any:
    """The one document of a YAML file."""
    (found,) = documents(path.read_text(encoding="utf-8"))
    return found


def against_schema(value: Any, name: str) -> list[str]:
    """Where a value breaks one of the published schemas that ``check-jsonschema`` carries, and how."""
    schema = get_builtin_schema(f"vendor.{name}")
    validator = validator_for(schema, default=Draft202012Validator)(schema)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]
