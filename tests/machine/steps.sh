# shellcheck shell=bash
# What is done with the machine, step by step. `m` and `ms` run inside the first machine.

EMAIL=essai@$DOMAIN
PASSWORD=Une-phrase-assez-longue-7
SOCKETS=/run/scorpius/sockets
HALVES=(api-a api-b bulk-a bulk-b)

# --- asking it as a client does

ask() { in_network one curl -sS --max-time 120 --cacert "$WORK/ca.pem" --resolve "$DOMAIN:443:127.0.0.1" "$@"; }

# api METHOD PATH [CURL OPTION...]: the answer's body; its status must be 2xx.
api() {
	local method=$1 path=$2
	shift 2
	ask --fail-with-body -X "$method" -H "Authorization: Bearer ${token:-}" "$@" "https://$DOMAIN$path"
}
login() {
	token=
	token=$(api POST /api/v1/auth/login -H 'Content-Type: application/json' -d "{\"email\": \"$EMAIL\", \"password\": \"$PASSWORD\"}" | jq -r .data.access_token)
}
healthy() { api GET /health | jq -e '.status == "healthy"' >/dev/null; }

# within WHAT CMD...: long, as this is no trial of speed: the host may have much else to do.
within() {
	local what=$1 deadline=$((SECONDS + 300))
	shift
	until "$@" >"$WORK/within.log" 2>&1; do
		[ $SECONDS -lt $deadline ] || fail_with "$WORK/within.log" "not within 300 s: $what"
		sleep 0.1
	done
}

# workers POOL: how many serve; all of them must run the program that is installed.
workers() { m pgrep -c -x scorpius-api -P "$(m systemctl show -P MainPID "scorpius-api@$1-a" "scorpius-api@$1-b" | grep . | paste -sd ,)"; }
workers_are() { [ "$(workers "$1")" = "$2" ]; }
no_former_program() { [ -z "$(ms <<<'readlink /proc/[0-9]*/exe | grep -E "/scorpius.*deleted" || true')" ]; }

# --- clients under load, while something is done: load_begin; ...; load_end WHAT

load_pid=
load_begin() {
	rm -f "$WORK/load.json" "$WORK/load.json.begun"
	# `exec`: the signal that ends it is for the client itself.
	(exec nsenter -t "${box_init[one]}" -n -- /usr/bin/python3 "$HERE/load.py" 127.0.0.1 "$DOMAIN" "$WORK/ca.pem" "$EMAIL" "$PASSWORD" \
		"$WORK/load.json" >"$WORK/load.log" 2>&1 9>&-) &
	load_pid=$!
	within "the clients have begun" load_has_begun
}
# When they have ended, the end of the load says why.
load_has_begun() { [ -e "$WORK/load.json.begun" ] || ! kill -0 "$load_pid" 2>/dev/null; }
load_end() {
	local status=0
	kill -TERM "$load_pid" 2>/dev/null || true
	wait "$load_pid" || status=$?
	load_pid=
	[ $status = 0 ] || fail_with "$WORK/load.log" "$1: requests were lost"
	seen "$1: $(jq -r '"\(.requests) requests, \(.tenders) tenders, \(.documents) documents, none lost; slowest \(.slowest_s) s"' "$WORK/load.json")"
}
load_abandon() {
	[ -z "$load_pid" ] || kill -TERM "$load_pid" 2>/dev/null || true
}

# --- the guide's own commands

# The page names packages of 0.1.0 and of a later 0.2.0.
guide() {
	/usr/bin/python3 "$HERE/guide.py" "$WORK/guide.md" "$@" | sed "s/scorpius_0\.1\.0_/scorpius_${VERSION}_/g; s/scorpius_0\.2\.0_/scorpius_${LATER}_/g; s/--to v0\.1\.0/--to v$VERSION/g"
}

# guide_run BOX MARK: the blocks of that mark, one after the other, each in a shell of its own, as somebody pastes them.
guide_run() {
	local box=$1 mark=$2 n title
	while IFS=$'\t' read -r n title; do
		guide block "$n" | sed "s/votre-domaine\.fr/$DOMAIN/g" >"$WORK/block"
		box_in "$box" bash -euo pipefail -c "cd /root; $(cat "$WORK/block")" </dev/null >"$WORK/block.log" 2>&1 ||
			{ sed 's/^/    /' "$WORK/block" >&2; fail_with "$WORK/block.log" "guide, $title"; }
		seen "guide, $title"
	done < <(guide list "$mark")
}

guide_tell() {
	local n title
	while IFS=$'\t' read -r n title; do printf 'not run          guide, %s\n' "$title"; done < <(guide list "$@")
}

# --- the steps

step_package() {
	package_build "$VERSION"
	package_build "$LATER"
	seen "packages $VERSION and $LATER are built, lintian finds nothing"
}

# authority: what a public one would give: a certificate where certbot puts it, known to clients.
authority() {
	(
		cd "$WORK"
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj "/CN=CA of the trial" -keyout ca.key -out ca.pem
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$DOMAIN" -keyout key.pem -out csr.pem
		openssl x509 -req -in csr.pem -days 30 -CA ca.pem -CAkey ca.key -CAcreateserial -out cert.pem -extfile <(echo "subjectAltName=DNS:$DOMAIN")
		cat cert.pem ca.pem >chain.pem
	) 2>/dev/null
}

# box_public NAME: the rest of the world, as far as the guide needs it: a name, an authority, the package's file.
box_public() {
	box_in "$1" bash -euc "
		echo '127.0.0.1 $DOMAIN' >>/etc/hosts
		mkdir -p /etc/letsencrypt/live/$DOMAIN
		printf 'fail-with-body\nshow-error\nsilent\n' >/root/.curlrc"
	box_put "$1" "$WORK/ca.pem" /usr/local/share/ca-certificates/trial.crt
	box_put "$1" "$WORK/chain.pem" "/etc/letsencrypt/live/$DOMAIN/fullchain.pem"
	box_put "$1" "$WORK/key.pem" "/etc/letsencrypt/live/$DOMAIN/privkey.pem"
	box_put "$1" "$(package_file "$VERSION")" "/root/scorpius_${VERSION}_amd64.deb"
	box_in "$1" update-ca-certificates >/dev/null 2>&1
}

step_install() {
	authority
	box_make one
	box_boot one
	seen "a Debian $(m cat /etc/debian_version) runs ($(m systemctl --version | head -n 1)), no unit failed"
	box_public one
	guide_tell done-before-boot not-here
	guide_run one install
	ms <<-'SETTINGS'
		# The clients of this trial share one address and one account: limits that they don't meet. A host with much other work
		# makes logins wait for a place to hash, which is no fault of what is tried.
		printf '%s\n' RATE_LIMIT_ADDRESS=1000000 RATE_LIMIT_AUTH_ADDRESS=1000000 RATE_LIMIT_AUTH=1000000 RATE_LIMIT_OTHER=1000000 \
			RATE_LIMIT_UPLOAD=1000000 HASH_WAIT=60 >>/etc/scorpius/scorpius.env
		for i in api-a api-b bulk-a bulk-b; do systemctl restart scorpius-api@$i; done
		scorpius-site
	SETTINGS
	within "healthy" healthy
	api POST /api/v1/auth/register -H 'Content-Type: application/json' \
		-d "{\"email\": \"$EMAIL\", \"password\": \"$PASSWORD\", \"full_name\": \"Camille Essai\", \"organization_name\": \"Essai SARL\"}" >/dev/null
	login
	seen "limits raised for the trial; a client registers and logs in"
}

step_boots() {
	box_stop one
	box_boot one
	within "healthy after a boot" healthy
	m systemctl -q is-active scorpius.target scorpius-jobs nginx "${HALVES[@]/#/scorpius-api@}"
	within "all workers" workers_are api 4
	seen "shut down and booted: all services are there, and healthy"
}

services_of_ours() { m systemctl list-unit-files --no-legend 'scorpius*.service' | awk '{ sub("@", "@api-a", $1); print $1 }'; }

step_security() {
	local unit score
	for unit in $(services_of_ours); do
		score=$(m systemd-analyze security --no-pager "$unit" 2>/dev/null | sed -n 's/.*exposure level for [^:]*: \([0-9.]*\).*/\1/p')
		awk -v s="$score" 'BEGIN { exit !(s != "" && s < 2.5) }' || die "$unit: exposure '$score'"
		seen "exposure $score: $unit"
	done
}

step_timers() {
	local timer service
	for timer in $(m systemctl list-unit-files --no-legend 'scorpius*.timer' | awk '{ print $1 }'); do
		service=${timer%.timer}.service
		m systemctl -q is-active "$timer" || die "$timer is not active"
		m systemctl start "$service" || { m journalctl --no-pager -q -n 30 -u "$service" >&2; die "$service failed"; }
		[ "$(m systemctl show -P Result "$service")" = success ] || die "$service: $(m systemctl show -P Result "$service")"
		seen "$timer waits for $(m systemctl show -P NextElapseUSecRealtime "$timer"); its service runs well"
	done
}

# new_process UNIT FORMER: it runs again, as another process.
new_process() {
	local pid
	pid=$(m systemctl show -P MainPID "$1")
	[ "$pid" != 0 ] && [ "$pid" != "$2" ]
}

step_crashes() {
	local pid unit
	pid=$(m pgrep -o -x scorpius-api)
	m kill -KILL "$pid"
	within "another worker" workers_are api 4
	within "healthy" healthy
	seen "a worker is killed: another one serves"
	for unit in scorpius-api@api-a scorpius-jobs; do
		pid=$(m systemctl show -P MainPID "$unit")
		m kill -KILL "$pid"
		within "$unit runs again" new_process "$unit" "$pid"
		within "healthy" healthy
		seen "$unit is killed: systemd starts it again"
	done
	within "all workers" workers_are api 4
	pid=$(m systemctl show -P MainPID postgresql@15-main)
	m kill -KILL "$pid"
	m systemctl restart postgresql@15-main
	within "healthy after PostgreSQL was killed" healthy
	m systemctl restart redis-server
	within "healthy after Redis was restarted" healthy
	seen "PostgreSQL is killed, Redis restarted: healthy again without a hand"
}

none_of() { [ -z "$(comm -12 <(sort "$1") <(m pgrep -x scorpius-api | sort))" ]; }

step_reload() {
	m pgrep -x scorpius-api >"$WORK/workers"
	load_begin
	m systemctl reload 'scorpius-api@*'
	within "each worker is another one" none_of "$WORK/workers"
	load_end "reload under load, each worker is another one"
}

step_scaling() {
	load_begin
	guide_run one scaling
	within "six workers" workers_are api 6
	load_end "API_WORKERS from 4 to 6, all restarted under load"
}

step_upgrade() {
	local before
	before=$(workers api)
	box_put one "$(package_file "$LATER")" "/root/scorpius_${LATER}_amd64.deb"
	m systemctl start scorpius-backup # the guide wants one that is fresh
	load_begin
	guide_run one upgrade
	within "the former program has ended" no_former_program
	load_end "upgrade from $VERSION to $LATER under load"
	served "$LATER"
	m systemctl -q is-active scorpius-jobs "${HALVES[@]/#/scorpius-api@}"
	within "as many workers as before, $before" workers_are api "$before"
}

analyzed() {
	local tender
	tender=$(api GET "/api/v1/tenders/$1") || return 1
	jq -e '.data | .document_count == 1 and .analysis_status == "done"' <<<"$tender" >/dev/null || { jq -c .data <<<"$tender"; return 1; }
}
# As the chapter Emergency has it: the target alone would not wait for the services.
stop_all() { m systemctl stop scorpius.target 'scorpius-api@*' scorpius-jobs; }
jobs_which_are() { m runuser -u postgres -- psql -XAtc "select count(*) from scorpius.job where state = '$1'" scorpius; }
jobs_in_hand() { [ "$(jobs_which_are leased)" -gt 0 ]; }

step_stops() {
	local tender tenders=() n file began id waiting files=("$TOP"/samples/*/dossier/*.pdf)
	login
	# Meanwhile it waits, so that there is something in every hand when all is stopped.
	m systemctl stop scorpius-jobs
	for n in {1..30}; do
		tender=$(api POST /api/v1/tenders -H 'Content-Type: application/json' -d '{}' | jq -r .data.id)
		file=${files[n % ${#files[@]}]}
		# Other bytes each time: what was read before is not read again.
		{ cat "$file"; printf '%% %s %s\n' "$n" "$RANDOM"; } >"$WORK/upload.pdf"
		api POST "/api/v1/tenders/$tender/documents" -F "file=@$WORK/upload.pdf;filename=$(basename "$file")" >/dev/null
		tenders+=("$tender")
	done
	m systemctl start scorpius-jobs
	within "a job in hand" jobs_in_hand
	began=$SECONDS
	stop_all
	[ -z "$(ms <<<'for name in api jobs reader; do pgrep -x scorpius-$name || true; done')" ] || die "a program runs on"
	[ "$(ask -o "$WORK/body" -w '%{http_code}' "https://$DOMAIN/health")" = 503 ] && jq -e '.errors[0].code' "$WORK/body" >/dev/null ||
		die "while all is stopped: $(head -c 300 "$WORK/body")"
	[ "$(jobs_which_are leased)" = 0 ] || die "$(jobs_which_are leased) jobs were not given back"
	waiting=$(jobs_which_are queued)
	[ "$waiting" -gt 0 ] || die "nothing was left to do when all was stopped"
	seen "stopped with jobs in hand, in $((SECONDS - began)) s: given back, $waiting wait; nginx answers 503 in the API's words"
	m systemctl start scorpius.target
	within "healthy after a stop" healthy
	for id in "${tenders[@]}"; do within "a tender is analyzed" analyzed "$id"; done
	seen "started again: all ${#tenders[@]} tenders are read and analyzed"
}

# state_of BOX: a line for each table with the digest of its rows, and one for the files.
state_of() {
	box_in "$1" bash -euo pipefail -s <<-'STATE'
		cd /tmp
		ask() { runuser -u postgres -- psql -XAt -d scorpius -v ON_ERROR_STOP=1 "$@"; }
		ask -c "select format('select %L, count(*), md5(coalesce(string_agg(t::text, chr(10) order by t::text), '''')) from %I.%I t;', schemaname || '.' || tablename, schemaname, tablename)
			from pg_tables where schemaname not in ('pg_catalog', 'information_schema', 'sqitch') order by 1" | ask -f -
		cd /var/lib/scorpius/files/objects
		find . -type f | sort | xargs -r sha256sum | sha256sum
		find . -type f | wc -l
	STATE
}

step_restore() {
	local id
	login
	id=$(api GET '/api/v1/documents?limit=1' | jq -r '.data[0].id')
	api GET "/api/v1/documents/$id/content" >"$WORK/document"
	stop_all
	m systemctl start scorpius-backup
	state_of one >"$WORK/state.one"
	m systemctl start scorpius.target
	box_make two
	box_boot two
	box_public two
	m tar -c -C /etc/scorpius scorpius.env -C /var/lib/scorpius backups | box_in two tar -x -C /root
	box_put two "$(package_file "$(m dpkg-query -W -f '${Version}' scorpius)")" "/root/scorpius_${VERSION}_amd64.deb"
	guide_run two restore
	state_of two >"$WORK/state.two"
	diff "$WORK/state.one" "$WORK/state.two" >"$WORK/diff" || fail_with "$WORK/diff" "what was restored is not what was saved"
	box_in two bash -euc 'scorpius-site; systemctl restart nginx; systemctl start scorpius.target' >"$WORK/site.log" 2>&1 ||
		fail_with "$WORK/site.log" "the second machine does not start"
	(
		ask() { in_network two curl -sS --max-time 120 --cacert "$WORK/ca.pem" --resolve "$DOMAIN:443:127.0.0.1" "$@"; }
		within "the second machine is healthy" healthy
		login
		api GET "/api/v1/documents/$id/content" | cmp - "$WORK/document"
	) || die "the restored machine serves other things"
	seen "restored onto an empty machine: $(grep -c '|' "$WORK/state.two") tables and $(tail -n 1 "$WORK/state.two") files are the same; it serves them"
	box_stop two
	rm -rf --one-file-system "$WORK/two"
	within "healthy" healthy
}

serves() { [ "$(api GET / | jq -r .version)" = "$1" ]; }
served() { jq -e --arg v "$1" '.versions[$v] > 0' "$WORK/load.json" >/dev/null || die "nobody saw version $1"; }
installed() { [ "$(m dpkg-query -W -f '${Version}' scorpius)" = "$1" ]; }
changes_deployed() { m runuser -u postgres -- psql -XAtc 'select count(*) from sqitch.changes' scorpius; }

step_rollback() {
	local changes
	installed "$LATER" || die "$LATER is to be installed before: run the step upgrade"
	changes=$(changes_deployed)
	load_begin
	guide_run one rollback
	within "the later program has ended" no_former_program
	load_end "return from $LATER to $VERSION under load"
	installed "$VERSION" && serves "$VERSION" || die "$VERSION is not what is installed and serves"
	served "$VERSION"
	[ "$(changes_deployed)" = "$changes" ] || die "the schema did not stay"
	seen "the schema is still that of $LATER, $changes changes"
}

# The later version's schema does not serve the former one any more: that one's package says so, and nothing is worse than before.
step_rollback_schema() {
	local changes status
	m apt-get -q -y install "/root/scorpius_${LATER}_amd64.deb" >"$WORK/apt.log" 2>&1 || fail_with "$WORK/apt.log" "the later package can't be installed again"
	changes=$(changes_deployed)
	ms <<-SCHEMA
		cd /tmp
		runuser -u postgres -- psql -q -X -v ON_ERROR_STOP=1 scorpius <<'SQL'
		create or replace function scorpius.oldest_program() returns text language sql stable set search_path = scorpius, pg_temp as \$\$ select '$LATER' \$\$;
		update scorpius.organization set machine_trial = 1;
		SQL
	SCHEMA
	load_begin
	status=0
	m apt-get -q -y --allow-downgrades install "/root/scorpius_${VERSION}_amd64.deb" >"$WORK/apt.log" 2>&1 || status=$?
	[ $status != 0 ] && grep -q "ne sert que les versions à partir de $LATER" "$WORK/apt.log" || fail_with "$WORK/apt.log" "the former package took a schema that does not serve it: status $status"
	serves "$LATER" || die "$LATER does not serve any more"
	load_end "$VERSION refuses the schema of $LATER, whose programs go on under load"
	load_begin
	m apt-get -q -y install "/root/scorpius_${LATER}_amd64.deb" >"$WORK/apt.log" 2>&1 || fail_with "$WORK/apt.log" "the later package can't be installed again"
	status=0
	m scorpius-admin migrate --revert --to "v$VERSION" --yes >"$WORK/revert.log" 2>&1 || status=$?
	[ $status = 65 ] && grep -q 'organization.machine_trial' "$WORK/revert.log" || fail_with "$WORK/revert.log" "rows were to be lost, and the status was $status"
	[ "$(changes_deployed)" = "$changes" ] || die "a refusal changed the schema"
	seen "a schema whose return would lose rows stays, and they are told: status 65"
	guide_run one rollback-schema
	within "the later program has ended" no_former_program
	load_end "return from $LATER to $VERSION with its schema, under load"
	installed "$VERSION" && serves "$VERSION" || die "$VERSION is not what is installed and serves"
	served "$VERSION"
	[ "$(changes_deployed)" -lt "$changes" ] || die "the schema did not go back"
	within "healthy" healthy
	m scorpius-admin migrate --verify >"$WORK/verify.log" 2>&1 || fail_with "$WORK/verify.log" "the schema is not that of $VERSION"
	seen "the schema is that of $VERSION: $(changes_deployed) changes instead of $changes"
}

locker() { m runuser -u postgres -- psql -XAtc "select pid from pg_stat_activity where application_name = 'rapport' and state = 'active' and query like '%pg_sleep%'" scorpius; }
locks() { [ -n "$(locker)" ]; }

# Somebody's session has what the migration needs: the former programs go on, and the upgrade is taken up when it is over.
step_locked_upgrade() {
	local status=0 session
	installed "$VERSION" || die "$VERSION is to be installed before"
	m bash -c "cd /tmp; runuser -u postgres -- env PGAPPNAME=rapport psql -X -c 'begin; lock table scorpius.organization in access share mode; select pg_sleep(3600)' scorpius" >/dev/null 2>&1 9>&- &
	session=$!
	within "a session has a lock" locks
	m sed -i '$ a MIGRATE_ATTEMPTS=2' /etc/scorpius/scorpius.env
	load_begin
	m apt-get -q -y install "/root/scorpius_${LATER}_amd64.deb" >"$WORK/apt.log" 2>&1 || status=$?
	[ $status != 0 ] && grep -q "pg_terminate_backend($(locker))" "$WORK/apt.log" || fail_with "$WORK/apt.log" "the upgrade did not tell who is in its way: status $status"
	serves "$VERSION" || die "$VERSION does not serve any more"
	m runuser -u postgres -- psql -Xqc "select pg_terminate_backend($(locker))" scorpius >/dev/null
	wait "$session" || true
	m dpkg --configure scorpius >"$WORK/apt.log" 2>&1 || fail_with "$WORK/apt.log" "dpkg --configure does not take the upgrade up"
	within "the former program has ended" no_former_program
	load_end "upgrade that a lock holds up, taken up by dpkg --configure, under load"
	served "$VERSION"
	served "$LATER"
	m sed -i '/^MIGRATE_ATTEMPTS=2$/d' /etc/scorpius/scorpius.env
}

step_purge() {
	local left
	m apt-get -q -y purge scorpius >"$WORK/purge.log" 2>&1 || fail_with "$WORK/purge.log" "apt purge failed"
	left=$(ms <<-'LEFT'
		ls /etc/nginx/scorpius /etc/nginx/sites-enabled/scorpius /run/scorpius /lib/systemd/system/scorpius* /etc/systemd/system/*/scorpius* 2>/dev/null || true
		ls /etc/scorpius | grep -vxE 'scorpius.env|key-kept' || true
		pgrep -a -f scorpius- || true
		systemctl list-units --all --no-legend 'scorpius*'
		mount | grep scorpius || true
	LEFT
	)
	[ -z "$left" ] || die "purged, and yet there is: $left"
	ms <<<'test -s /etc/scorpius/scorpius.env; nginx -q -t; systemctl -q is-active nginx postgresql redis-server; test -n "$(find /var/lib/scorpius/files -type f -print -quit)"' || die "purged, and the key, the documents or a server is gone"
	seen "purged: only the key, the documents and the backups are left; nginx serves on"
}
