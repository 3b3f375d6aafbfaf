# shellcheck shell=bash
# Debian packages of packages.txt: only what is missing is installed, nothing is asked, and no server of the system starts.

packages_of() {
	local section
	for section in "$@"; do
		awk -v want="[$section]" '/^\[/ { on = $0 == want; next } on && NF && !/^#/ { print $1 }' "$TOP/packages.txt"
	done
}

packages_missing() {
	local installed
	installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' 2>/dev/null | sed -n 's/^installed //p')
	# Another flavour of nginx does as well, and must not be replaced on somebody's machine.
	[ -x /usr/sbin/nginx ] && installed+=$'\nnginx-light'
	packages_of "$@" | grep -vxF -f <(printf '%s\n' "$installed") || true
}

packages_ensure() {
	local missing
	mapfile -t missing < <(packages_missing "$@")
	[ ${#missing[@]} -gt 0 ] || return 0
	[ -z "${SCORPIUS_NO_INSTALL:-}" ] || die "missing packages: ${missing[*]}"
	command -v apt-get >/dev/null || die "not a Debian system; install what packages.txt names: ${missing[*]}"
	step "installing ${#missing[@]} packages (${missing[*]})"
	local log
	log=$(mktemp)
	if ! as_root env DEBIAN_FRONTEND=noninteractive UCF_FORCE_CONFFOLD=1 /bin/bash -c "$packages_script" apt "${missing[@]}" \
		</dev/null >"$log" 2>&1; then
		tail -n 30 "$log" >&2
		rm -f "$log"
		die "apt-get could not install: ${missing[*]}"
	fi
	rm -f "$log"
	mapfile -t missing < <(packages_missing "$@")
	[ ${#missing[@]} -eq 0 ] || die "still missing after installation: ${missing[*]}"
}

# Runs as root, in one go. A temporary policy-rc.d keeps servers from starting, a temporary setting keeps PostgreSQL's
# package from making a cluster; what was there before is left as it was. On a machine with systemd, servers that came in
# by this are disabled, so that they do not start at the next boot either.
# shellcheck disable=SC2016
packages_script='
set -u
policy=/usr/sbin/policy-rc.d cluster=/etc/postgresql-common/createcluster.conf ours=
if [ ! -e $policy ]; then printf "#!/bin/sh\nexit 101\n" >$policy; chmod 755 $policy; ours=1; fi
madeconf=
if [ ! -e $cluster ] && ! [ -e /usr/share/postgresql-common/createcluster.conf ]; then
	mkdir -p /etc/postgresql-common; echo "create_main_cluster = false" >$cluster; madeconf=1
fi
restore() {
	[ -z "$ours" ] || rm -f $policy
	if [ -n "$madeconf" ]; then
		if [ -e /usr/share/postgresql-common/createcluster.conf ]; then cp /usr/share/postgresql-common/createcluster.conf $cluster
		else rm -f $cluster; rmdir /etc/postgresql-common 2>/dev/null; fi
	fi
}
trap restore EXIT
trap "exit 1" HUP INT TERM
servers() { (cd /lib/systemd/system 2>/dev/null && ls nginx.service redis-server.service postgresql.service memcached.service prometheus.service certbot.timer swift-*.service 2>/dev/null | grep -v @); }
had=" $(servers | tr "\n" " ")"
get() { apt-get -q -y -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120 "$@"; }
install() { get install --no-install-recommends --no-remove "$@"; }
# Lists of packages that are old name versions which the mirror no longer has.
lists=$(find /var/lib/apt/lists -maxdepth 1 -name "*_Packages*" -mtime -1 2>/dev/null | head -n 1)
[ -n "$lists" ] || get update
install "$@" || { get update && install "$@"; } || exit 1
if [ -d /run/systemd/system ]; then
	for s in $(servers); do case $had in *" $s "*) ;; *) systemctl -q disable $s || true ;; esac; done
fi
exit 0
'
