"""The probe pointed at servers."""

from mcp_echo_core.client.wire import Wire
from mcp_echo_core.probe.check import Finding
from mcp_echo_core.probe.checks import CHECKS
from mcp_echo_core.probe.runner import Report, probe
from mcp_echo_core.probe.survey import Options


async def report_on(url: str, *ids: str, **options: object) -> Report:
    """What the probe finds at a URL, with these checks or all."""
    checks = [check for check in CHECKS if not ids or check.id in ids]
    assert not ids or len(checks) == len(ids), f"no such check among {ids}"
    async with Wire(5.0) as wire:
        return await probe(Options(url=url, timeout=5.0, **options), checks, lambda *_: None, wire)


async def finding_on(url: str, check_id: str, **options: object) -> Finding:
    """What one check finds at a URL."""
    return (await report_on(url, check_id, **options)).lines[0].finding
