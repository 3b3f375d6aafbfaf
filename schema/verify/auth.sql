-- Verify scorpius:auth on pg

begin;

do $$
declare
	f text;
begin
	foreach f in array array['auth.login_lookup(text)', 'auth.assert_session(uuid, uuid, uuid)',
		'auth.end_session(uuid, uuid, boolean)'] loop
		assert has_function_privilege('scorpius_api', f, 'execute'), f || ': not for scorpius_api';
		assert not has_function_privilege('scorpius_jobs', f, 'execute'), f || ': open to scorpius_jobs';
	end loop;
end $$;

rollback;
