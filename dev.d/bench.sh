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

# wrk URL...: requests per second, and 1 when anything but a 2xx came.
bench_wrk() {
	local out
	out=$(wrk -t2 -c"$bench_connections" -d"${bench_seconds}s" "${wrk_options[@]}" "$1") || die "wrk failed on $1"
	if grep -qE 'Non-2xx|Socket errors' <<<"$out"; then die "errors under load on $1: $(grep -E 'Non-2xx|Socket errors' <<<"$out")"; fi
	awk '/^Requests\/sec:/ { printf "%d", $2 }' <<<"$out"
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
	local name=$1 url=$2 pool=$3 rate n nginx worker postgres
	nginx=$(bench_cpu nginx) worker=$(bench_cpu "$pool") postgres=$(bench_cpu postgres)
	rate=$(bench_wrk "$url")
	n=$((rate * bench_seconds))
	nginx=$(($(bench_cpu nginx) - nginx)) worker=$(($(bench_cpu "$pool") - worker)) postgres=$(($(bench_cpu postgres) - postgres))
	awk -v r="$rate" -v n="$n" -v a=$nginx -v b=$worker -v c=$postgres \
		'BEGIN { printf "%d %.1f %.1f %.1f\n", r, a / n, b / n, c / n }' >>"$work/$name"
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
	rm -f "$STATE/conf/site.d/bench.conf"
	pool_stop bench
	stack_down
}

# The list with 10 000 rows, and the very transaction that it makes (taken from PostgreSQL's log) by pgbench.
bench_documents() {
	local org account count list options=() option round rate
	demo_login
	org=$(sql -At -d scorpius -c 'select organization_id from scorpius.account order by created_at limit 1')
	account=$(sql -At -d scorpius -c 'select id from scorpius.account order by created_at limit 1')
	count=$(sql -At -d scorpius -c 'select count(*) from scorpius.document')
	[ "$count" -ge 10000 ] || sql -d scorpius -v org="$org" -v account="$account" <"$TOP/bench/documents.sql"
	list="$(url)/api/v1/documents?limit=20&cursor="
	wrk_options=(-H "$(cat "$work/token")")
	sql -d postgres -c "alter system set log_statement = 'all'" -c 'select pg_reload_conf()' >/dev/null
	wait_for 10 "the list's transaction in PostgreSQL's log" bench_logged "$list"
	sql -d postgres -c 'alter system reset log_statement' -c 'select pg_reload_conf()' >/dev/null
	while read -r option; do options+=(-D "$option"); done < <(/usr/bin/python3 "$TOP/bench/transaction.py" "$STATE/log/postgres.log" "$work/script")
	for ((round = 0; round < bench_rounds; round++)); do
		bench_load documents "$list" api
		rate=$(PGPASSWORD=$(env_get DATABASE_API_PASSWORD) as_user pgbench -n -M prepared -c "$api_workers" -j 2 -T "$bench_seconds" \
			-h "$RUN" -U scorpius_api "${options[@]}" -f "$work/script" scorpius 2>"$work/pgbench.log" | awk '/^tps/ { printf "%d", $3 }')
		[ "${rate:-0}" -gt 0 ] || {
			cat "$work/pgbench.log" >&2
			die "pgbench failed"
		}
		printf '%s 0 0 0\n' "$rate" >>"$work/pgbench"
	done
	wrk_options=()
}

bench_logged() {
	curl -sf -o /dev/null -H "@$work/token" "$1"
	/usr/bin/python3 "$TOP/bench/transaction.py" "$STATE/log/postgres.log" /dev/stdout | grep -q 'limit'
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
	cat /proc/[0-9]*/stat 2>/dev/null | awk -v p="$pid" '{ sub(/\(.*\) /, "x ") } $4 == p { print $1 }' |
		while read -r child; do awk '/^Pss:/ { print $2 }' "/proc/$child/smaps_rollup"; done |
		awk '{ s += $1; n++ } END { printf "  idle worker: PSS %.1f MB each (%d workers)\n", s / n / 1024, n }'
}

# A dossier of 180 pages (or the files given) through the whole stack, with the time of each stage.
bench_dossier() { /usr/bin/python3 "$TOP/bench/dossier.py" "$(url)" "${BENCH_DOSSIERS:-5}" "$@"; }

# run_bench [dossier] [PATH...]: with `dossier` only that is measured.
run_bench() {
	local round wrk_options=() dossier only=''
	if [ "${1:-}" = dossier ]; then
		only=dossier
		shift
	fi
	dossier=("$@")
	packages_ensure run build test
	locate
	export SCORPIUS_STATE=$STATE/bench SCORPIUS_PORT
	SCORPIUS_PORT=$(free_port)
	build_in "$BUILD" "${CC:-gcc}" -Dbench=true
	work=$(mktemp -d)
	chmod 0755 "$work"
	trap 'rm -rf "$work"; bench_stop' EXIT
	stack_up
	if [ "$only" = dossier ]; then
		say "machine: $(nproc) cores, $(uname -r), load $(cut -d' ' -f1 /proc/loadavg)"
		bench_dossier "${dossier[@]}"
		return
	fi
	bench_dossier "${dossier[@]}"
	[ ${#dossier[@]} -gt 0 ] || dossier=("$TOP"/samples/guichet-numerique/dossier/*.zip)
	bench_pss
	bench_site
	for ((round = 0; round < bench_rounds; round++)); do
		bench_load empty "$(url)/bench/empty" bench
		bench_load live "$(url)/api/v1/live" api
		bench_load quiet "$(url)/bench/quiet" bench
		bench_load health "$(url)/health" api
	done
	bench_documents
	say "machine: $(nproc) cores, $(uname -r); wrk -c$bench_connections, $bench_seconds s, median of $bench_rounds; $api_workers workers"
	bench_row empty "empty libfcgi program, logged"
	bench_row live "GET /api/v1/live"
	bench_row quiet "empty libfcgi program, not logged"
	bench_row health "GET /health"
	bench_row documents "GET /api/v1/documents?limit=20&cursor="
	printf '  %-44s %8s tx/s\n' "pgbench, the same transaction, $api_workers connections" "$(bench_median pgbench 1)"
	say "ratios: live/empty $(ratio "$(bench_median live 1)" "$(bench_median empty 1)")," \
		"health/empty $(ratio "$(bench_median health 1)" "$(bench_median quiet 1)")," \
		"documents/pgbench $(ratio "$(bench_median documents 1)" "$(bench_median pgbench 1)")"
	bench_analyze "${dossier[@]}"
}
