"""PostgreSQL settings that suit this machine."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

_MB = 1024 * 1024


def memory_mb() -> int:
    """Memory of this machine, or of its container when that is less [MB]."""
    total = next(
        line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal")
    )
    host_mb = int(total.split()[1]) // 1024
    limit = Path("/sys/fs/cgroup/memory.max")
    text = limit.read_text().strip() if limit.exists() else "max"
    return host_mb if text == "max" else min(host_mb, int(text) // _MB)


def postgres_options(available_mb: int) -> tuple[str, ...]:
    """Settings for a database that shares the machine with Dagster and the cache.

    Args:
        available_mb: memory of the machine [MB].
    """
    shared_mb = max(64, min(available_mb // 8, 2048))
    options = [
        f"shared_buffers={shared_mb}MB",
        f"effective_cache_size={max(128, available_mb // 2)}MB",
        f"maintenance_work_mem={max(64, min(available_mb // 16, 512))}MB",
        "work_mem=16MB",
        # Dagster opens a connection per thread; the tile role alone may hold 50.
        "max_connections=60",
        # A history is loaded in one go: fewer checkpoints, smaller log.
        "max_wal_size=4GB",
        "min_wal_size=256MB",
        "checkpoint_timeout=15min",
        "wal_compression=lz4",
        # What is loaded into a new partition needs no log. The price is no replica and no point-in-time recovery:
        # this cluster can be rebuilt from HYFAA's files at any time.
        "wal_level=minimal",
        "max_wal_senders=0",
        "random_page_cost=1.1",
        "effective_io_concurrency=100",
        "log_min_duration_statement=2s",
        "log_checkpoints=off",
        "log_line_prefix=%m [%p] %u@%d ",
        "timezone=UTC",
        "log_timezone=UTC",
    ]
    shm = Path("/dev/shm")  # noqa: S108 - its size is read, nothing is written
    # Containers often get 64 MB, too little for parallel queries, or a folder that only root may write.
    if not shm.is_dir() or shutil.disk_usage(shm).total < 256 * _MB or not shm.stat().st_mode & stat.S_IWOTH:
        options.append("dynamic_shared_memory_type=mmap")
    return tuple(options)
