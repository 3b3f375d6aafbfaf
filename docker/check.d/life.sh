# shellcheck shell=bash disable=SC2016,SC2034,SC2119,SC2154
# New versions, bad ones and emergencies, with clients meanwhile: sourced by docker/check.

# Two that read and two that write, each request on a connection of its own, until calm. Answers by status in $work/answers.*
busy() {
	local n
	touch "$work/load"
	for n in 1 2 3 4; do
		(
			set +e
			while [ -e "$work/load" ]; do
				if [ $((n % 2)) = 0 ]; then
					client -o /dev/null -w '%{http_code}\n' "${bearer[@]}" "https://$name/api/v1/tenders" 2>/dev/null
				else
					client -o /dev/null -w '%{http_code}\n' "${bearer[@]}" "${json[@]}" -d '{}' "https://$name/api/v1/tenders" 2>/dev/null
				fi
			done >"$work/answers.$n"
		) &
		loads+=($!)
	done
}
# calm WHAT: ends it and tells how many were asked; sets $lost.
calm() {
	rm -f "$work/load"
	wait "${loads[@]}"
	loads=()
	lost=$(cat "$work"/answers.* | grep -cvE '^20[01]$' || true)
	printf '  %s: %s requests, %s lost%s\n' "$1" "$(cat "$work"/answers.* | wc -l)" "$lost" \
		"$(cat "$work"/answers.* | grep -vE '^20[01]$' | sort | uniq -c | awk '{ printf " (%s: %s)", $2, $1 }')"
}
loads=()
image_of() { docker inspect -f '{{.Image}}' "$(container "$1")"; }
image_id() { docker image inspect -f '{{.Id}}' "$1"; }
former=$(setting SCORPIUS_IMAGE)

step "a new image, with a change of the schema, while clients work"
change() { printf '%s\n' 'begin;' 'set local role scorpius_owner;' "$@" 'commit;'; }
mkdir "$work/next"
change 'alter table scorpius.organization add column docker_check integer;' "comment on column scorpius.organization.docker_check is 'of a check only';" \
	>"$work/next/deploy.sql"
change 'alter table scorpius.organization drop column docker_check;' >"$work/next/revert.sql"
change 'select docker_check from scorpius.organization where false;' >"$work/next/verify.sql"
{
	printf 'FROM %s\nUSER root\n' "$former"
	for file in deploy revert verify; do printf 'COPY %s.sql /usr/share/scorpius/schema/%s/docker_check.sql\n' $file $file; done
	printf 'RUN chmod 0644 /usr/share/scorpius/schema/*/docker_check.sql && echo "%s" >>/usr/share/scorpius/schema/sqitch.plan\nUSER scorpius\n' \
		'docker_check 2099-01-01T00:00:00Z Scorpius <packages@scorpius.example> # a change of the check only'
} >"$work/next/Dockerfile"
quiet docker build -t scorpius-check:next "$work/next"
set_setting SCORPIUS_IMAGE scorpius-check:next
busy
up
calm "new image"
[ "$lost" = 0 ] || die "requests were lost"
for service in api api-b jobs backup; do [ "$(image_of $service)" = "$(image_id scorpius-check:next)" ] || die "$service has the old image"; done

step "an image that can't serve takes nothing with it"
printf 'FROM %s\nUSER root\nRUN rm /usr/bin/scorpius-api\nUSER scorpius\n' "$former" | quiet docker build -t scorpius-check:bad -
set_setting SCORPIUS_IMAGE scorpius-check:bad
busy
! compose up -d --no-build >"$work/output" 2>&1 || die "a bad image came up"
calm "bad image"
[ "$lost" = 0 ] || die "requests were lost"
[ "$(image_of api-b)" = "$(image_id scorpius-check:next)" ] || die "the bad image replaced both halves"

step "rollback to the former image"
set_setting SCORPIUS_IMAGE "$former"
busy
up
calm "rollback"
[ "$lost" = 0 ] || die "requests were lost"
[ "$(image_of api-b)" = "$(image_id "$former")" ] || die "not rolled back"
has_change() { compose exec -T postgres psql -U scorpius -d scorpius_prod -XAtc "select count(*) from sqitch.changes where change = 'docker_check'"; }
[ "$(has_change)" = 1 ] || die "the schema went with the program"
# Taken away by hand, for the stages that follow: the programs of that image do not know what was put into its plan only.
quiet compose exec -T postgres psql -U scorpius -d scorpius_prod -XqAt -v ON_ERROR_STOP=1 \
	-c 'alter table scorpius.organization drop column docker_check' -c "delete from sqitch.changes where change = 'docker_check'"
[ "$(has_change)" = 0 ] || die "the change is still there"

step "the programs start again"
began() { docker inspect -f '{{.State.StartedAt}}' "$(container postgres)" "$(container redis)" "$(container nginx)"; }
kept=$(began)
busy
quiet compose up -d --no-build --no-deps --force-recreate api api-b jobs
calm "programs anew"
[ "$lost" = 0 ] || die "requests were lost"
[ "$kept" = "$(began)" ] || die "the servers started again too"

step "another nginx: what it costs"
busy
quiet compose up -d --no-build --no-deps --force-recreate nginx
find_nginx
calm "nginx anew"

step "a new certificate, proven and taken up while clients work"
echo proof >"$work/opt/acme/.well-known/acme-challenge/token"
[ "$(curl -sS -H "Host: $name" "http://$address/.well-known/acme-challenge/token")" = proof ] || die "no answer to certbot's question"
openssl req -x509 -key "$work/opt/tls/privkey.pem" -days 3 -subj "/CN=$name" -addext "subjectAltName=DNS:$name" >"$work/new.pem" 2>/dev/null
# The former one stays in the file, as clients have their trust from it.
cat "$work/new.pem" "$work/opt/tls/fullchain.pem" >"$work/both.pem"
served() { openssl s_client -connect "$address:443" -servername "$name" </dev/null 2>/dev/null | openssl x509 -noout -serial; }
busy
cp "$work/both.pem" "$work/opt/tls/fullchain.pem"
quiet compose exec -T nginx nginx -s reload
deadline=$((SECONDS + 30))
until [ "$(served)" = "$(openssl x509 -noout -serial -in "$work/new.pem")" ]; do
	[ $SECONDS -lt $deadline ] || die "the former certificate is still served"
	sleep 0.2
done
calm "new certificate"
[ "$lost" = 0 ] || die "requests were lost"

step "programs away: nginx says so; stop and start"
quiet compose stop api api-b jobs
api 503 GET /api/v1/tenders "${bearer[@]}" | jq -e '.errors[0].code' >/dev/null || die "no words: $(cat "$work/body")"
quiet compose stop
! client -m 3 -o /dev/null "https://$name/health" 2>/dev/null || die "it answers when it is stopped"
up
find_nginx
api 200 GET /api/v1/tenders "${bearer[@]}" >/dev/null

step "maintenance: 503 with its words, and back"
quiet compose exec -T nginx scorpius-maintenance on --until 'tomorrow 7:30'
api 503 GET /api/v1/tenders "${bearer[@]}" | jq -e '.errors[0].code == "maintenance"' >/dev/null || die "no maintenance: $(cat "$work/body")"
client -o /dev/null -D - -H 'Accept: text/html' "https://$name/api/v1/docs" | tr -d '\r' | grep -iq '^retry-after: .*GMT$' || die "browsers are not told until when"
quiet compose restart nginx
find_nginx
api 503 GET /api/v1/tenders "${bearer[@]}" >/dev/null
quiet compose exec -T nginx scorpius-maintenance off
api 200 GET /api/v1/tenders "${bearer[@]}" >/dev/null

step "all sessions end"
operator user revoke-sessions --all >"$work/output" 2>&1 || die "$(cat "$work/output")"
api 401 GET /api/v1/tenders "${bearer[@]}" >/dev/null
token=$(login)
bearer=(-H "Authorization: Bearer $token")

step "new keys of tokens and files, and new passwords of PostgreSQL, while clients work"
busy
for key in JWT_SECRET_KEY SECRET_KEY; do set_setting ${key}_PREVIOUS "$(secret)"; done
up
for key in JWT_SECRET_KEY SECRET_KEY; do
	former_key=$(setting $key)
	set_setting $key "$(setting ${key}_PREVIOUS)"
	set_setting ${key}_PREVIOUS "$former_key"
done
set_setting DATABASE_API_URL_PREVIOUS "postgresql://scorpius_api:$(setting DATABASE_API_PASSWORD)@postgres:5432/scorpius_prod"
set_setting DATABASE_JOBS_URL_PREVIOUS "postgresql://scorpius_jobs:$(setting DATABASE_JOBS_PASSWORD)@postgres:5432/scorpius_prod"
set_setting DATABASE_API_PASSWORD "$(secret)"
set_setting DATABASE_JOBS_PASSWORD "$(secret)"
# Without operator, which would give PostgreSQL the new passwords while a half knows the former ones only.
quiet compose up -d --no-build --no-deps api
wait_healthy api
quiet compose up -d --no-build --no-deps api-b jobs
wait_healthy api-b
operator passwords >"$work/output" 2>&1 || die "$(cat "$work/output")"
operator storage rotate-key >"$work/output" 2>&1 || die "$(cat "$work/output")"
# Clients have tokens of the former key still.
sed -i -E '/^(SECRET_KEY|DATABASE_[A-Z]+_URL)_PREVIOUS=/d' "$work/env"
up
calm "new secrets"
[ "$lost" = 0 ] || die "requests were lost"
operator storage verify >"$work/output" 2>&1 || die "files need the former key: $(cat "$work/output")"
