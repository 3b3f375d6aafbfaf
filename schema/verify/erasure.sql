-- Verify scorpius:erasure on pg

begin;

do $$
begin
	assert has_function_privilege('scorpius_jobs', 'queue.erase_organization()', 'execute'), 'jobs can''t erase';
	assert not has_function_privilege('scorpius_api', 'queue.erase_organization()', 'execute'), 'the API can erase';
	assert has_function_privilege('scorpius_api', 'auth.delete_organization(uuid, uuid, bigint, text)', 'execute'), 'no deleting';
	assert has_function_privilege('scorpius_api', 'auth.restore_organization(uuid, text)', 'execute'), 'no coming back';
end $$;

rollback;
