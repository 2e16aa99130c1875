#!/bin/sh
# Options of varnishd that do not depend on where it runs, one word a line; natively and in containers.
# SAGUI_CACHE_MB: memory for what is kept [MB].
set -eu

# Two pools of threads; a thread serves one connection while it asks something. 200 are there from the start, the rest
# come with the crowd.
# listen_depth: clients that wait to be accepted (the kernel's net.core.somaxconn may be lower).
# timeout_idle: a proxy in front keeps its idle connections for a minute or more; let it be the one that closes them.
# vsl_space: the log that varnishlog and varnishncsa read.
# max_restarts: a tile that is old is looked for among those made ahead, then made anew, then shown old.
for parameter in thread_pools=2 thread_pool_min=100 thread_pool_max=1500 listen_depth=4096 timeout_idle=90 vsl_space=16M max_restarts=8; do
    printf '%s\n' -p "$parameter"
done
# Transient holds what is not kept: answers of the admin, errors.
printf '%s\n' -s "malloc,${SAGUI_CACHE_MB:-256}M" -s Transient=malloc,64M
