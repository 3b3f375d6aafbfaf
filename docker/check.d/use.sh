# shellcheck shell=bash disable=SC2016,SC2034,SC2119,SC2154
# What clients and attackers find: sourced by docker/check.
step "health, documentation, http to https"
api 200 GET /health | jq -e '.status == "healthy" and .services.queue == "up"' >/dev/null || die "health: $(cat "$work/body")"
api 200 GET /api/v1/docs >/dev/null
api 200 GET /api/v1/openapi.json | jq -e .openapi >/dev/null
[ "$(curl -sS -o /dev/null -w '%{http_code} %{redirect_url}' -H "Host: $name" "http://$address/health")" = "301 https://$name/health" ] || die "no way from http to https"

step "a dossier: upload and analysis"
tender=$(api 201 POST /api/v1/tenders "${bearer[@]}" "${json[@]}" -d '{}' | jq -r .data.id)
for file in "$top"/samples/maintenance-contradictoire/dossier/*.pdf; do
	document=$(api 201 POST "/api/v1/tenders/$tender/documents" "${bearer[@]}" -F "file=@$file" | jq -r '.data | (if type == "array" then .[0] else . end).id')
done
deadline=$((SECONDS + 120))
until [ "$(api 200 GET "/api/v1/tenders/$tender" "${bearer[@]}" | jq -r .data.analysis_status)" = "done" ]; do
	[ $SECONDS -lt $deadline ] || die "not analysed: $(cat "$work/body")"
	sleep 0.5
done
facts=$(api 200 GET "/api/v1/tenders/$tender/analysis" "${bearer[@]}" | jq '[.. | objects | select(has("evidence"))] | length')
[ "$facts" -gt 5 ] || die "$facts facts"

step "the same bytes come back, after the programs were started again too"
quiet compose restart api api-b jobs
for service in api api-b; do wait_healthy $service; done
api 200 GET "/api/v1/documents/$document/content" "${bearer[@]}" >"$work/back"
cmp "$file" "$work/back" || die "other bytes"

step "who sees which account; settings without use"
! compose exec -T api env | grep -E '^(DATABASE_URL|DB_PASSWORD|DATABASE_JOBS_URL|SMTP_PASSWORD)=.' || die "the API sees the accounts of others"
! compose exec -T jobs env | grep -E '^(DATABASE_URL|DB_PASSWORD|DATABASE_API_URL)=.' || die "the jobs see the accounts of others"
! compose exec -T backup env | grep -E '^(REDIS_URL|REDIS_PASSWORD|DATABASE_API_URL|DATABASE_JOBS_URL|SMTP_PASSWORD)=.' || die "the backups see the accounts of others"
answered=$(compose logs --no-color api | grep 'a setting has no use here' | grep -oE '"name":"[A-Z_]+"' | sort -u | wc -l)
[ "$answered" = 7 ] || die "$answered settings without use are answered"

step "as the operator: a command of scorpius, an administrator"
operator user add admin@example.org --role admin --generate >"$work/admin" || die "no administrator: $(cat "$work/admin")"
operator user list --role admin | grep -q admin@example.org || die "the administrator is not there"
