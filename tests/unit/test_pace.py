"""Heavy work leaves time for everything else."""

import asyncio

import pytest

from mcp_echo_core.pace import REST, Pace


async def test_after_work_comes_a_rest_that_is_longer() -> None:
    pace, loop = Pace(), asyncio.get_running_loop()
    async with pace:
        began = loop.time()
        await asyncio.to_thread(sum, range(200_000))
        took = loop.time() - began
    async with pace:
        assert loop.time() - began >= took * (1 + REST) * 0.99


async def test_work_is_done_one_piece_at_a_time_and_a_failure_does_not_stop_it() -> None:
    pace = Pace()
    running = 0

    async def work(number: int) -> None:
        nonlocal running
        async with pace:
            running += 1
            assert running == 1
            await asyncio.sleep(0)
            running -= 1
            if number == 1:
                raise ValueError

    done = await asyncio.gather(*(work(number) for number in range(3)), return_exceptions=True)
    assert [type(each) for each in done] == [type(None), ValueError, type(None)]


async def test_who_gives_up_waiting_leaves_the_turn_to_others() -> None:
    pace = Pace()
    pace._rested = asyncio.get_running_loop().time() + 60
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(pace.__aenter__(), 0.01)
    pace._rested = 0.0
    async with asyncio.timeout(1), pace:
        pass
