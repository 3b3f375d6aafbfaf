# shellcheck shell=bash disable=SC2016,SC2034,SC2119,SC2154
# A backup, everything gone, and back from the backup alone: sourced by docker/check.
step "a backup by night, kept elsewhere too"
[ "$(compose exec -T backup sh -c 'echo $BACKUP_PATH')" = /app/backups ] || die "no BACKUP_PATH"
# The first one is made at the start, as there is none.
wait_healthy backup
keep=$(api 201 POST /api/v1/tenders "${bearer[@]}" "${json[@]}" -d '{"title": "Gardé"}' | jq -r .data.id)
file=$(find "$top/samples/maintenance-contradictoire/dossier" -name '*.pdf' | sort | head -n 1)
kept=$(api 201 POST "/api/v1/tenders/$keep/documents" "${bearer[@]}" -F "file=@$file" | jq -r '.data | (if type == "array" then .[0] else . end).id')
deadline=$((SECONDS + 120))
until [ "$(api 200 GET "/api/v1/tenders/$keep" "${bearer[@]}" | jq -r .data.analysis_status)" = "done" ]; do
	[ $SECONDS -lt $deadline ] || die "not analysed: $(cat "$work/body")"
	sleep 0.5
done
mkdir "$work/opt/elsewhere" && chown 1000:1000 "$work/opt/elsewhere"
cat >"$work/elsewhere.yml" <<EOF
version: "3.8"
services:
  backup:
    volumes: ["$work/opt/elsewhere:/elsewhere"]
EOF
quiet compose stop api api-b jobs
# rows: every row that is there, in no order.
rows() { compose run --rm -T --no-deps --entrypoint sh operator -c 'pg_dump --data-only --inserts --rows-per-insert=1 "$DATABASE_URL"' 2>"$work/output" | grep -vE '^\\(un)?restrict ' | sort | tee "$work/rows.last" | sha256sum; }
before=$(rows)
cp "$work/rows.last" "$work/rows.before"
[ "$(wc -l <"$work/rows.before")" -gt 50 ] || die "hardly a row in the dump"
# A minute from now, as if it were night: the scheduler itself makes this one.
count() { find "$work/opt/backup" -name backup.json | wc -l; }
had=$(count)
set_setting BACKUP_AFTER "'cp -a \"\$BACKUP_PATH/.\" /elsewhere/'"
set_setting BACKUP_TIME "$(date -u -d '+70 seconds' +%H:%M)"
files+=(-f "$work/elsewhere.yml")
up --no-deps backup
deadline=$((SECONDS + 180))
until [ "$(count)" -gt "$had" ] && compose logs --no-color backup | grep -q 'files compared'; do
	[ $SECONDS -lt $deadline ] || die "no backup by night: $(compose logs --tail 20 backup)"
	sleep 1
done
operator backup list | tee "$work/list" | grep -q 'copiée ailleurs' || die "not elsewhere: $(cat "$work/list")"
operator backup verify >"$work/output" || die "$(cat "$work/output")"
diff -r "$work/opt/backup" "$work/opt/elsewhere" >/dev/null || true
! grep -rq "$(setting SECRET_KEY)" "$work/opt/backup" || die "the key is in the backup"

step "everything is lost: down -v, the folder of documents too"
quiet compose down -v
rm -rf "$work/opt/uploads"
install -d -o 1000 -g 1000 -m 0700 "$work/opt/uploads"

step "restore onto the empty project; not with a wrong key, not twice"
up postgres redis
key=$(setting SECRET_KEY)
set_setting SECRET_KEY "$(secret)"
! operator restore >"$work/output" 2>&1 || die "restored with a wrong key"
set_setting SECRET_KEY "$key"
operator restore >"$work/output" 2>&1 || die "$(cat "$work/output")"
after=$(rows)
[ "$before" = "$after" ] || die "other rows: $(diff "$work/rows.before" "$work/rows.last" | head -n 20)"
operator storage verify >"$work/output" 2>&1 || die "$(cat "$work/output")"
! operator restore >"$work/output" 2>&1 || die "restored over what is there"
up
find_nginx
token=$(login)
bearer=(-H "Authorization: Bearer $token")
api 200 GET "/api/v1/documents/$kept/content" "${bearer[@]}" >"$work/back"
cmp "$file" "$work/back" || die "other bytes after the restoration"
