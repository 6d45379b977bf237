"""Fails when a module or function has grown beyond what can be read at once, or two test modules share a name."""

import ast
import sys
from collections import Counter
from pathlib import Path

MAX_MODULE_LINES = 300
MAX_FUNCTION_LINES = 50
FOLDERS = ("src", "tests", "benchmarks", "scripts")


def main() -> int:
    """Print what is too large; exit code 1 if anything is."""
    root = Path(__file__).resolve().parent.parent
    too_large = []
    for file in sorted(path for folder in FOLDERS for path in (root / folder).rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        name = file.relative_to(root)
        if (lines := text.count("\n")) > MAX_MODULE_LINES:
            too_large.append(f"{name}: {lines} lines")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > MAX_FUNCTION_LINES:
                    too_large.append(f"{name}:{node.lineno}: {node.name} has {lines} lines")
    # The modules of all test folders are imported by their bare names.
    names = Counter(path.name for path in (root / "tests").glob("*/*.py") if path.name != "conftest.py")
    too_large += [f"tests: {count} modules are called {name}" for name, count in names.items() if count > 1]
    print("\n".join(too_large) or "sizes: all modules and functions can be read at once")
    return bool(too_large)


if __name__ == "__main__":
    sys.exit(main())
