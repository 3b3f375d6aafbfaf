-- Verify scorpius:job_waits on pg

begin;

select waits from scorpius.job where false;
select waits from queue.lease_job(60, 3) where false;
do $$
begin
	assert has_function_privilege('scorpius_jobs', 'queue.lease_job(bigint, bigint, text[])', 'execute'), 'jobs may not lease';
	assert not has_function_privilege('scorpius_api', 'queue.lease_job(bigint, bigint, text[])', 'execute'), 'api may lease';
	assert has_column_privilege('scorpius_jobs', 'scorpius.job', 'waits', 'update'), 'jobs can''t say that they waited';
end $$;

rollback;
