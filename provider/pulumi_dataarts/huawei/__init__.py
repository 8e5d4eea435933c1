"""What all services share: settings, credentials, signing, transport, throttle, coalescing, waiting.

A handler is given a `Session` (session.py) and nothing else; its room's `api.py` turns meaning into a `Call`
and gives that to a `Service` (transport.py).
"""
