# shellcheck shell=bash
# What every command of ./dev shares: where things are, as whom servers run, how a daemon is started and ended.

say() { printf '%s\n' "$*"; }
step() { printf '\033[2m· %s\033[0m\n' "$*" >&2; }
[ -t 2 ] || step() { printf '· %s\n' "$*" >&2; }
warn() { printf 'dev: %s\n' "$*" >&2; }
die() {
	warn "$@"
	exit 1
}

# as_root CMD...: for package installation only. Without a terminal sudo must not ask, so it fails instead.
as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif ! command -v sudo >/dev/null; then
		die "this needs root: install sudo, or run as root: $*"
	elif [ -t 0 ]; then
		sudo "$@"
	else
		sudo -n "$@"
	fi
}

# PostgreSQL refuses to run as root, and the other servers have no need of it: root's stack runs as this system user.
run_user=scorpius

ensure_run_user() {
	[ "$(id -u)" = 0 ] || return 0
	getent passwd "$run_user" >/dev/null ||
		useradd --system --user-group --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin "$run_user"
}

# as_user CMD...: as whom the servers run. The caller's environment goes along, but for HOME, which may be unreadable.
as_user() {
	if [ "$(id -u)" = 0 ]; then
		HOME=$STATE setpriv --reuid="$run_user" --regid="$run_user" --init-groups --inh-caps=-all -- "$@"
	else
		HOME=$STATE "$@"
	fi
}

run_user_id() {
	if [ "$(id -u)" = 0 ]; then id -u "$run_user"; else id -u; fi
}

# Whether the servers' user can pass through the nearest existing folder above (or at) a path.
reachable() {
	local p=$1
	while [ ! -e "$p" ]; do p=$(dirname "$p"); done
	STATE=/ as_user test -x "$p"
}

digest() { printf '%s' "$1" | cksum | tr ' ' '-'; }

# A folder of ours with mode 0700. In /tmp and /var/tmp names can be taken by anybody: one that is a link, or that belongs
# to somebody else, is refused.
own_dir() {
	local d=$1 owner
	if [ ! -d "$d" ]; then
		mkdir -p "$(dirname "$d")"
		mkdir -m 0700 "$d"
	fi
	[ -L "$d" ] && die "$d is a symbolic link: refused"
	owner=$(stat -c %u "$d")
	if [ "$owner" != "$(run_user_id)" ]; then
		[ "$owner" = "$(id -u)" ] || die "$d belongs to another user: refused"
		chown "$run_user:$run_user" "$d"
	fi
	chmod 0700 "$d"
}

# Sets STATE, RUN, TEMP, APP, BUILD, PORT. Makes nothing, so that `down` and `status` can call it anywhere.
locate() {
	PORT=${SCORPIUS_PORT:-8080}
	[[ $PORT =~ ^[0-9]{1,5}$ ]] || die "SCORPIUS_PORT: '$PORT' is not a port"
	STATE=$(realpath -m -- "${SCORPIUS_STATE:-$TOP/var}")
	if [ "$(id -u)" = 0 ] && getent passwd "$run_user" >/dev/null && ! reachable "$STATE"; then
		local elsewhere
		elsewhere=/var/tmp/scorpius-$(digest "$STATE")
		[ -n "${SCORPIUS_STATE_TOLD:-}" ] ||
			warn "the user '$run_user' can't reach $STATE: the state is in $elsewhere"
		export SCORPIUS_STATE_TOLD=1
		STATE=$elsewhere
	fi
	case $STATE in
	*[\"\'\`\$\\\;\{\}\|\&\#$'\n']*) die "the path of the state folder has characters that configurations can't hold: $STATE" ;;
	esac
	# A unix socket's path has at most 107 bytes; addresses that hold it should need no escapes.
	RUN=$STATE/run
	if [ ${#RUN} -gt 80 ] || [[ $RUN =~ [^A-Za-z0-9_./-] ]]; then RUN=/tmp/scorpius-$(digest "$STATE"); fi
	# nginx's temporary files hold uploads in clear: they lie in memory (temp_choose).
	TEMP=${NGINX_TEMP_PATH:-/dev/shm}/scorpius-$(digest "$STATE")
	APP=$STATE/app
	BUILD=${SCORPIUS_BUILD:-$TOP/build}
	if ! { [ -w "$BUILD" ] || { [ ! -e "$BUILD" ] && [ -w "$(dirname "$BUILD")" ]; }; }; then BUILD=$STATE/build; fi
}

make_state() {
	ensure_run_user
	locate
	own_dir "$STATE"
	own_dir "$RUN"
	local d
	for d in log files pid conf tmp; do own_dir "$STATE/$d"; done
}

# --- daemons: $STATE/pid/NAME holds "pid start-time"; the start time tells a process from a later one with its number

# Prints nothing for a process that is gone, or a zombie that nobody has fetched yet.
start_time() {
	local stat fields
	{ read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
	read -ra fields <<<"${stat##*) }"
	[ "${fields[0]}" = Z ] || printf '%s' "${fields[19]}"
}

daemon_pid() {
	local pid start
	read -r pid start 2>/dev/null <"$STATE/pid/$1" || return 1
	[ -n "$start" ] && [ "$(start_time "$pid")" = "$start" ] && printf '%s' "$pid"
}

# daemon_start NAME ENVFILE CMD...: in a session of its own, output to log/NAME.log, with the variables of ENVFILE and no
# others (secrets never stand on a command line).
daemon_start() {
	local name=$1 envfile=$2 pid
	shift 2
	(
		cd /
		umask 077
		as_user env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 HOME="$STATE" TZ=UTC \
			setsid --fork /bin/sh -c "$daemon_script" "$STATE/pid/$name" "$STATE/log/$name.log" "$envfile" "$@" 9>&-
	)
	wait_for 30 "$name to start" test -s "$STATE/pid/$name.new"
	pid=$(cat "$STATE/pid/$name.new")
	rm -f "$STATE/pid/$name.new"
	printf '%s %s\n' "$pid" "$(start_time "$pid")" >"$STATE/pid/$name"
}

# shellcheck disable=SC2016
daemon_script='exec </dev/null >>"$1" 2>&1; set -a; . "$2"; set +a; shift 2; echo $$ >"$0.new"; exec "$@"'

# daemon_stop NAME SIGNAL [SECONDS]: asks, waits, and ends what is left of that session.
daemon_stop() {
	local name=$1 signal=$2 seconds=${3:-10} pid deadline
	if pid=$(daemon_pid "$name"); then
		kill -s "$signal" "$pid" 2>/dev/null || true
		deadline=$((SECONDS + seconds))
		while daemon_pid "$name" >/dev/null; do
			if [ $SECONDS -ge $deadline ]; then
				warn "$name did not stop within $seconds s: killed"
				kill -KILL -- "-$pid" 2>/dev/null || kill -KILL "$pid" 2>/dev/null || true
				break
			fi
			sleep 0.05
		done
	fi
	daemon_sweep "$name"
	rm -f "$STATE/pid/$name"
}

# Ends what a daemon that was killed left behind: programs of ours in its process group.
daemon_sweep() {
	local group stat fields dir
	read -r group _ 2>/dev/null <"$STATE/pid/$1" || return 0
	for dir in /proc/[0-9]*; do
		{ read -r stat <"$dir/stat"; } 2>/dev/null || continue
		read -ra fields <<<"${stat##*) }"
		[ "${fields[2]}" = "$group" ] || continue
		case $(readlink "$dir/exe" 2>/dev/null) in
		"$APP"/*) kill -KILL "${dir#/proc/}" 2>/dev/null || true ;;
		esac
	done
}

# wait_for SECONDS WHAT CMD...: polls until CMD succeeds.
wait_for() {
	local seconds=$1 what=$2 deadline
	shift 2
	deadline=$((SECONDS + seconds))
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $deadline ] || die "waited $seconds s in vain for $what"
		sleep 0.05
	done
}

log_tail() {
	local f
	for f in "$@"; do
		if [ -s "$f" ]; then
			warn "last lines of $f:"
			tail -n 15 "$f" >&2
		fi
	done
}

random_hex() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }
