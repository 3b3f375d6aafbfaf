-- Verify scorpius:company on pg

begin;

do $$
declare
	t regclass;
begin
	foreach t in array array['scorpius.company_profile', 'scorpius.company_profile_version']::regclass[] loop
		assert (select relrowsecurity and not relforcerowsecurity from pg_class where oid = t), t || ': row level security';
		assert has_table_privilege('scorpius_api', t, 'select, insert'), t || ': not for scorpius_api';
		assert not has_table_privilege('scorpius_jobs', t, 'insert'), t || ': jobs may write';
	end loop;
	assert not has_table_privilege('scorpius_api', 'scorpius.company_profile_version', 'update'), 'a version can be changed';
end $$;

rollback;
