"""One thread at a time in the NetCDF library.

HDF5 below it is not made for threads, and netCDF4 lets go of Python's own lock while it calls it: two readers at once end
the process. The code server has such threads: the daemon's sensors, and people who try a sensor in the UI.
"""

from __future__ import annotations

import threading

#: Held around every call that reaches the library; opening, reading, closing.
LIBRARY = threading.RLock()
