-- Verify scorpius:jobs on pg

begin;

do $$
begin
	assert not has_column_privilege('scorpius_api', 'scorpius.job', 'attempt', 'insert'), 'api may name an attempt';
	assert (select relrowsecurity from pg_class where oid = 'scorpius.job'::regclass), 'job: row level security';
end $$;

rollback;
