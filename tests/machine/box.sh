# shellcheck shell=bash
# A Debian 12 machine in a container: its root, its boot, and commands inside. It has a network of its own, with nothing but its
# loopback: it takes no port of the host, and reaches nobody.

# What an operator's server has besides the dependencies of the package; see "Avant de commencer" of the guide.
box_packages() {
	(. "$TOP/dev.d/packages.sh" && packages_of run)
	printf '%s\n' systemd systemd-sysv dbus iproute2 procps openssl sudo certbot ufw unattended-upgrades
}

# box_cached: a root with these packages, made once a week, so that it has the security updates.
box_cached() {
	local key tar
	key=$(box_packages | sort | cksum | cut -d ' ' -f 1)
	tar=$CACHE/root-$key-$(date +%G-%V).tar
	if [ ! -e "$tar" ]; then
		rm -f "$CACHE"/root-*.tar
		mmdebstrap --quiet --format=tar --variant=apt --include="$(box_packages | paste -sd ,)" bookworm "$tar.new" >"$WORK/root.log" 2>&1 ||
			fail_with "$WORK/root.log" "mmdebstrap failed"
		mv "$tar.new" "$tar"
	fi
	printf '%s' "$tar"
}

# box_make NAME: an own copy of the root. Nothing is written into it from outside before it has booted: its links are absolute,
# and would lead into the host.
box_make() {
	mkdir -p "$WORK/$1"
	tar -x -p --numeric-owner -f "$(box_cached)" -C "$WORK/$1"
	printf 'scorpius-%s\n' "$1" >"$WORK/$1/etc/hostname"
	rm -f "$WORK/$1/etc/resolv.conf"
}

declare -A box_supervisor=() box_init=()

# box_boot NAME: returns when systemd says that all its units run.
box_boot() {
	local name=$1 pid deadline state init=
	# On a host without systemd, nspawn wants the places where that keeps things; its own mounts go with it.
	# shellcheck disable=SC2016
	unshare -m bash -c '
		if [ ! -d /run/systemd/system ]; then
			mkdir -p /run/systemd
			mount -t tmpfs tmpfs /run/systemd
			umount -R /sys/fs/cgroup
			mount -t cgroup2 cgroup2 /sys/fs/cgroup
		fi
		exec systemd-nspawn -q -D "$1" -b --machine="$2" --register=no --keep-unit --private-network --console=pipe
	' boot "$WORK/$name" "scorpius-$name-$$" </dev/null >>"$WORK/$name.console" 2>&1 9>&- &
	pid=$!
	box_supervisor[$name]=$pid
	deadline=$((SECONDS + 300))
	while :; do
		[ -n "$init" ] || init=$(pgrep -P "$pid" -x systemd || true)
		box_init[$name]=$init
		# `degraded` is an answer too: which unit it is, is told.
		state=$([ -z "$init" ] || box_in "$name" systemctl is-system-running 2>/dev/null || true)
		case $state in
		running) return ;;
		degraded) box_in "$name" systemctl --failed --no-legend >&2 && die "$name: a unit failed at boot" ;;
		esac
		[ $SECONDS -lt $deadline ] && kill -0 "$pid" 2>/dev/null || fail_with "$WORK/$name.console" "$name does not boot: $state"
		sleep 0.2
	done
}

# box_stop NAME: shuts it down as a machine is shut down.
box_stop() {
	local pid=${box_supervisor[$1]:-}
	[ -n "$pid" ] || return 0
	kill -TERM "$pid" 2>/dev/null || true
	wait "$pid" || true
	unset "box_supervisor[$1]" "box_init[$1]"
}

# box_in NAME CMD...: inside; in_network: a program of the host, in the machine's network.
box_in() {
	local name=$1
	shift
	nsenter -t "${box_init[$name]}" -a env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}
in_network() {
	local name=$1
	shift
	nsenter -t "${box_init[$name]}" -n -- "$@"
}

# What most steps need: `m CMD...` in the first machine; `ms` runs a script of its standard input there.
m() { box_in one "$@"; }
ms() { m bash -euo pipefail -s; }

# box_put NAME FILE PATH
box_put() { box_in "$1" bash -euc 'mkdir -p "$(dirname "$1")"; cat >"$1"' put "$3" <"$2"; }
