"""Does initialize give a session id?"""

from model_server import ModelServer
from probe_runs import Serve, finding_on


async def test_a_server_that_mints_an_id_is_told_so(serve: Serve) -> None:
    finding = await finding_on(await serve(ModelServer()), "session-minted")
    assert (finding.outcome, finding.answer) == ("passed", "YES")
