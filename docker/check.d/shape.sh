# shellcheck shell=bash disable=SC2016,SC2034,SC2119,SC2154
# What the images and containers are: sourced by docker/check, before anything was started anew.
programs=(api api-b jobs backup)
# Asked for once: compose takes its time.
declare -A ids
for service in operator "${programs[@]}" postgres redis nginx; do ids[$service]=$(container "$service"); done
inspect() { docker inspect -f "$2" "${ids[$1]}"; }

step "images: whose, of what size and version"
for setting in SCORPIUS_IMAGE SCORPIUS_NGINX_IMAGE; do
	image=$(setting $setting)
	docker image inspect -f '{{json .Config.Healthcheck.Test}}' "$image" | grep -q '"healthcheck"' || die "$image tells nothing of its health"
	size=$(docker image inspect -f '{{.Size}}' "$image")
	[ "$size" -lt 350000000 ] || die "$image has $size bytes"
	extra=$(docker run --rm --network none --entrypoint sh "$image" -c 'for program in gcc cc make meson ninja pkg-config; do command -v $program; done
		ls -d /usr/include/*.h /etc/letsencrypt /src /var/cache/apt/archives/*.deb 2>/dev/null; true')
	[ -z "$extra" ] || die "$image has what builds it, or leavings: $extra"
done
[ "$(docker image inspect -f '{{.Config.User}}' "$(setting SCORPIUS_IMAGE)")" = scorpius ] || die "the image's user is not scorpius"
! grep -hoE '(POSTGRES|REDIS|PROMETHEUS)_IMAGE:-[^}]*|^ARG BASE=.*' "$top"/docker/{*.yml,Dockerfile} | grep -vE ':(v?[0-9][0-9.]*|bookworm-slim)$' || die "an image of no version"
[ "$(for service in operator "${programs[@]}"; do inspect "$service" '{{.Image}}'; done | sort -u | wc -l)" = 1 ] || die "more than one image of programs"

step "containers: users, rights, logs, places"
for service in operator "${programs[@]}" nginx; do
	[ "$(inspect "$service" '{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}} {{.HostConfig.Privileged}}')" = "true [ALL] [no-new-privileges:true] false" ] ||
		die "$service has rights: $(inspect "$service" '{{json .HostConfig}}')"
done
for service in "${programs[@]}"; do
	[ "$(docker top "${ids[$service]}" -o pid,uid | awk 'NR > 1 { print $2 }' | sort -u | xargs)" = 1000 ] || die "$service has processes of others than uid 1000"
	[ "$(docker exec "${ids[$service]}" sh -c 'grep -h ^Cap /proc/1/status' | awk '{ print $2 }' | sort -u | xargs)" = 0000000000000000 ] || die "$service has capabilities"
	! docker exec "${ids[$service]}" touch /usr/bin/x 2>/dev/null || die "$service: the root can be written"
done
[ "$(docker top "${ids[nginx]}" -o pid,uid,cmd | awk '/worker process/ { print $2 }' | sort -u | xargs)" = 33 ] || die "nginx works as another than www-data"
for service in operator "${programs[@]}" postgres redis nginx; do
	[ "$(inspect "$service" '{{.HostConfig.LogConfig.Type}} {{index .HostConfig.LogConfig.Config "max-size"}} {{index .HostConfig.LogConfig.Config "max-file"}}')" = "json-file 10m 5" ] ||
		die "$service: logs are kept without end"
done
for service in api nginx; do
	[ "$(inspect "$service" '{{range .Mounts}}{{if eq .Destination "/run/scorpius"}}{{.Type}} {{.Name}}{{end}}{{end}}')" = "volume scorpiuscheck_run" ] || die "$service: sockets are in no volume of a name"
done
[ "$(compose exec -T api sh -c 'cd /run/scorpius/sockets && stat -c "%U %G %a" . && stat -c "%n %U %G %a" *.sock' | sort | xargs)" = \
	"api-a.sock scorpius www-data 660 api-b.sock scorpius www-data 660 bulk-a.sock scorpius www-data 660 bulk-b.sock scorpius www-data 660 scorpius www-data 2750" ] ||
	die "the sockets have other rights"
[ "$(inspect nginx '{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}')" = "scorpiuscheck_edge " ] || die "nginx is in the network of the servers"

step "the order of the start"
began() { date -d "$(inspect "$1" '{{.State.StartedAt}}')" +%s%N; }
former=0
for moment in "$(began postgres)" "$(date -d "$(inspect operator '{{.State.FinishedAt}}')" +%s%N)" "$(began api)" "$(began api-b)" "$(began nginx)"; do
	[ "$moment" -gt "$former" ] || die "not in order: $(docker ps -a --filter label=com.docker.compose.project=scorpiuscheck)"
	former=$moment
done
[ "$(began redis)" -lt "$(began api)" ] || die "the API started before Redis"

step "PostgreSQL and Redis"
[ "$(compose exec -T postgres psql -U scorpius -d scorpius_prod -XAtc "select current_setting('server_version_num')::int / 10000")" = 15 ] || die "not PostgreSQL 15"
stranger() { compose run --rm -T --no-deps --entrypoint psql operator -XAtc 'select 1' "postgresql://scorpius:$1@postgres:5432/scorpius_prod"; }
[ "$(stranger "$(setting DB_PASSWORD)" 2>/dev/null)" = 1 ] || die "PostgreSQL does not know its password"
! stranger wrong >"$work/output" 2>&1 || die "PostgreSQL lets in who has a wrong password"
grep -q 'password authentication failed' "$work/output" || die "not refused for its password: $(cat "$work/output")"
redis_cli() { docker exec "${ids[redis]}" redis-cli --no-auth-warning --user scorpius "$@"; }
redis_cli info server | grep -q '^redis_version:7\.' || die "not Redis 7"
[ "$(compose exec -T redis cat /proc/1/comm | tr -d '\r')" = redis-server ] || die "Redis does not get the signal to stop"
[ "$(compose exec -T redis stat -c %u /proc/1 | tr -d '\r')" != 0 ] || die "Redis is root"
[ "$(redis_cli config get appendonly | tail -n 1 | tr -d '\r')" = yes ] || die "Redis keeps no append-only file"
[ -n "$(redis_cli config get save | tail -n 1 | tr -d '\r')" ] || die "Redis makes no snapshots"
compose exec -T redis sh -c 'unset REDISCLI_AUTH; redis-cli ping' 2>&1 | grep -q NOAUTH || die "Redis answers anybody"
redis_cli flushall | grep -q NOPERM || die "the programs may empty Redis"

step "health: each half answers for itself"
check() { docker exec "${ids[api]}" /usr/libexec/scorpius/scorpius-container healthcheck "$@"; }
if ! check a || ! check b || ! check; then die "no answer of a half that is there"; fi
quiet compose stop api-b
! check b 2>/dev/null || die "a half that is away is healthy"
! check 2>/dev/null || die "the whole is healthy without a half"
check a || die "the half that is there went with the other"
api 200 GET /api/v1/tenders "${bearer[@]}" >/dev/null
quiet compose start api-b
wait_healthy api-b

step "ports: 80 and 443; one for a load balancer when it is asked for"
others() { docker ps --filter label=com.docker.compose.project=scorpiuscheck --format '{{.Names}} {{.Ports}}' | grep -v nginx | grep -- '->' || true; }
[ -z "$(others)" ] || die "a port is open that should not be: $(others)"
[ "$(docker port "${ids[nginx]}" | cut -d/ -f1 | sort | xargs)" = "443 80" ] || die "nginx has other ports"
# compose prefers what the shell has to its file: nothing but nginx is started anew.
export API_PORT=$((20000 + RANDOM % 10000))
while (exec 3<>"/dev/tcp/127.0.0.1/$API_PORT") 2>/dev/null; do API_PORT=$((API_PORT + 1)); done
plain() { curl -s -m 5 -w '%{http_code}' -o "$work/body" "http://$1:$API_PORT/health"; }
for port in 8000 "$API_PORT"; do
	! curl -s -m 2 -o /dev/null "http://$address:$port/health" || die "nginx listens on $port without having been asked"
done
files+=(-f "$top/docker/docker-compose.port.yml")
up
find_nginx
[ "$(docker port "$(container nginx)" "$API_PORT")" = "127.0.0.1:$API_PORT" ] || die "API_PORT is not on 127.0.0.1: $(docker port "$(container nginx)")"
if ! [ "$(plain 127.0.0.1)" = 200 ] || ! jq -e '.status == "healthy"' "$work/body" >/dev/null; then die "no answer on API_PORT: $(cat "$work/body")"; fi
files=("${files[@]:0:2}")
up
find_nginx
! plain "$address" >/dev/null || die "API_PORT is still open"
unset API_PORT
