"""What the head of a stream tells."""

from mcp_echo_core.stream_check.heads import coding, read_head

OURS = [
    ("content-type", "text/event-stream"), ("cache-control", "no-cache, no-transform"), ("x-accel-buffering", "no"),
    ("transfer-encoding", "chunked"), ("date", "today"),
]  # fmt: skip


def remark(headers: list[tuple[str, str]], name: str, *, ours: bool = True) -> str | None:
    found = {field.name: field.remark for field in read_head(headers, ours=ours)}
    return found.get(name)


def without(name: str) -> list[tuple[str, str]]:
    return [field for field in OURS if field[0] != name]


def test_what_our_servers_send_arrives_whole() -> None:
    assert [field.name for field in read_head(OURS, ours=True)] == [
        "Content-Type", "Cache-Control", "X-Accel-Buffering", "Transfer-Encoding",
    ]  # fmt: skip
    assert "no nginx has taken it off" in (remark(OURS, "X-Accel-Buffering") or "")


def test_a_header_that_an_nginx_took_off_is_told() -> None:
    assert "has been taken off" in (remark(without("x-accel-buffering"), "X-Accel-Buffering") or "")


def test_of_another_server_nobody_knows_what_it_sent() -> None:
    told = remark(without("x-accel-buffering"), "X-Accel-Buffering", ours=False)
    assert told == "not sent, or taken off by an nginx"
    assert "would ask" in (remark(without("cache-control"), "Cache-Control", ours=False) or "")


def test_a_changed_cache_control_is_told() -> None:
    changed = [*without("cache-control"), ("Cache-Control", "private")]
    assert remark(changed, "Cache-Control") == "was sent as 'no-cache, no-transform'"


def test_compression_of_our_streams_comes_from_the_way() -> None:
    packed = [*OURS, ("Content-Encoding", "gzip")]
    assert "on the way" in (remark(packed, "Content-Encoding") or "")
    assert remark(packed, "Content-Encoding", ours=False) == "compressed"
    assert coding(read_head(packed, ours=True)) == "gzip"
    assert coding(read_head(OURS, ours=True)) is None
    assert coding(read_head([*OURS, ("Content-Encoding", "identity")], ours=True)) is None


def test_a_stream_of_known_length_was_held() -> None:
    assert "complete before" in (remark([*OURS, ("Content-Length", "900")], "Content-Length") or "")
