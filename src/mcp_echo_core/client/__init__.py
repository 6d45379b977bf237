"""The client side: HTTP exchanges with evidence, both eras, and sessions that outlive a run.

Needs the extra ``probe``. Of the server it uses only leaf modules: ``messages``, ``errors``, ``eras.versions``,
``eras.mirrors``, ``sse`` and ``redaction``.
"""
