# shellcheck shell=bash
# The private stack: PostgreSQL, Redis, two pools of workers, jobs, nginx. Each part has a start that does nothing when it
# runs already, so that `up` may be called at any time.

api_workers=${SCORPIUS_API_WORKERS:-4}
bulk_workers=${SCORPIUS_BULK_WORKERS:-4}

# --- settings: $STATE/env has all of them; secrets are made once and kept

setting_names() { sed -n 's/^\tX(\([A-Z0-9_]*\),.*/\1/p' "$TOP/lib/base/settings_list.h"; }

env_get() { sed -n "s/^$1=//p" "$STATE/env" 2>/dev/null | head -n 1 | sed "s/^'\(.*\)'\$/\1/"; }

env_line() {
	local value=$2
	if [[ $value =~ ^[A-Za-z0-9_./:@%?=,+-]*$ ]]; then
		printf '%s=%s\n' "$1" "$value"
	else
		printf "%s='%s'\n" "$1" "${value//\'/\'\\\'\'}"
	fi
}

secret() {
	local value
	value=$(env_get "$1")
	printf '%s' "${value:-$(random_hex "$2")}"
}

# A setting that stands in the caller's environment is taken from there, but for those that make the stack what it is.
env_write() {
	local host programs admin api jobs redis name
	local -A set=()
	host=${RUN//\//%2F}
	# The operator's account goes to the server itself.
	programs=$host
	if pgbouncer_wanted; then programs="${RUN//\//%2F}%2Fpool&port=6432"; fi
	admin=$(secret POSTGRES_PASSWORD 24)
	api=$(secret DATABASE_API_PASSWORD 24)
	jobs=$(secret DATABASE_JOBS_PASSWORD 24)
	redis=$(secret REDIS_PASSWORD 24)
	set[POSTGRES_PASSWORD]=$admin
	set[REDIS_PASSWORD]=$redis
	set[DATABASE_URL]="postgresql://scorpius:$admin@/scorpius?host=$host"
	set[DATABASE_API_URL]="postgresql://scorpius_api:$api@/scorpius?host=$programs"
	set[DATABASE_JOBS_URL]="postgresql://scorpius_jobs:$jobs@/scorpius?host=$programs"
	set[DATABASE_API_PASSWORD]=$api
	set[DATABASE_JOBS_PASSWORD]=$jobs
	set[REDIS_URL]="unix://:$redis@$RUN/redis.sock?db=0"
	set[JWT_SECRET_KEY]=$(secret JWT_SECRET_KEY 32)
	set[SECRET_KEY]=$(secret SECRET_KEY 32)
	set[UPLOAD_PATH]=$STATE/files
	set[NGINX_TEMP_PATH]=$TEMP
	set[READER_PATH]=$(app_program libexec/scorpius/scorpius-reader)
	set[DATA_PATH]=$(app_program share/scorpius)
	set[HEALTH_PATH]=$RUN/health
	set[HASH_SLOTS_PATH]=$RUN/hash-slots
	set[METRICS_PATH]=$RUN/metrics
	for name in $(setting_names); do
		[ -n "${set[$name]+x}" ] || [ -z "${!name+x}" ] || set[$name]=${!name}
	done
	(
		umask 077
		for name in "${!set[@]}"; do env_line "$name" "${set[$name]}"; done | sort >"$STATE/env.new"
		# Each program gets what it needs: neither the operator's account nor the other's.
		grep -vE '^(POSTGRES_PASSWORD|REDIS_PASSWORD|DATABASE_URL|DATABASE_URL_PREVIOUS|DATABASE_API_PASSWORD|DATABASE_JOBS_[A-Z_]+|SMTP_USER|SMTP_PASSWORD)=' "$STATE/env.new" >"$STATE/conf/api.env"
		grep -vE '^(POSTGRES_PASSWORD|REDIS_PASSWORD|DATABASE_URL|DATABASE_URL_PREVIOUS|DATABASE_JOBS_PASSWORD|DATABASE_API_[A-Z_]+)=' "$STATE/env.new" >"$STATE/conf/jobs.env"
	)
	mv "$STATE/env.new" "$STATE/env"
	if [ "$(id -u)" = 0 ]; then chown "$run_user:$run_user" "$STATE/env" "$STATE"/conf/*.env; fi
	own_dir "$STATE/files"
}

# --- PostgreSQL

pg_bin() {
	local newest
	newest=$(printf '%s\n' /usr/lib/postgresql/*/bin/postgres | sort -t/ -k5,5n | tail -n 1)
	[ -x "$newest" ] || die "PostgreSQL is not installed"
	dirname "$newest"
}

# sql [PSQL OPTION...]: as the operator's account; the password goes through the environment, not the command line.
sql() {
	PGPASSWORD=$(env_get POSTGRES_PASSWORD) as_user psql -X -q -v ON_ERROR_STOP=1 -h "$RUN" -U scorpius "$@"
}

postgres_start() {
	local bin version
	bin=$(pg_bin)
	version=$("$bin/postgres" --version | grep -oE '[0-9]+' | head -n 1)
	[ "$version" -ge 15 ] || die "PostgreSQL 15 or newer is needed, found $version"
	if [ -f "$STATE/pg/PG_VERSION" ]; then
		version=$(cat "$STATE/pg/PG_VERSION")
		bin=/usr/lib/postgresql/$version/bin
		[ -x "$bin/postgres" ] || die "the data in $STATE/pg is of PostgreSQL $version, which is not installed"
	else
		step "making a PostgreSQL cluster"
		rm -rf "$STATE/pg" "$STATE/pg.new"
		own_dir "$STATE/pg.new"
		(umask 077 && env_get POSTGRES_PASSWORD >"$STATE/conf/pgpass.new")
		chown "$(run_user_id)" "$STATE/conf/pgpass.new"
		(cd / && as_user "$bin/initdb" -D "$STATE/pg.new" -U scorpius -A scram-sha-256 --pwfile="$STATE/conf/pgpass.new" \
			--data-checksums -E UTF8 --locale=C.UTF-8) >"$STATE/log/initdb.log" 2>&1 || {
			log_tail "$STATE/log/initdb.log"
			die "initdb failed"
		}
		rm -f "$STATE/conf/pgpass.new"
		mv "$STATE/pg.new" "$STATE/pg"
	fi
	if ! daemon_pid postgres >/dev/null; then
		daemon_start postgres /dev/null "$bin/postgres" -D "$STATE/pg" -c listen_addresses= -c unix_socket_directories="$RUN" \
			-c unix_socket_permissions=0700 -c max_connections=100 -c jit=off -c timezone=UTC -c log_timezone=UTC
	fi
	postgres_wait
	[ "$(sql -At -d postgres -c "select 1 from pg_database where datname = 'scorpius'")" = 1 ] ||
		sql -d postgres -c 'create database scorpius'
}

postgres_wait() {
	local deadline=$((SECONDS + 60))
	until sql -At -d postgres -c 'select 1' >/dev/null 2>&1; do
		if ! daemon_pid postgres >/dev/null || [ $SECONDS -ge $deadline ]; then
			log_tail "$STATE/log/postgres.log"
			die "PostgreSQL does not answer"
		fi
		sleep 0.1
	done
}

# The schema is deployed again only when a file of it is new; the passwords of the two roles are set with it.
schema_migrate() {
	local schema stamp
	schema=$(app_program share/scorpius/schema)
	stamp=$(cd "$schema" && find . -type f -exec cksum {} + | sort | cksum)
	[ "$stamp" = "$(cat "$STATE/pg/scorpius.schema" 2>/dev/null)" ] && return
	step "deploying the schema"
	# shellcheck source=/dev/null
	(set -a && . "$STATE/env" && cd / && as_user "$(app_program bin/scorpius)" migrate) >"$STATE/log/migrate.log" 2>&1 || {
		log_tail "$STATE/log/migrate.log"
		die "the schema could not be deployed"
	}
	printf '%s\n' "$stamp" >"$STATE/pg/scorpius.schema"
}

# --- PgBouncer, for tests: SCORPIUS_TEST_PGBOUNCER=1 puts it between the programs and PostgreSQL, with the settings that
# operators get. Its pools are smaller than ours, so that connections are really shared.

pgbouncer_wanted() { [ -n "${SCORPIUS_TEST_PGBOUNCER:-}" ]; }

pgbouncer_start() {
	pgbouncer_wanted || return 0
	daemon_pid pgbouncer >/dev/null && return
	[ -x /usr/sbin/pgbouncer ] || die "PgBouncer is not installed"
	own_dir "$RUN/pool"
	rm -f "$RUN/pool/".s.PGSQL.*
	(
		umask 077
		cat >"$STATE/conf/pgbouncer.users" <<-CONF
			"scorpius_api" "$(env_get DATABASE_API_PASSWORD)"
			"scorpius_jobs" "$(env_get DATABASE_JOBS_PASSWORD)"
		CONF
		sed -e "s|^scorpius = .*|scorpius = host=$RUN dbname=scorpius|" -e 's/^listen_addr = .*/listen_addr =/' \
			-e "s|^auth_file = .*|auth_file = $STATE/conf/pgbouncer.users|" -e 's/^default_pool_size = .*/default_pool_size = 4/' \
			-e 's/^query_wait_timeout = .*/query_wait_timeout = 3/' -e 's/^server_idle_timeout = .*/server_idle_timeout = 8/' \
			"$TOP/etc/pgbouncer/pgbouncer.ini" >"$STATE/conf/pgbouncer.ini"
		printf '%s\n' "unix_socket_dir = $RUN/pool" 'unix_socket_mode = 0700' 'logfile =' 'pidfile =' >>"$STATE/conf/pgbouncer.ini"
	)
	chown "$(run_user_id)" "$STATE"/conf/pgbouncer.*
	daemon_start pgbouncer /dev/null /usr/sbin/pgbouncer "$STATE/conf/pgbouncer.ini"
	wait_for 30 "PgBouncer" test -S "$RUN/pool/.s.PGSQL.6432"
}

# --- Redis

redis_start() {
	daemon_pid redis >/dev/null && return
	own_dir "$STATE/redis"
	(
		umask 077
		cat >"$STATE/conf/redis.conf" <<-CONF
			port 0
			unixsocket $RUN/redis.sock
			unixsocketperm 700
			requirepass $(env_get REDIS_PASSWORD)
			dir "$STATE/redis"
			appendonly yes
			save 900 1
			daemonize no
			maxmemory 128mb
			maxmemory-policy volatile-lru
			loglevel warning
		CONF
	)
	chown "$(run_user_id)" "$STATE/conf/redis.conf"
	rm -f "$RUN/redis.sock"
	daemon_start redis /dev/null redis-server "$STATE/conf/redis.conf"
	wait_for 30 "Redis" test -S "$RUN/redis.sock"
}

# --- workers and jobs

# pool_start NAME WORKERS PROGRAM (below $APP). multiwatch takes ASCII arguments only, hence the way through a link.
pool_start() {
	local name=$1
	daemon_pid "$name" >/dev/null && return
	daemon_sweep "$name"
	rm -f "$RUN/$name.sock"
	ln -sfn "$APP" "$RUN/app"
	daemon_start "$name" "$STATE/conf/api.env" spawn-fcgi -n -s "$RUN/$name.sock" -M 0660 -b 1024 -- \
		/usr/bin/multiwatch -f "$2" -r 1000000 -t 1000 -- "$RUN/app/$3"
	wait_for 30 "the pool '$name'" test -S "$RUN/$name.sock"
}

# The socket goes first: a worker drains its queue before it leaves, and under load new requests would never end.
pool_stop() {
	rm -f "$RUN/$1.sock"
	daemon_stop "$1" TERM 20
}

jobs_start() {
	daemon_pid jobs >/dev/null && return
	daemon_sweep jobs
	daemon_start jobs "$STATE/conf/jobs.env" "$(app_program bin/scorpius-jobs)"
}

# What runs is brought to what is installed: USR2 makes each worker finish its request and start anew, none is lost. Other
# settings or numbers need the supervisor itself to start again.
programs_refresh() {
	local build settings
	build=$(app_stamp)
	settings=$(cat "$STATE/conf/api.env" "$STATE/conf/jobs.env" - <<<"$api_workers $bulk_workers" | cksum)
	if [ "$settings" != "$(cat "$STATE/conf/settings.stamp" 2>/dev/null)" ]; then
		pool_stop api
		pool_stop bulk
		daemon_stop jobs TERM 20
	elif [ "$build" != "$(cat "$STATE/conf/build.stamp" 2>/dev/null)" ]; then
		local name pid
		for name in api bulk; do
			if pid=$(daemon_pid "$name"); then kill -USR2 "$pid"; fi
		done
		daemon_stop jobs TERM 20
	fi
	pool_start api "$api_workers" usr/bin/scorpius-api
	pool_start bulk "$bulk_workers" usr/bin/scorpius-api
	jobs_start
	printf '%s\n' "$settings" >"$STATE/conf/settings.stamp"
	printf '%s\n' "$build" >"$STATE/conf/build.stamp"
}

# --- nginx

# Where no folder is named and /dev/shm has no room for the largest request, the state folder must do; workers warn of it.
temp_choose() {
	local max kind free size d
	max=$("$TOP/etc/nginx/render" bytes MAX_REQUEST_SIZE "${MAX_REQUEST_SIZE:-1G}") || die "the configuration of nginx can't be made"
	if [ -z "${NGINX_TEMP_PATH:-}" ]; then
		read -r kind free size < <(stat -f -c '%T %a %S' /dev/shm 2>/dev/null || echo none 0 0)
		if [ "$kind" != tmpfs ] || [ $((free * size)) -lt "$max" ]; then TEMP=$STATE/tmp; fi
	fi
	# What a killed nginx left is in clear, and nobody else removes it.
	daemon_pid nginx >/dev/null || rm -rf "$TEMP"/{body,fastcgi}
	for d in "$TEMP" "$TEMP/body" "$TEMP/fastcgi"; do own_dir "$d"; done
}

nginx_render() {
	local version
	own_dir "$STATE/conf/site.d"
	version=$(sed -n "s/^ *version: '\(.*\)',\$/\1/p" "$TOP/meson.build")
	# shellcheck source=/dev/null
	(set -a && . "$STATE/env" && exec env STATE="$STATE" TEMP="$TEMP" SOCKETS="$RUN" MAINTENANCE="$STATE/maintenance" LISTEN="127.0.0.1:$PORT" \
		ACCESS_LOG="$STATE/log/access.log" VERSION="$version" "$TOP/etc/nginx/render" plain "$TOP/etc/nginx" "$STATE/conf") ||
		die "the configuration of nginx can't be made"
}

nginx_check() {
	as_user nginx -q -t -e "$STATE/log/nginx.log" -c "$STATE/conf/nginx.conf" 2>"$STATE/log/nginx-check.log" || {
		log_tail "$STATE/log/nginx-check.log"
		die "nginx refuses its configuration"
	}
	rm -f "$STATE/log/nginx-check.log"
}

port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null; }

port_ensure_free() {
	port_is_free || die "port $PORT is taken by another program: choose another with SCORPIUS_PORT"
}

# Takes up what is in conf/; started, or told to read it again.
nginx_start() {
	local pid stamp
	stamp=$(find "$STATE/conf" -name '*.conf' ! -name redis.conf -exec cksum {} + | sort | cksum)
	if pid=$(daemon_pid nginx); then
		[ "$stamp" = "$(cat "$STATE/conf/nginx.stamp" 2>/dev/null)" ] && return
		[ "$PORT" = "$(cat "$STATE/conf/port" 2>/dev/null)" ] || port_ensure_free
		nginx_check
		kill -HUP "$pid"
	else
		port_ensure_free
		rm -f "$RUN"/{http,metrics}.sock
		nginx_check
		rm -f "$RUN"/{http,metrics}.sock
		daemon_start nginx /dev/null nginx -e "$STATE/log/nginx.log" -c "$STATE/conf/nginx.conf"
		wait_for 30 "nginx" test -S "$RUN/http.sock"
	fi
	printf '%s\n' "$stamp" >"$STATE/conf/nginx.stamp"
	printf '%s\n' "$PORT" >"$STATE/conf/port"
}

# --- the whole

url() { printf 'http://127.0.0.1:%s' "$PORT"; }

stack_alive() {
	local name
	for name in postgres redis api bulk jobs nginx; do
		daemon_pid "$name" >/dev/null || {
			warn "$name has ended"
			return 1
		}
	done
}

ready() { curl -s -o /dev/null -f -m 3 "$(url)/api/v1/ready"; }

stack_up() {
	packages_ensure run build
	make_state
	exec 9>"$STATE/lock"
	flock -w 300 9 || die "another ./dev is at work on $STATE"
	# At once: not after minutes of compiling.
	[ -n "$(daemon_pid nginx)" ] || port_ensure_free
	build_app
	install_app
	temp_choose
	env_write
	nginx_render
	postgres_start
	redis_start
	schema_migrate
	pgbouncer_start
	programs_refresh
	nginx_start
	local deadline=$((SECONDS + 60))
	until ready; do
		if [ $SECONDS -ge $deadline ] || ! stack_alive; then
			curl -s -m 3 "$(url)/api/v1/ready" >&2
			log_tail "$STATE"/log/{nginx,api,bulk,jobs}.log
			die "the stack does not become ready"
		fi
		sleep 0.1
	done
	exec 9>&-
}

stack_down() {
	[ -d "$STATE/pid" ] || return 0
	daemon_stop nginx QUIT 10
	pool_stop api
	pool_stop bulk
	daemon_stop jobs TERM 20
	daemon_stop redis TERM 20
	daemon_stop pgbouncer INT 10
	daemon_stop postgres INT 60
	rm -f "$RUN"/{http.sock,metrics.sock,redis.sock,health-*,hash-slots,metrics,app}
	rm -rf "$RUN/pool"
	TEMP=$(env_get NGINX_TEMP_PATH)
	case $TEMP in */scorpius-"$(digest "$STATE")") rm -rf "$TEMP" ;; esac
	case $RUN in /tmp/scorpius-*) rmdir "$RUN" 2>/dev/null || true ;; esac
}

# Exit status 0 when all runs and is ready, 3 when nothing does, 1 otherwise.
stack_status() {
	local name pid up=0 all=0
	for name in postgres redis api bulk jobs nginx; do
		all=$((all + 1))
		if pid=$(daemon_pid "$name"); then
			up=$((up + 1))
			printf '%-9s runs (pid %s)\n' "$name" "$pid"
		else
			printf '%-9s stopped\n' "$name"
		fi
	done
	say "state     $STATE"
	[ "$up" -gt 0 ] || return 3
	if ready; then
		say "ready     $(url)"
		[ "$up" = "$all" ]
	else
		say "not ready $(url)"
		return 1
	fi
}
