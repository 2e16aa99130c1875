#!/bin/sh
# make_backends.sh TEMPLATE PURGER HOST PORT [HOST PORT]...: the cache's back ends for one test, without probes.
# With one address all back ends are the same; else they are tileserv, api, nginx and frontend.
set -eu
template=$1 purger=$2
shift 2
[ $# -gt 2 ] || set -- "$1" "$2" "$1" "$2" "$1" "$2" "$1" "$2"
sed -e '/^probe /,/^}/d' -e '/\.probe/d' -e "s/\${PURGERS}/\"$purger\";/" \
    -e "s/\${TILESERV_HOST}/$1/" -e "s/\${TILESERV_PORT}/$2/" \
    -e "s/\${BACKEND_HOST}/$3/" -e "s/\${BACKEND_PORT}/$4/" \
    -e "s/\${NGINX_HOST}/$5/" -e "s/\${NGINX_PORT}/$6/" \
    -e "s/\${FRONTEND_HOST}/$7/" -e "s/\${FRONTEND_PORT}/$8/" "$template"
