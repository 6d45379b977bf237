"""Which rules of its own protocol revision a client breaks, worked out from the record when somebody asks.

``conversation`` turns a record into what rules look at, ``rules`` holds one function and one table row per rule,
``gateway`` the traces of what stands between client and server, ``report`` puts the findings together.
"""
