# shellcheck shell=bash disable=SC2016,SC2034,SC2119,SC2154
# Prometheus beside it: sourced by docker/check.
step "figures are nowhere by default"
api 404 GET /metrics >/dev/null
! curl -s -m 2 -o /dev/null "http://$address:9464/metrics" || die "figures without having been asked for"

step "Prometheus reads them, with the alerts"
files+=(-f "$top/docker/docker-compose.metrics.yml")
up
find_nginx
api 404 GET /metrics >/dev/null
deadline=$((SECONDS + 90))
until [ "$(docker run --rm --network scorpiuscheck_metrics --entrypoint curl "$(setting SCORPIUS_IMAGE)" -sS -G http://prometheus:9090/api/v1/query --data-urlencode 'query=up{job="scorpius"}' 2>/dev/null |
	jq -r '.data.result[0].value[1]' 2>/dev/null)" = 1 ]; do
	[ $SECONDS -lt $deadline ] || die "Prometheus does not reach Scorpius"
	sleep 2
done
alerts=$(docker run --rm --network scorpiuscheck_metrics --entrypoint curl "$(setting SCORPIUS_IMAGE)" -sS http://prometheus:9090/api/v1/rules | jq '[.data.groups[].rules[] | select(.type == "alerting")] | length')
[ "$alerts" -ge 10 ] || die "$alerts alerts"
docker port "$(container prometheus)" | grep -q -- '-> 127.0.0.1:' || die "Prometheus is open to the world"
