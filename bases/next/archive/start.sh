# Starts PostgreSQL on a volume: sh start.sh <data folder> <postgresql.conf> <folder of passwords> <major version>
#
# The first start makes the cluster, the database and its users; every start gives the users the passwords that the
# files hold, so that a Secret which is replaced counts from the next start on. Passwords go through a pipe: arguments
# and environments can be read by others.
set -eu
data=$1 conf=$2 passwords=$3 major=$4
umask 077

refuse() {
  echo "$1" >&2
  exit 1
}

# Asked to end before the server runs. Replaying its log it hears nothing for up to ten seconds; killed, it begins
# the same again at the next start.
child=
stop() {
  trap '' INT TERM
  if [ -n "$child" ]; then
    kill -TERM "$child" 2> /dev/null || true
    for _ in 1 2 3 4 5 6 7 8 9 10; do
      sleep 0.2
      kill -0 "$child" 2> /dev/null || break
    done
    kill -KILL "$child" 2> /dev/null || true
    wait "$child" || true
  fi
  echo "stopped before the server had started" >&2
  exit 143
}
trap stop INT TERM

# Behind a shell that waits: one that runs a program in front hears signals only after it.
run() {
  { "$@" <&3 & } 3<&0
  child=$!
  wait "$child"
  child=
}

# SQL, a statement a line, by the only process on the data folder: nobody can connect meanwhile.
alone() {
  run postgres --single -D "$1" -c config_file="$conf" -c exit_on_error=true postgres > /dev/null
}

for user in owner writer reader; do
  [ -s "$passwords/$user" ] || refuse "there is no password in $passwords/$user"
done

# The image's major version and its users are not ours: better told here than by what fails of it.
found=$(postgres --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/')
[ "$found" = "$major" ] || refuse "this is PostgreSQL $found, where $major is needed: name an image of $major"
id -un > /dev/null 2>&1 ||
  refuse "user $(id -u) has no name here, which PostgreSQL needs: name the image on Debian, not the one on Alpine"
if [ -e "$data/PG_VERSION" ]; then
  made=$(cat "$data/PG_VERSION")
  [ "$made" = "$major" ] || refuse "PostgreSQL $made made $data, and $major cannot read it: name an image of $made"
fi

# As process 1 we are alone in the pod: whoever a lock file names went with the last one. PostgreSQL takes a process
# that has the same number now for that server, process 1 first of all, and would never start again.
[ $$ -ne 1 ] || rm -f "$data/postmaster.pid"

if [ ! -d "$data" ]; then
  # Made beside it and renamed: a start that is killed half-way leaves nothing that looks whole.
  rm -rf "$data.new"
  # Bytes compare as bytes: no other version of a C library orders them, and the indexes, differently.
  run initdb --pgdata="$data.new" --username=postgres --encoding=UTF8 --locale=C --data-checksums \
    --auth-local=peer --auth-host=scram-sha-256 > /dev/null
  alone "$data.new" << 'SQL'
CREATE ROLE neurallog_owner LOGIN
CREATE ROLE neurallog_writer LOGIN
CREATE ROLE neurallog_reader LOGIN
CREATE DATABASE neurallog OWNER neurallog_owner
REVOKE ALL ON DATABASE neurallog FROM PUBLIC
GRANT CONNECT ON DATABASE neurallog TO neurallog_writer, neurallog_reader
SQL
  mv "$data.new" "$data"
fi

# A volume's group may have been given rights to all of it; PostgreSQL refuses such a folder.
chmod 0700 "$data"

statements=$(
  for user in owner writer reader; do
    password=$(tr -d '\r\n' < "$passwords/$user" | sed "s/'/''/g")
    printf "ALTER ROLE neurallog_%s PASSWORD '%s'\n" "$user" "$password"
  done
)
alone "$data" << SQL
$statements
SQL

exec postgres -D "$data" -c config_file="$conf"
