# shellcheck shell=bash
# Tests, lint, fuzzers, scoring.

# The sanitized build must not see leaks that are not ours to mend, and criterion hides leaks (its status stays 0): the
# reports go to files, and a file that is there is a failure.
sanitizers() {
	local reports=$1
	shift
	ASAN_OPTIONS="log_path=$reports/report:detect_leaks=1:abort_on_error=0:exitcode=99" \
		UBSAN_OPTIONS="log_path=$reports/report:halt_on_error=1:print_stacktrace=1" "$@"
}

# all_programs_ran BUILD WHAT: a line unless meson's record has each program: one that was killed leaves a short record.
all_programs_ran() {
	local want got
	want=$(meson test -C "$1" --no-rebuild --suite unit --list 2>/dev/null | wc -l)
	got=$(wc -l <"$1/meson-logs/testlog.json")
	[ "$want" -gt 0 ] && [ "$got" = "$want" ] || printf '%s: %s of %s programs ran\n' "$2" "$got" "$want"
}

# unit_tests RESULTS: builds and runs them twice, plain and sanitized. Beside the end-to-end tests, which mostly wait, and
# behind them. Their records are left in the folder RESULTS.
unit_tests() {
	local results=$1 build_san=${BUILD_SAN:-$(dirname "$BUILD")/build-san}
	renice -n 19 -p "$BASHPID" >/dev/null
	step "unit tests"
	rm -f "$BUILD/meson-logs/testlog.json"
	meson test -C "$BUILD" --no-rebuild --suite unit --timeout-multiplier 4 --print-errorlogs >"$results/unit.log" 2>&1 ||
		tail -n 60 "$results/unit.log" >&2
	all_programs_ran "$BUILD" "unit tests" >>"$results/incomplete"
	cp "$BUILD/meson-logs/testlog.json" "$results/unit.json"

	[ -w "$(dirname "$build_san")" ] || build_san=$STATE/build-san
	# Lines are all that a report needs of debug information; more of it takes a good part of the time to compile.
	build_in "$build_san" "${CC:-gcc}" -Dtests=enabled -Db_sanitize=address,undefined -Db_lundef=false -Doptimization=1 -Dc_args=-g1
	step "unit tests under AddressSanitizer and UndefinedBehaviorSanitizer"
	mkdir "$results/reports"
	rm -f "$build_san/meson-logs/testlog.json"
	sanitizers "$results/reports" meson test -C "$build_san" --no-rebuild --suite unit --timeout-multiplier 8 \
		--print-errorlogs >"$results/san.log" 2>&1 || tail -n 60 "$results/san.log" >&2
	all_programs_ran "$build_san" "sanitized unit tests" >>"$results/incomplete"
	cp "$build_san/meson-logs/testlog.json" "$results/san.json"
	find "$results/reports" -type f -size +0 -exec head -n 40 {} + >&2
}

# end_to_end RESULTS [PYTEST ARG...]: becomes pytest, which ends its stacks and itself when whoever waits for it is gone.
end_to_end() {
	local results=$1
	shift
	step "end-to-end tests (pytest)"
	cd "$TOP"
	export SCORPIUS_BUILD=$BUILD SCORPIUS_NO_INSTALL=1 PYTHONDONTWRITEBYTECODE=1
	exec setpriv --pdeathsig TERM /usr/bin/python3 -m pytest -q -p no:cacheprovider --junitxml="$results/pytest.xml" "$@"
}

# A whole run has several workers, each with a stack of its own: a test waits more than it computes.
test_workers() {
	local n=${SCORPIUS_TEST_WORKERS:-$(nproc)}
	[[ $n =~ ^[0-9]+$ ]] || die "SCORPIUS_TEST_WORKERS: '$n' is not a number"
	if [ -z "${SCORPIUS_TEST_WORKERS:-}" ]; then n=$((n < 2 ? 2 : n > 4 ? 4 : n)); fi
	printf '%s' "$n"
}

test_jobs=()

# A run that is ended from outside ends what it started, and tells so in its last line.
tests_killed() {
	trap '' INT TERM HUP
	local group
	for group in "${test_jobs[@]}"; do kill -TERM -- "-$group" 2>/dev/null || true; done
	wait
	say "FAILED the run was ended by SIG$1"
	say "0 passed, 1 failed"
	exit $((128 + $2))
}

# run_tests [PYTEST ARG...]: with arguments only pytest runs, with these.
run_tests() {
	local results count=() status=0 n pytest unit="" workers line
	packages_ensure run build test
	make_state
	results=$(mktemp -d)
	# shellcheck disable=SC2064
	trap "rm -rf '$results'" EXIT
	trap 'tests_killed INT 2' INT
	trap 'tests_killed TERM 15' TERM
	trap 'tests_killed HUP 1' HUP
	build_in "$BUILD" "${CC:-gcc}" -Dtests=enabled
	if [ $# -gt 0 ]; then
		(end_to_end "$results" "$@") || status=$?
	else
		set -- tests
		workers=$(test_workers)
		if [ -z "${SCORPIUS_E2E_STATE:-}" ] && [ "$workers" -gt 1 ]; then set -- -n "$workers" --dist loadfile --max-worker-restart 0 tests; fi
		set -m # process groups of their own, which can be ended as one
		unit_tests "$results" >"$results/unit.out" 2>&1 &
		unit=$!
		end_to_end "$results" "$@" &
		pytest=$!
		set +m
		test_jobs=("$unit" "$pytest")
		wait "$pytest" || status=$?
	fi
	# 5: nothing was collected; others than 0 and 1 leave no whole result.
	case $status in
	0 | 1) count+=(--junit "$results/pytest.xml") ;;
	1[3-9][0-9] | 129) count+=(--extra 0 1 "pytest was killed by SIG$(kill -l "$status")") ;;
	*) count+=(--extra 0 1 "pytest ended with status $status") ;;
	esac
	if [ -n "$unit" ]; then
		status=0
		wait "$unit" || status=$?
		cat "$results/unit.out" >&2
		[ "$status" = 0 ] || count+=(--extra 0 1 "unit tests ended with status $status")
		touch "$results/incomplete"
		while read -r line; do count+=(--extra 0 1 "$line"); done <"$results/incomplete"
		[ ! -f "$results/unit.json" ] || count+=(--meson "$results/unit.json")
		if [ -f "$results/san.json" ]; then
			n=$(find "$results/reports" -type f -size +0 | wc -l)
			count+=(--programs "$results/san.json" --extra 0 "$n" "reports of the sanitizers")
		fi
	fi
	test_jobs=()
	/usr/bin/python3 "$TOP/dev.d/count_tests.py" "${count[@]}"
}

# --- lint

lint_failed=0
lint_step() {
	local what=$1 log
	shift
	log=$(mktemp)
	if "$@" >"$log" 2>&1; then
		say "ok      $what"
	else
		say "FAILED  $what"
		head -n 40 "$log"
		lint_failed=1
	fi
	rm -f "$log"
}

sources() { find "$TOP"/{lib,app,bench,tests} -name '*.c' -o -name '*.h' | sort; }

lint_format() { sources | xargs clang-format --dry-run -Werror; }

lint_shell() { (cd "$TOP" && shellcheck -x dev .ci/run etc/systemd/scorpius-{pool,admin,site,certificate,rotate}.in etc/systemd/certbot-deploy.in etc/nginx/{render,maintenance} tests/machine/run docker/{base-image,check,check-guide,packages} docker/check.d/*.sh docker/*-container); }

lint_banned() {
	! sources | xargs grep -nE '\b(strcpy|strcat|sprintf|vsprintf|atoi|atol|atof|strtok|gets|localtime|gmtime|asctime|ctime|sscanf|alloca|tmpnam|mktemp)[[:space:]]*\('
}

lint_marks() { ! sources | xargs grep -nE '\b(TODO|FIXME|XXX|HACK)\b'; }

# A library of others is known to one folder of ours: that one is edited when it is replaced.
lint_includes() {
	local header where found=0 bad
	while read -r header where; do
		bad=$(sources | xargs grep -lE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]($header)[>\"]" | grep -vE "^$TOP/($where)/" || true)
		if [ -n "$bad" ]; then
			printf '%s may be included below %s only:\n%s\n' "$header" "$where" "$bad"
			found=1
		fi
	done <<-'RULES'
		(postgresql/)?libpq-fe.h lib/db
		hiredis/.* lib/cache
		fcgiapp.h lib/http|bench
		fcgi_stdio.h nowhere
		json-c/.*|json.h/.* lib/base
		jwt.h|libscrypt.h|zxcvbn.h lib/auth
		magic.h|zlib.h lib/store
		pcre2.h lib/tender
		curl/.* lib/mail|lib/store|lib/web
		archive.h|archive_entry.h app/jobs
		sodium.*|openssl/.* lib/crypto
		mupdf/.* app/reader
		zip.h app/reader
		libxml/.* app/reader|lib/store
		seccomp.h app/reader
	RULES
	return $found
}

# Headers are found by name alone, so two of one name would shadow each other.
lint_header_names() { ! sources | grep '\.h$' | xargs -n 1 basename | sort | uniq -d | grep .; }

# nginx answers in the API's words: the texts of its configuration are those of the list of errors.
lint_nginx_texts() {
	local code lang text found=0 want
	while IFS='|' read -r lang code text; do
		want=$(awk -F'"' -v code="$code" -v lang="$lang" '$2 == code { print lang == "en" ? $4 : $6; exit }' "$TOP/lib/base/error_list.h")
		want=${want//\\u00a0/$'\xc2\xa0'} # its bytes: \u is another thing without a locale
		text=${text//\$body_max/\{max\}}
		if [ "$text" != "$want" ]; then
			printf '%s %s: nginx says "%s", the list "%s"\n' "$lang" "$code" "$text" "$want"
			found=1
		fi
	done < <(sed -n 's/^\t"\(en\|fr\) \([a-z_]*\)" "\(.*\)";$/\1|\2|\3/p' "$TOP/etc/nginx/scorpius.conf.template")
	return $found
}

lint_python() {
	(cd "$TOP" && git ls-files '*.py' | PYTHONDONTWRITEBYTECODE=1 xargs -r -n 1 /usr/bin/python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read(), sys.argv[1])')
}

run_lint() {
	packages_ensure test
	lint_step "format (clang-format)" lint_format
	lint_step "shell scripts (shellcheck)" lint_shell
	lint_step "forbidden functions" lint_banned
	lint_step "marks of unfinished work" lint_marks
	lint_step "who may include which library" lint_includes
	lint_step "header names" lint_header_names
	lint_step "nginx answers in the words of the error list" lint_nginx_texts
	lint_step "Python files" lint_python
	return $lint_failed
}

# --- fuzzers

run_fuzz() {
	local seconds=${1:-30} build_fuzz program name corpus seeds failed=0 found=0
	[[ $seconds =~ ^[0-9]+$ ]] || die "usage: ./dev fuzz [SECONDS]"
	packages_ensure build test
	make_state
	build_fuzz=$(dirname "$BUILD")/build-fuzz
	build_in "$build_fuzz" clang -Dfuzzers=true -Dtests=disabled -Db_sanitize=address,undefined -Db_lundef=false
	while read -r program; do
		found=1
		name=$(basename "$program")
		corpus=$STATE/fuzz/$name
		mkdir -p "$corpus"
		# What was found is kept in the first folder; the second one has the seeds.
		seeds=()
		[ ! -d "$TOP/tests/corpus/${name#fuzz_}" ] || seeds=("$TOP/tests/corpus/${name#fuzz_}")
		step "$name for $seconds s"
		(cd "$corpus/.." && "$program" -max_total_time="$seconds" -rss_limit_mb=1024 -print_final_stats=1 -verbosity=0 "$corpus" "${seeds[@]}") || failed=1
	done < <(find "$build_fuzz" -type f -name 'fuzz_*' -perm -u+x | sort)
	[ $found = 1 ] || die "no fuzzer was built"
	return $failed
}

# --- scoring of facts: SCORE_FACTS names the script, DIR holds dossiers with labels

run_score() {
	[ -d "${1:-}" ] || die "usage: SCORE_FACTS=path/of/score_facts.py ./dev score DIR"
	[ -f "${SCORE_FACTS:-}" ] || die "set SCORE_FACTS to the scoring script"
	packages_ensure run build
	make_state
	build_app
	install_app
	READER_PATH=$(app_program libexec/scorpius/scorpius-reader) /usr/bin/python3 "$SCORE_FACTS" "$1" -- \
		"$(app_program bin/scorpius)" analyze --json
}

# --- requirements that people have judged: run_judge [--draw N SEED] FILE

run_judge() {
	local program
	[ $# -eq 1 ] || { [ $# -eq 4 ] && [ "$1" = --draw ]; } || die "usage: ./dev judge [--draw N SEED] FILE"
	[ -f "${!#}" ] || die "no such file: ${!#}"
	packages_ensure run build
	make_state
	build_app
	install_app
	program=$(app_program bin/scorpius)
	[ $# -eq 4 ] || set -- "$TOP/tests/requirements-judged.tsv" "$1"
	READER_PATH=$(app_program libexec/scorpius/scorpius-reader) /usr/bin/python3 "$TOP/dev.d/judge.py" "$program" "$@"
}
