"""The two eras of the protocol: ``classify.py`` is where they part, ``dispatch.py`` where they meet again."""
