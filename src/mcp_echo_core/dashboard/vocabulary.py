"""Words that stand in records whatever a bin is called: where one is a bin's name, it tells nothing as it stands."""

import re

MIN_NAME = 4
"""Characters from which a name is one that does not turn up by chance."""

_PROTOCOL = """
    accept accepted action agent allow annotations anonymous application argument arguments array assistant audience
    audio auth authorization base64 batch bearer before begin blob body bool boolean browser bytes cache cacheable
    cached call calls cancel cancelled capabilities capability change changed charset chat chunked claude client
    clientcapabilities clientinfo clients close code color complete completion completions complex connection content
    contents context control cookie count create created cross current cursor custom dashboard data date debug decline
    default deflate delete description destructive discover duration echo elicit elicitation empty encoding endpoint
    enum error errors event events example exchange experimental expires failed false field fields file first float
    form format forwarded from get gzip hello handle head header headers health hints host html http https icons id
    identity idempotent image implementation info initialize initialized inner input inputrequests inputresponses
    inputschema inspector instance instructions integer internal invalid items iserror json jsonrpc keep keepalive key
    kind lang language last legacy length level limit line link list listchanged listen local localhost location logger
    logging long maximum message messages meta method methods mime mimetype minimum missing model modern name names
    nextcursor node none notice notification notifications null number object offset open openapi options origin
    output outputschema page param parameter params parse password path ping plain port post pragma priority progress
    progresstoken prompt prompts properties property protocol protocolversion public python query queue quoted read
    readonly ready reason receive received record referer relay request requested requestid requests requeststate
    required resource resources response result results resulttype resume retry role root roots rule same sample
    sampling schema second seconds secure seen select send sent server serverinfo service session sessions short site
    size source spec stack start state static status stdio stop store stream streamable string structured
    structuredcontent subject subscribe subscribed subscription subscriptions success supported symptom system task
    tasks template templates test text than this time timeout timestamp title token tool tools total traceid trailer
    transfer true type unknown unsubscribe unsupported update updated upgrade uppercase uris user utf-8 value values
    vary version view view-key visible warning watch when window with word words working world write x-forwarded-for
    accept-encoding accept-language authcontext bearerdecode cache-control content-encoding content-length
    content-type corsanalysis echobinary environmentdump healthprobe if-none-match keep-alive last-event-id
    mcp-echo-instance mcp-method mcp-name mcp-protocol-version mcp-session-id no-cache no-store printheader
    replaylastecho requesttiming sessioninfo transfer-encoding user-agent whoisthegoat x-forwarded-host
    x-forwarded-proto x-real-ip x-request-id
"""

WORDS = frozenset(_PROTOCOL.lower().split())
_COMMON = re.compile(r"[0-9]+|[0-9]{4}-[0-9]{2}-[0-9]{2}")


def is_common(name: str) -> bool:
    """Whether a name, in lower case, turns up in records that have nothing to do with it."""
    return len(name) < MIN_NAME or name in WORDS or _COMMON.fullmatch(name) is not None
