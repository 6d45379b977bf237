"""Logging: one line per event, as text or JSON, with the event's facts as fields."""

import json
import logging
import sys
import time
from logging.handlers import WatchedFileHandler
from typing import Any

from mcp_echo_core.errors import ConfigurationError
from mcp_echo_core.settings import Settings

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}


def facts(record: logging.LogRecord) -> dict[str, Any]:
    """The fields an event was logged with, in the order they were given."""
    return {name: value for name, value in vars(record).items() if name not in _STANDARD and value is not None}


def _escaped(text: str) -> str:
    """A text that stays on one line and moves no cursor, whatever a client put into it."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def _quoted(value: str) -> str:
    """A value from which no second field can grow."""
    return json.dumps(value, ensure_ascii=False) if not value or set(value) & set(' ="') else value


class TextFormatter(logging.Formatter):
    """Lines of the form ``time level logger event name=value …``."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        parts = [_timestamp(record), record.levelname, record.name, record.getMessage()]
        parts += [f"{name}={_quoted(str(value))}" for name, value in facts(record).items()]
        if record.exc_info:
            parts.append(self.formatException(record.exc_info))
        return _escaped(" ".join(parts))


class JsonFormatter(logging.Formatter):
    """One JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        event = {
            "time": _timestamp(record),
            "level": record.levelname,
            "logger": record.name,
            "event": record.getMessage(),
            **facts(record),
        }
        if record.exc_info:
            event["exception"] = self.formatException(record.exc_info)
        return json.dumps(event, default=str)


def configure(settings: Settings) -> None:
    """Send this package's and the engine's log lines where the settings say.

    Raises:
        ConfigurationError: ``LOG_FILE`` cannot be written.
    """
    try:
        handler: logging.Handler = (
            WatchedFileHandler(settings.log_file, encoding="utf-8")
            if settings.log_file
            else logging.StreamHandler(sys.stderr)
        )
    except OSError as error:
        raise ConfigurationError(
            "LOG_FILE", settings.log_file, f"the file cannot be opened: {error.strerror}"
        ) from None
    handler.setFormatter(JsonFormatter() if settings.log_format == "json" else TextFormatter())
    # The engine's access log would show URLs as they came; ours says more, with less in it.
    logging.getLogger("uvicorn.access").disabled = True
    for name in ("mcp_echo_core", "uvicorn"):
        logger = logging.getLogger(name)
        for old in logger.handlers:
            old.close()
        logger.handlers = [handler]
        logger.setLevel(settings.log_level if name == "mcp_echo_core" else max(logging.WARNING, logger.level))
        logger.propagate = False


def _timestamp(record: logging.LogRecord) -> str:
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(record.created))}.{int(record.msecs):03d}Z"
