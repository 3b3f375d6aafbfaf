# shellcheck shell=bash
# The main job by the API, as a client would do it: an account, a tender, its documents, the analysis.

# api METHOD PATH [CURL OPTION...]: body on stdout, status in api_status. The token stands in a file, not on a command line.
api() {
	local method=$1 path=$2 answer
	shift 2
	[ ! -f "$work/token" ] || set -- -H "@$work/token" "$@"
	answer=$(curl -s -S -m 300 -X "$method" -H 'Accept-Language: fr' -w '\n%{http_code}' "$@" "$(url)/api/v1$path") ||
		die "$method $path: no answer"
	api_status=${answer##*$'\n'}
	api_body=${answer%$'\n'*}
}

# expect STATUS...: ends the demo with the API's own words otherwise.
expect() {
	local wanted
	for wanted in "$@"; do [ "$api_status" = "$wanted" ] && return; done
	die "status $api_status: $(jq -r '[.errors[]? | "\(.code): \(.message)" + (if .field then " (\(.field))" else "" end)] | join("; ")' <<<"$api_body" 2>/dev/null || printf '%s' "$api_body")"
}

# The account is made once; its password is random and stays in the state folder.
demo_login() {
	local file=$STATE/demo-account email password
	if [ ! -s "$file" ]; then
		email=demo-$(random_hex 4)@scorpius.example
		password=$(random_hex 16)-Demo
		(umask 077 && jq -n --arg email "$email" --arg password "$password" '{email: $email, password: $password}' >"$work/account")
		jq '. + {full_name: "Compte de démonstration", organization_name: "Démonstration"}' "$work/account" >"$work/register"
		api POST /auth/register -H 'Content-Type: application/json' --data-binary "@$work/register"
		expect 201
		cp "$work/account" "$file"
		chmod 0600 "$file"
		say "Compte de démonstration créé : $email (mot de passe dans $file)"
	fi
	api POST /auth/login -H 'Content-Type: application/json' --data-binary "@$file"
	expect 200
	(umask 077 && jq -r '"Authorization: Bearer " + .data.access_token' <<<"$api_body" >"$work/token")
}

# The files of the arguments, one a line: "path<TAB>name by which it is sent".
demo_files() {
	local path file
	for path in "$@"; do
		if [ -d "$path" ]; then
			find -L "$path" -type f -size +0 ! -name '.*' -print0 | sort -z | while IFS= read -r -d '' file; do
				printf '%s\t%s\n' "$file" "${file#"${path%/}"/}"
			done
		elif [ -f "$path" ]; then
			printf '%s\t%s\n' "$path" "$(basename "$path")"
		else
			die "$path: no such file or folder"
		fi
	done
}

# curl reads the parts from a configuration, in which quotes and backslashes are escaped twice (curl's, then -F's).
demo_part() {
	local path=$1 name=$2
	path=${path//\\/\\\\} path=${path//\"/\\\"} name=${name//\\/\\\\} name=${name//\"/\\\"}
	local value="file=@\"$path\";filename=\"$name\""
	value=${value//\\/\\\\}
	printf 'form = "%s"\n' "${value//\"/\\\"}"
}

# Fifty files a request. A request with a file that is refused stores nothing, so its files are then sent one by one.
demo_upload() {
	local tender=$1 list=$2 part
	split -l 50 "$list" "$work/part."
	for part in "$work"/part.*; do
		demo_send "$tender" "$part"
		if [ "$api_status" = 400 ]; then
			local line
			while IFS= read -r line; do
				printf '%s\n' "$line" >"$work/one"
				demo_send "$tender" "$work/one"
				if [ "$api_status" = 400 ]; then
					say "Refusé : $(jq -r '.errors[0].message' <<<"$api_body")"
				else
					expect 201
				fi
			done <"$part"
		else
			expect 201
		fi
	done
}

demo_send() {
	local path name
	while IFS=$'\t' read -r path name; do demo_part "$path" "$name"; done <"$2" >"$work/form"
	api POST "/tenders/$1/documents" -K "$work/form"
}

demo_wait() {
	local tender=$1 status='' deadline=$((SECONDS + ${SCORPIUS_DEMO_TIMEOUT:-300})) asked=''
	while :; do
		api GET "/tenders/$tender"
		expect 200
		status=$(jq -r '.data.analysis_status' <<<"$api_body")
		case $status in
		done) return ;;
		failed)
			jq -r '.data.problems[]?.message // empty' <<<"$api_body" >&2
			demo_documents "$tender" >&2
			die "l'analyse n'a rien pu lire dans ce dossier"
			;;
		none)
			# Documents that could all be kept but not read start no analysis by themselves.
			if [ -z "$asked" ] && demo_settled "$tender"; then
				asked=1
				api POST "/tenders/$tender/analyze"
				expect 202 200
			fi
			;;
		esac
		[ $SECONDS -lt $deadline ] || die "l'analyse n'est pas terminée à temps (état : $status) ; voir ./dev logs jobs"
		sleep 0.2
	done
}

demo_settled() {
	api GET "/documents?tender_id=$1&limit=100"
	[ "$api_status" = 200 ] && jq -e 'all(.data[]; .status != "uploaded" and .status != "processing")' <<<"$api_body" >/dev/null
}

# What did not come in, or could not be read.
demo_documents() {
	local id
	api GET "/documents?tender_id=$1&limit=100"
	expect 200
	jq -r '.data[] | select(.status == "failed") | "  \(.original_filename) : lecture impossible."' <<<"$api_body"
	for id in $(jq -r '.data[] | select(.kind == "archive") | .id' <<<"$api_body"); do
		api GET "/documents/$id/events" -H 'Accept-Language: fr'
		expect 200
		jq -r '.data.events[].message | select(. != null) | "  \(.)"' <<<"$api_body"
	done
}

demo() {
	local tender began
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	if [ $# -eq 0 ]; then
		set -- "$TOP"/samples/guichet-numerique/dossier/*.zip
		[ -f "$1" ] || die "no sample in samples/guichet-numerique/dossier: name a dossier"
	fi
	demo_files "$@" >"$work/files"
	[ -s "$work/files" ] || die "nothing to read in: $*"
	stack_up
	step "the stack is ready at $(url)"
	began=$(date +%s%N)
	demo_login
	api POST /tenders -H 'Content-Type: application/json' --data-binary '{}'
	expect 201
	tender=$(jq -r '.data.id' <<<"$api_body")
	demo_upload "$tender" "$work/files"
	demo_wait "$tender"
	api GET "/tenders/$tender/analysis"
	expect 200
	printf '%s' "$api_body" >"$work/analysis"
	say ""
	"$(app_program bin/scorpius)" analyze --from - <"$work/analysis"
	demo_documents "$tender"
	say ""
	say "Envoi, lecture et analyse : $((($(date +%s%N) - began) / 1000000)) ms, par l'API $(url)/api/v1 (documentation : $(url)/api/v1/docs)."
	say "Arrêter : ./dev down. Autre dossier : ./dev demo DOSSIER|ZIP|FICHIERS."
}

# request METHOD PATH [-b POOL] [-H 'Name: value']... [-d BODY|@FILE]: straight to a worker's socket.
request() {
	[ $# -ge 2 ] || die "usage: ./dev request METHOD PATH [-b api|bulk] [-H 'Name: value']... [-d BODY|@FILE]"
	local method=$1 path=$2 pool=api body name value params
	shift 2
	body=$(mktemp)
	# shellcheck disable=SC2064
	trap "rm -f '$body'" EXIT
	# The caller's whole environment would become parameters: `env -i` leaves only these.
	params=(REQUEST_METHOD="$method" REQUEST_URI="$path" SCRIPT_NAME="${path%%\?*}" QUERY_STRING= SERVER_PROTOCOL=HTTP/1.1 REMOTE_ADDR=127.0.0.1)
	case $path in *\?*) params+=(QUERY_STRING="${path#*\?}") ;; esac
	while [ $# -gt 0 ]; do
		[ $# -ge 2 ] || die "$1 needs a value"
		case $1 in
		-b) pool=$2 ;;
		-H)
			name=${2%%:*} value=${2#*:}
			name=${name^^} name=${name//-/_}
			case $name in CONTENT_TYPE) ;; *) name=HTTP_$name ;; esac
			params+=("$name=${value# }")
			;;
		-d) case $2 in @*) cp -- "${2#@}" "$body" ;; *) printf '%s' "$2" >"$body" ;; esac ;;
		*) die "unknown option $1" ;;
		esac
		shift 2
	done
	locate
	[ -S "$RUN/$pool.sock" ] || die "the pool '$pool' does not run: ./dev up"
	if [ -s "$body" ]; then
		params+=(CONTENT_LENGTH="$(stat -c %s "$body")")
		case " ${params[*]} " in *' CONTENT_TYPE='*) ;; *) params+=(CONTENT_TYPE=application/json) ;; esac
	fi
	env -i "${params[@]}" /usr/bin/cgi-fcgi -bind -connect "$RUN/$pool.sock" <"$body"
	echo
}
