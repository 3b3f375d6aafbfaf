-- Verify scorpius:jobs on pg

begin;

do $$
begin
	assert has_function_privilege('scorpius_jobs', 'queue.lease_job(bigint, bigint)', 'execute'), 'jobs may not lease';
	assert not has_function_privilege('scorpius_api', 'queue.lease_job(bigint, bigint)', 'execute'), 'api may lease';
	assert not has_column_privilege('scorpius_api', 'scorpius.job', 'attempt', 'insert'), 'api may name an attempt';
	assert (select relrowsecurity from pg_class where oid = 'scorpius.job'::regclass), 'job: row level security';
end $$;

rollback;
