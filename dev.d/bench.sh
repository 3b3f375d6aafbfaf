# shellcheck shell=bash
# Measures on this machine, in one run, so that only ratios count: against an empty libfcgi program behind the same nginx,
# and against the same transaction sent by pgbench over as many connections. A stack of its own holds the rows.

bench_seconds=${BENCH_SECONDS:-4}
bench_rounds=${BENCH_ROUNDS:-3}
bench_connections=50

free_port() {
	local port
	while :; do
		port=$((20000 + RANDOM % 20000))
		PORT=$port port_is_free && break
	done
	printf '%s' "$port"
}

# bench_wrk URL: requests per second, and 1 when anything but a 2xx came.
bench_wrk() {
	local out
	out=$(wrk -t2 -c"$bench_connections" -d"${bench_seconds}s" "${wrk_options[@]}" "$1") || die "wrk failed on $1"
	if grep -qE 'Non-2xx|Socket errors' <<<"$out"; then die "errors under load on $1: $(grep -E 'Non-2xx|Socket errors' <<<"$out")"; fi
	awk '/^Requests\/sec:/ { printf "%.2f", $2 }' <<<"$out"
}


# CPU time in microseconds so far, of a daemon and its direct children.
bench_cpu() {
	local pid dir stat fields total=0
	pid=$(daemon_pid "$1")
	for dir in /proc/[0-9]*; do
		{ read -r stat <"$dir/stat"; } 2>/dev/null || continue
		read -ra fields <<<"${stat##*) }"
		if [ "${fields[1]}" = "$pid" ] || [ "$dir" = "/proc/$pid" ]; then total=$((total + fields[11] + fields[12])); fi
	done
	printf '%s' $((total * 1000000 / $(getconf CLK_TCK)))
}

# bench_load NAME URL POOL: appends "requests/s, CPU µs per request of nginx, the pool, PostgreSQL" to $work/NAME.
bench_load() {
	local name=$1 url=$2 pool=$3 rate nginx worker postgres
	nginx=$(bench_cpu nginx) worker=$(bench_cpu "$pool") postgres=$(bench_cpu postgres)
	rate=$(bench_wrk "$url")
	nginx=$(($(bench_cpu nginx) - nginx)) worker=$(($(bench_cpu "$pool") - worker)) postgres=$(($(bench_cpu postgres) - postgres))
	awk -v r="$rate" -v s="$bench_seconds" -v a=$nginx -v b=$worker -v c=$postgres \
		'BEGIN { n = r * s; printf "%d %.1f %.1f %.1f\n", r, a / n, b / n, c / n }' >>"$work/$name"
}

# Median of column $2 of $work/$1.
bench_median() { sort -n -k"$2,$2" "$work/$1" | awk -v c="$2" '{ v[NR] = $c } END { print v[int((NR + 1) / 2)] }'; }

ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }

bench_row() {
	printf '  %-44s %8s req/s   CPU us/request: nginx %s, worker %s, PostgreSQL %s\n' "$2" \
		"$(bench_median "$1" 1)" "$(bench_median "$1" 2)" "$(bench_median "$1" 3)" "$(bench_median "$1" 4)"
}

bench_site() {
	# Logged like /api/v1/live, and unlogged like /health.
	printf 'location = /bench/empty { fastcgi_pass unix:%s/bench.sock; }\nlocation = /bench/quiet { access_log off; fastcgi_pass unix:%s/bench.sock; }\n' \
		"$RUN" "$RUN" >"$STATE/conf/site.d/bench.conf"
	install -m 0755 "$BUILD/bench/bench_empty" "$APP/usr/bench_empty"
	pool_start bench "$api_workers" usr/bench_empty
	nginx_start
	wait_for 10 "the empty program" curl -sf -o /dev/null "$(url)/bench/empty"
}

bench_stop() {
	rm -rf "$STATE"/conf/site.d/{bench,put}.conf "$STATE/tmp/put"
	pool_stop bench
	stack_down
}

# bench_transaction NAME URL WORD: a reading route, and the very transaction that it makes (taken from PostgreSQL's log, where
# it has the WORD) by pgbench.
bench_transaction() {
	local name=$1 url=$2 word=$3 options=() option round rate
	wrk_options=(-H "$(cat "$work/token")")
	sql -d postgres -c "alter system set log_statement = 'all'" -c 'select pg_reload_conf()' >/dev/null
	wait_for 10 "the transaction of $url in PostgreSQL's log" bench_logged "$url" "$word"
	sql -d postgres -c 'alter system reset log_statement' -c 'select pg_reload_conf()' >/dev/null
	while read -r option; do options+=(-D "$option"); done < <(/usr/bin/python3 "$TOP/bench/transaction.py" "$STATE/log/postgres.log" "$work/$name.script")
	for ((round = 0; round < bench_rounds; round++)); do
		bench_load "$name" "$url" api
		rate=$(PGPASSWORD=$(env_get DATABASE_API_PASSWORD) as_user pgbench -n -M prepared -c "$api_workers" -j 2 -T "$bench_seconds" \
			-h "$RUN" -U scorpius_api "${options[@]}" -f "$work/$name.script" scorpius 2>"$work/pgbench.log" | awk '/^tps/ { printf "%d", $3 }')
		[ "${rate:-0}" -gt 0 ] || {
			cat "$work/pgbench.log" >&2
			die "pgbench failed"
		}
		printf '%s 0 0 0\n' "$rate" >>"$work/$name.pgbench"
	done
	wrk_options=()
}

bench_logged() {
	curl -sf -o /dev/null -H "@$work/token" "$1"
	/usr/bin/python3 "$TOP/bench/transaction.py" "$STATE/log/postgres.log" /dev/stdout | grep -q "$2"
}

# The list with 10 000 rows.
bench_documents() {
	local org account count
	org=$(sql -At -d scorpius -c 'select organization_id from scorpius.account order by created_at limit 1')
	account=$(sql -At -d scorpius -c 'select id from scorpius.account order by created_at limit 1')
	count=$(sql -At -d scorpius -c 'select count(*) from scorpius.document')
	[ "$count" -ge 10000 ] || sql -d scorpius -v org="$org" -v account="$account" <"$TOP/bench/documents.sql"
	bench_transaction documents "$(url)/api/v1/documents?limit=20&cursor=" limit
}

# A number of logins by more clients than may hash at once, against checking passwords and nothing else in as many processes.
# None is cut off at the end: with so few a second that would count.
bench_logins() {
	local round slots log_n n=$((10 * bench_seconds)) began worker
	log_n=$(env_get SCRYPT_LOG_N)
	slots=$(($(nproc) > 3 ? $(nproc) / 2 : 1))
	for ((round = 0; round < bench_rounds; round++)); do
		"$BUILD/bench/bench_scrypt" "$slots" "${log_n:-15}" "$bench_seconds" >>"$work/scrypt"
		worker=$(bench_cpu bulk) began=$EPOCHREALTIME
		seq "$n" | xargs -P 8 -I{} curl -sf -m 60 -o /dev/null -H 'Content-Type: application/json' \
			--data-binary "@$STATE/demo-account" "$(url)/api/v1/auth/login" || die "a login failed"
		awk -v n="$n" -v a="$began" -v b="$EPOCHREALTIME" -v c=$(($(bench_cpu bulk) - worker)) \
			'BEGIN { printf "%.2f %.0f\n", n / (b - a), c / n }' >>"$work/logins"
	done
}

# Pages per second and peak memory of reading and understanding, process start included.
bench_analyze() {
	READER_PATH=$(app_program libexec/scorpius/scorpius-reader) /usr/bin/python3 - "$(app_program bin/scorpius)" "$@" <<-'PY'
		import json, resource, subprocess, sys, time
		command = [sys.argv[1], "analyze", "--json"] + sys.argv[2:]
		times = []
		for _ in range(5):
		    began = time.monotonic()
		    out = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
		    times.append(time.monotonic() - began)
		pages = sum(d.get("pages") or 0 for d in json.loads(out)["documents"])
		peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
		t = sorted(times)[2]
		print("  scorpius analyze: %d pages in %.0f ms (median of 5): %.0f pages/s, peak RSS of its largest process %.1f MB"
		      % (pages, t * 1000, pages / t, peak / 1024))
	PY
}

# Proportional memory of the idle workers of a pool, in kB each.
bench_pss() {
	local pid
	pid=$(daemon_pid api)
	{ cat /proc/[0-9]*/stat 2>/dev/null || true; } | awk -v p="$pid" '{ sub(/\(.*\) /, "x ") } $4 == p { print $1 }' |
		while read -r child; do awk '/^Pss:/ { print $2 }' "/proc/$child/smaps_rollup"; done |
		awk '{ s += $1; n++ } END { printf "  idle worker: PSS %.1f MB each (%d workers)\n", s / n / 1024, n }'
}

# A dossier of 180 pages (or the files given) through the whole stack, with the time of each stage.
bench_dossier() { /usr/bin/python3 "$TOP/bench/dossier.py" "$(url)" "${BENCH_DOSSIERS:-5}" "$@"; }

# Uploads against nginx's own writing, and beside other work. nginx writes what is PUT under /bench/put into the state folder.
bench_uploads() {
	own_dir "$STATE/tmp/put"
	# shellcheck disable=SC2016
	printf 'location /bench/put/ { root "%s"; client_body_temp_path "%s/body"; client_max_body_size 200m; dav_methods PUT; create_full_put_path on; }\n' \
		"$STATE/tmp/put" "$STATE/tmp/put" >"$STATE/conf/site.d/put.conf"
	nginx_start
	/usr/bin/python3 "$TOP/bench/uploads.py" "$(url)" "$(daemon_pid bulk)" "$(daemon_pid nginx)" "$(url)/bench/put" "$STATE/tmp/put"
	rm -rf "$STATE/conf/site.d/put.conf" "$STATE/tmp/put"
	nginx_start
}

# run_bench [dossier|uploads] [PATH...]: with a name only that is measured.
run_bench() {
	local round wrk_options=() dossier only='' without more with
	case ${1:-} in
	dossier | uploads)
		only=$1
		shift
		;;
	esac
	dossier=("$@")
	packages_ensure run build test
	locate
	export SCORPIUS_STATE=$STATE/bench SCORPIUS_PORT
	# What is measured is not how much is let through.
	export RATE_LIMIT_AUTH=1000000 RATE_LIMIT_AUTH_ADDRESS=1000000 RATE_LIMIT_OTHER=1000000 RATE_LIMIT_ADDRESS=1000000 HASH_WAIT=30
	SCORPIUS_PORT=$(free_port)
	build_in "$BUILD" "${CC:-gcc}" -Dbench=true
	work=$(mktemp -d)
	chmod 0755 "$work"
	trap 'rm -rf "$work"; bench_stop' EXIT
	stack_up
	say "machine: $(nproc) cores, $(uname -r), load $(cut -d' ' -f1 /proc/loadavg)"
	[ "$only" != uploads ] || { bench_uploads && return; }
	bench_dossier "${dossier[@]}"
	[ "$only" != dossier ] || return 0
	bench_uploads
	[ ${#dossier[@]} -gt 0 ] || dossier=("$TOP"/samples/guichet-numerique/dossier/*.zip)
	bench_pss
	bench_site
	for ((round = 0; round < bench_rounds; round++)); do
		bench_load empty "$(url)/bench/empty" bench
		bench_load live "$(url)/api/v1/live" api
		bench_load quiet "$(url)/bench/quiet" bench
		bench_load health "$(url)/health" api
	done
	demo_login
	bench_transaction me "$(url)/api/v1/auth/me" auth.me
	bench_documents
	bench_logins
	say "machine: $(nproc) cores, $(uname -r); wrk -c$bench_connections, $bench_seconds s, median of $bench_rounds; $api_workers workers"
	bench_row empty "empty libfcgi program, logged"
	bench_row live "GET /api/v1/live"
	bench_row quiet "empty libfcgi program, not logged"
	bench_row health "GET /health"
	bench_row documents "GET /api/v1/documents?limit=20&cursor="
	printf '  %-44s %8s tx/s\n' "pgbench, the same transaction, $api_workers connections" "$(bench_median documents.pgbench 1)"
	bench_row me "GET /api/v1/auth/me"
	printf '  %-44s %8s tx/s\n' "pgbench, the same transaction, $api_workers connections" "$(bench_median me.pgbench 1)"
	printf '  %-44s %8s logins/s CPU us/login of the worker: %s\n' "POST /api/v1/auth/login, 8 clients" "$(bench_median logins 1)" "$(bench_median logins 2)"
	printf '  %-44s %8s checks/s CPU us/check: %s\n' "scrypt alone, as many processes as may hash" "$(bench_median scrypt 1)" "$(bench_median scrypt 2)"
	say "ratios: live/empty $(ratio "$(bench_median live 1)" "$(bench_median empty 1)")," \
		"health/empty $(ratio "$(bench_median health 1)" "$(bench_median quiet 1)")," \
		"documents/pgbench $(ratio "$(bench_median documents 1)" "$(bench_median documents.pgbench 1)")," \
		"me/pgbench $(ratio "$(bench_median me 1)" "$(bench_median me.pgbench 1)")," \
		"logins/scrypt $(ratio "$(bench_median logins 1)" "$(bench_median scrypt 1)")" \
		"(CPU of scrypt : CPU of a login's worker $(ratio "$(bench_median scrypt 2)" "$(bench_median logins 2)"))"
	read -r without with more < <("$BUILD/bench/bench_metrics" "$work/metrics")
	say "metrics: a request in memory takes $without us of CPU without counting, $with us with it ($more us)"
	bench_analyze "${dossier[@]}"
}
