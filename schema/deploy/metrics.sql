-- Deploy scorpius:metrics to pg
-- requires: exports
-- Figures of the whole machine for the operator: numbers without any organisation.

begin;
set local role scorpius_owner;
set local search_path = scorpius, pg_temp;

create function queue.depths()
returns table (kind text, waiting bigint, running bigint, later bigint, oldest_s double precision)
language sql stable security definer rows 10 set search_path = scorpius, pg_temp as $$
	select j.kind,
		count(*) filter (where j.state = 'queued' and j.run_after <= now()),
		count(*) filter (where j.state = 'leased'),
		count(*) filter (where j.state = 'queued' and j.run_after > now()),
		coalesce(extract(epoch from now() - min(j.run_after) filter (where j.state = 'queued' and j.run_after <= now())),
			0)::double precision
	from job j where j.state in ('queued', 'leased') group by j.kind
$$;
comment on function queue.depths() is 'how many jobs of each kind wait, run or are due later, and how long the oldest one has waited, of all organisations';

create function queue.stored()
returns table (files bigint, bytes bigint)
language sql stable security definer rows 1 set search_path = scorpius, pg_temp as $$
	select count(*), coalesce(sum(size), 0)::bigint from blob
$$;
comment on function queue.stored() is 'how many files are stored, and their bytes, of all organisations';

revoke all on function queue.depths(), queue.stored() from public;
grant execute on function queue.depths(), queue.stored() to scorpius_api;

commit;
