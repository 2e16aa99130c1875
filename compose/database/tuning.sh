#!/bin/sh
# tuning.sh MEMORY_MB: PostgreSQL settings that suit a machine, one `name=value` a line; natively and in containers.
set -eu

between() { # lowest, value, highest
    if [ "$2" -lt "$1" ]; then echo "$1"; elif [ "$2" -gt "$3" ]; then echo "$3"; else echo "$2"; fi
}

memory=$1
# It shares the machine with Dagster and the cache.
echo "shared_buffers=$(between 64 $((memory / 8)) 2048)MB"
echo "effective_cache_size=$(between 128 $((memory / 2)) 1000000)MB"
echo "maintenance_work_mem=$(between 64 $((memory / 16)) 512)MB"
# Dagster opens a connection per thread; the tile role alone may hold 50.
# A history is loaded in one go: fewer checkpoints, smaller log.
# What is loaded into a new partition needs no log (wal_level). The price is no replica and no point-in-time recovery:
# the series can be rebuilt from HYFAA's files at any time, the rest is in the daily dumps.
cat <<SETTINGS
work_mem=16MB
max_connections=60
max_wal_size=4GB
min_wal_size=256MB
checkpoint_timeout=15min
wal_compression=lz4
wal_level=minimal
max_wal_senders=0
random_page_cost=1.1
effective_io_concurrency=100
log_min_duration_statement=2s
log_checkpoints=off
log_line_prefix=%m [%p] %u@%d 
timezone=UTC
log_timezone=UTC
SETTINGS
# Containers often get 64 MB, too little for parallel queries, or a folder that only root may write.
shm_kb=$(df -kP /dev/shm 2>/dev/null | awk 'NR == 2 {print $2}')
shm_mode=$(stat -c %a /dev/shm 2>/dev/null || echo 0)
if [ "${shm_kb:-0}" -lt 262144 ] || [ $((0$shm_mode & 2)) -eq 0 ]; then
    echo "dynamic_shared_memory_type=mmap"
fi
