#!/usr/bin/env bash
# Installs what `make demo` and `make test` need on Debian 12: system packages, then the locked Python environment.
# With --tests also what only the tests need (a browser, Docker Engine, Redis). Safe to repeat: steps already done are skipped. Nothing outside
# apt and this folder is left changed.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly VENV=.venv STAMP=.venv/.sagui-setup LOG=.sagui/logs/bootstrap.log
readonly NEEDED_DISK_MB="${SAGUI_NEEDED_DISK_MB:-3072}"
readonly FOR_TESTS="${1:-}"
SECONDS=0

say() { printf '  %s\n' "$*"; }
fail() { # fact, remedy
    printf '\nSetup failed: %s\nWhat to do: %s\n' "$1" "$2" >&2
    exit 1
}
# The lines that a person needs from a program's complaint.
reason() { grep -iE 'error|fail|unable|could not|cannot|no space|not found|denied' "$LOG" | tail -n 3 || tail -n 3 "$LOG"; }

stamp() { cat requirements.lock pyproject.toml tools/uv.lock tools/bootstrap.sh | sha256sum | cut -d' ' -f1; pwd; }

find_file() { compgen -G "$1" >/dev/null; }
has_program() { command -v "$1" >/dev/null 2>&1 || [[ -x /usr/sbin/$1 ]]; }

missing_packages() {
    [[ -x /usr/lib/postgresql/15/bin/initdb ]] || echo postgresql-15
    [[ -x /usr/lib/postgresql/15/bin/psql ]] || echo postgresql-client-15
    [[ -e /usr/lib/postgresql/15/lib/postgis-3.so ]] || echo postgresql-15-postgis-3
    has_program varnishd || echo varnish
    find_file '/usr/lib/*/varnish/vmods/libvmod_xkey.so' || echo varnish-modules
    has_program nginx || echo nginx-light
    has_program curl || echo curl
    [[ $FOR_TESTS != --tests ]] || has_program chromium || echo chromium
    [[ $FOR_TESTS != --bench ]] || has_program wrk || echo wrk
    [[ $FOR_TESTS != --tests ]] || has_program dockerd || echo docker.io
    [[ $FOR_TESTS != --tests ]] || has_program debootstrap || echo debootstrap
    [[ $FOR_TESTS != --tests ]] || has_program docker-compose || echo docker-compose
    [[ $FOR_TESTS != --tests ]] || has_program redis-server || echo redis-server
    [[ -e /etc/ssl/certs/ca-certificates.crt ]] || echo ca-certificates
    [[ -n $(find_python) ]] || { [[ -x /usr/bin/python3.11 ]] && echo python3.11-venv; }
    return 0
}

# A Python 3.11 that can make an environment with pip in it.
find_python() {
    local candidate
    for candidate in "${PYTHON:-}" /usr/bin/python3.11 python3.11 python3; do
        if [[ -n $candidate ]] && "$candidate" -c '
import sys, ensurepip, venv
sys.exit(sys.version_info[:2] != (3, 11))' >/dev/null 2>&1; then
            echo "$candidate"
            return
        fi
    done
}

check_disk() {
    local free_mb
    free_mb=$(df -Pm . | awk 'NR==2 {print $4}')
    ((free_mb >= NEEDED_DISK_MB)) ||
        fail "only $free_mb MB are free in $PWD; $NEEDED_DISK_MB MB are needed." \
            "free disk space or clone to a larger disk, then run the command again."
}

check_system() {
    local name=unknown version=
    if [[ -r /etc/os-release ]]; then
        name=$(. /etc/os-release && echo "${ID:-unknown}")
        version=$(. /etc/os-release && echo "${VERSION_ID:-}")
    fi
    [[ $name == debian && $version == 12 ]] ||
        fail "this is $name $version; packages are installed on Debian 12 only. Missing here: $*." \
            "use Debian 12 (a virtual machine or a container), or install these programs yourself."
}

as_root() { if ((EUID == 0)); then "$@"; else sudo "$@"; fi; }

install_packages() {
    check_system "$@"
    if ((EUID != 0)) && ! { command -v sudo >/dev/null && sudo -v; }; then
        fail "packages are missing and you are neither root nor allowed to use sudo: $*." \
            "ask an administrator to run: apt-get install --no-install-recommends $*"
    fi
    say "installing: $*"
    keep_services_stopped
    local apt=(as_root env DEBIAN_FRONTEND=noninteractive apt-get -y -o Acquire::Retries=3 -o DPkg::Lock::Timeout=120)
    "${apt[@]}" update --error-on=any >>"$LOG" 2>&1 ||
        fail "the package lists cannot be fetched.
$(reason)" "check the network, the proxy and /etc/apt/sources.list, then run the command again."
    "${apt[@]}" install --no-install-recommends "$@" >>"$LOG" 2>&1 ||
        fail "packages cannot be installed: $*.
$(reason)" "read $LOG, correct the cause, then run the command again."
    let_services_be
    local still
    still=$(missing_packages | tr '\n' ' ')
    [[ -z ${still// /} ]] || fail "still missing after the installation: $still." "read $LOG."
}

# Debian starts a service when its package is installed and makes a database cluster of its own: neither is wanted.
readonly POLICY=/usr/sbin/policy-rc.d CLUSTERS=/etc/postgresql-common/createcluster.d
made_policy='' made_clusters=''
keep_services_stopped() {
    trap let_services_be EXIT
    trap 'exit 130' INT TERM
    if [[ ! -e $POLICY ]]; then
        made_policy=yes
        printf '#!/bin/sh\nexit 101\n' | as_root tee $POLICY >/dev/null
        as_root chmod 755 $POLICY
    fi
    if [[ ! -e /usr/lib/postgresql/15/bin/initdb ]]; then
        made_clusters=yes
        as_root mkdir -p $CLUSTERS
        echo 'create_main_cluster = false' | as_root tee $CLUSTERS/sagui-setup.conf >/dev/null
    fi
}
let_services_be() {
    [[ -z $made_policy ]] || as_root rm -f $POLICY
    [[ -z $made_clusters ]] || as_root rm -f $CLUSTERS/sagui-setup.conf
    made_policy='' made_clusters=''
}

# pip and uv read different variables for the same things: an index, local wheels, the machine's certificates.
share_settings() {
    local certificates=${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}
    export PIP_DISABLE_PIP_VERSION_CHECK=1
    if [[ -r $certificates ]]; then
        export SSL_CERT_FILE=$certificates PIP_CERT=${PIP_CERT:-$certificates}
    fi
    local index links
    index=${PIP_INDEX_URL:-$("$VENV/bin/python" -m pip config get global.index-url 2>/dev/null || true)}
    links=${PIP_FIND_LINKS:-}
    [[ -z $index ]] || export UV_DEFAULT_INDEX=${UV_DEFAULT_INDEX:-$index}
    [[ -z $links ]] || export UV_FIND_LINKS=${UV_FIND_LINKS:-$links}
    export UV_HTTP_TIMEOUT=${UV_HTTP_TIMEOUT:-120} UV_LINK_MODE=${UV_LINK_MODE:-copy} UV_NO_PROGRESS=1
    unset VIRTUAL_ENV PYTHONPATH PYTHONHOME
}

python_step() { # title, command...
    local title=$1 begun=$SECONDS
    shift
    "$@" >>"$LOG" 2>&1 ||
        fail "$title did not work.
$(reason)" "check the network and the disk (the whole log is $LOG), then run the command again."
    say "$title ($((SECONDS - begun)) s)"
}

make_environment() {
    local python
    python=$(find_python)
    [[ -n $python ]] || fail "Python 3.11 is not installed." "install python3.11 and python3.11-venv, or name one with PYTHON=/path."
    if ! "$VENV/bin/python" -c 'import sys, pip; sys.exit(sys.version_info[:2] != (3, 11))' >/dev/null 2>&1; then
        rm -rf "$VENV"
        python_step "Python environment" "$python" -m venv "$VENV"
    fi
    share_settings
    python_step "uv" "$VENV/bin/python" -m pip install --quiet --require-hashes --no-deps -r tools/uv.lock
    cp "$VENV/bin/uv" "$VENV/bin/.uv-setup" # the next step removes what the lock does not name
    local uv=("$VENV/bin/.uv-setup" pip)
    python_step "locked packages" "${uv[@]}" sync --quiet --python "$VENV/bin/python" --require-hashes requirements.lock
    python_step "this project" "${uv[@]}" install --quiet --python "$VENV/bin/python" --no-deps --no-build-isolation -e .
    mv "$VENV/bin/.uv-setup" "$VENV/bin/uv"
}

main() {
    mkdir -p .sagui/logs 2>/dev/null || fail "$PWD cannot be written." "clone to a folder of your own."
    local missing
    missing=$(missing_packages | tr '\n' ' ')
    if [[ -z ${missing// /} && -f $STAMP && $(<"$STAMP") == "$(stamp)" ]]; then
        return
    fi
    echo "Setting up (only what is missing)"
    : >"$LOG"
    check_disk
    # shellcheck disable=SC2086 # one word per package
    [[ -z ${missing// /} ]] || install_packages $missing
    make_environment
    stamp >"$STAMP"
    say "done in $SECONDS s"
}

main
