-- Verify scorpius:idempotency on pg

begin;

do $$
begin
	assert (select relrowsecurity and not relforcerowsecurity from pg_class
	    where oid = 'scorpius.idempotency_key'::regclass), 'idempotency_key: row level security';
	assert has_function_privilege('scorpius_api', 'scorpius.idempotency_open(uuid, text, text, bytea)', 'execute'),
		'idempotency_open: not for scorpius_api';
	assert not has_table_privilege('scorpius_jobs', 'scorpius.idempotency_key', 'select'), 'open to scorpius_jobs';
end $$;

rollback;
