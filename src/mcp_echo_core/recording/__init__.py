"""The record of exchanges: what the dashboard, the client report and the exports read.

``endpoint.py`` hands every finished exchange to the ``recorder``, which redacts it and appends it to a ``journal``.
"""
