"""Heavy work leaves time for everything else."""

import asyncio
import sys
import threading

import pytest

from mcp_echo_core.pace import AT_A_TIME, BUSY_SWITCH, REST, Pace, beside


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


async def test_work_beside_runs_in_threads_a_few_at_a_time_and_a_long_one_keeps_no_short_one_waiting() -> None:
    usual, release, here = sys.getswitchinterval(), threading.Event(), threading.get_ident()
    switches: list[float] = []

    def short() -> int:
        switches.append(sys.getswitchinterval())
        return threading.get_ident()

    long = [asyncio.create_task(beside(release.wait, 5)) for _ in range(AT_A_TIME - 1)]
    idents = await asyncio.wait_for(asyncio.gather(*(beside(short) for _ in range(10))), 5)
    assert here not in idents
    assert all(switch == pytest.approx(BUSY_SWITCH) for switch in switches)
    release.set()
    assert await asyncio.gather(*long) == [True] * len(long)
    assert sys.getswitchinterval() == usual
