-- Verify scorpius:roles on pg

begin;

do $$
begin
	assert (select count(*) = 3 from pg_roles where rolname in ('scorpius_owner', 'scorpius_api', 'scorpius_jobs')
	    and not rolsuper and not rolbypassrls), 'a role is missing or too strong';
	assert (select count(*) = 2 from pg_roles where rolname in ('scorpius_api', 'scorpius_jobs') and rolcanlogin
	    and 'search_path=scorpius, pg_temp' = any (rolconfig)), 'a program''s role lacks its search_path';
	assert (select not rolcanlogin from pg_roles where rolname = 'scorpius_owner'), 'the owner may log in';
	assert has_schema_privilege('scorpius_api', 'auth', 'usage'), 'scorpius_api may not use auth';
	assert not has_schema_privilege('scorpius_jobs', 'auth', 'usage'), 'scorpius_jobs may use auth';
end $$;

rollback;
