"""Spans and metrics for OpenTelemetry (extra ``otel``), by its semantic conventions for MCP.

Only ``configuration.py`` is imported where no ``OTEL_*`` variable asks for telemetry. What is told of an exchange is
decided in ``facts.py``, which traces it belongs to in ``contexts.py``; ``telemeter.py`` hands it to the SDK.
"""
