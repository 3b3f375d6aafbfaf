-- Verify scorpius:scan on pg

begin;

select scanned_at, infection from scorpius.blob where false;

do $$
begin
	assert has_function_privilege('scorpius_jobs', 'queue.scan_result(uuid, text)', 'execute'), 'jobs can''t tell what was found';
	assert not has_function_privilege('scorpius_api', 'queue.scan_result(uuid, text)', 'execute'), 'the API frees what is in quarantine';
	assert not has_column_privilege('scorpius_api', 'scorpius.blob', 'infection', 'update'), 'the API frees what is in quarantine';
	assert not has_column_privilege('scorpius_jobs', 'scorpius.blob', 'infection', 'update'), 'jobs write what was found past the function';
end $$;

rollback;
