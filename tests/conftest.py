"""What holds for all tests: one profile for hypothesis, and an interrupt that is heard.

How long an example takes says something of the machine, nothing of the code.
"""

from __future__ import annotations

import signal
import threading

from hypothesis import settings

settings.register_profile("evalkit", deadline=None)
settings.load_profile("evalkit")

# A shell has what it starts in the background ignore SIGINT, and so would all that the tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN and threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)
