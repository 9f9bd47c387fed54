# Starts PostgreSQL on a volume: sh start.sh <data folder> <postgresql.conf> <folder of passwords>
#
# The first start makes the cluster, the database and its users; every start gives the users the passwords that the
# files hold, so that a Secret which is replaced counts from the next start on. Passwords go through a pipe: arguments
# and environments can be read by others.
set -eu
data=$1 conf=$2 passwords=$3
umask 077

for user in owner writer reader; do
  if [ ! -s "$passwords/$user" ]; then
    echo "there is no password in $passwords/$user" >&2
    exit 1
  fi
done

# SQL, a statement a line, by the only process on the data folder: nobody can connect meanwhile.
alone() {
  postgres --single -D "$1" -c config_file="$conf" -c exit_on_error=true postgres > /dev/null
}

if [ ! -d "$data" ]; then
  # Made beside it and renamed: a start that is killed half-way leaves nothing that looks whole.
  rm -rf "$data.new"
  # Bytes compare as bytes: no other version of a C library orders them, and the indexes, differently.
  initdb --pgdata="$data.new" --username=postgres --encoding=UTF8 --locale=C --data-checksums \
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

for user in owner writer reader; do
  password=$(tr -d '\r\n' < "$passwords/$user" | sed "s/'/''/g")
  printf "ALTER ROLE neurallog_%s PASSWORD '%s'\n" "$user" "$password"
done | alone "$data"

exec postgres -D "$data" -c config_file="$conf"
