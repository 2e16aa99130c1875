# What the database's programs share. Sourced by bash.
set -eu

readonly SECRETS=/run/secrets
readonly ROLES=(owner pipelines api tileserv dagster backup)
readonly VOLUME=/var/lib/postgresql/data

fail() { # fact, remedy
    printf 'Failed. %s\nWhat to do: %s\n' "$1" "$2" >&2
    exit 1
}
say() { printf '%s %s\n' "$(date -u +%FT%TZ)" "$*"; }

check_secret() { # name
    local file=$SECRETS/$1 value
    [[ ! -d $file ]] || fail "The secret $1 is a folder: its file was missing when this container was created." \
        "Remove the empty folder that Docker made in its place, write the file (make secrets), and create the container anew (up -d --force-recreate)."
    [[ -e $file ]] || fail "The secret $1 is missing." "Write its file (make secrets) and start again."
    [[ -r $file ]] || fail "The secret $1 cannot be read by user $(id -u) in the container." \
        "Give its file mode 444 inside a folder that only its owner may enter (make secrets does so)."
    value=$(<"$file")
    [[ -n $value ]] || fail "The secret $1 is empty." "Write a password into its file (make secrets fills what is empty) and start again."
    [[ ${SAGUI_PRODUCTION:-no} != yes || $value != dev-only-* ]] || fail \
        "The secret $1 is the one that everybody knows from development." "Make secrets of your own (make secrets) and start again."
}

free_mb() { df -mP "$1" | awk 'NR == 2 {print $4}'; }

# Roles, passwords, databases, extension, schema, through the local socket. A restore that was killed in its last moment
# may have left a database closed.
apply_roles() {
    local role
    {
        printf '%s\n' '\set ON_ERROR_STOP on'
        for role in "${ROLES[@]}"; do
            printf '\\set %s_password `cat %s/%s_password`\n' "$role" "$SECRETS" "$role"
        done
        cat <<'SQL'
SELECT format('ALTER DATABASE %I ALLOW_CONNECTIONS true', datname)
FROM pg_database WHERE datname IN ('sagui', 'dagster') AND NOT datallowconn
\gexec
\i /usr/share/sagui/init.sql
SQL
    } | PGOPTIONS="-c client_min_messages=warning" psql -X -q -h /tmp -d postgres
}
