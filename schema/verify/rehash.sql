-- Verify scorpius:rehash on pg

begin;

do $$
begin
	assert has_function_privilege('scorpius_api', 'auth.rehash_password(uuid, text, text)', 'execute');
	assert not has_function_privilege('scorpius_jobs', 'auth.rehash_password(uuid, text, text)', 'execute');
end $$;

rollback;
