-- Verify scorpius:mail on pg

begin;

do $$
begin
	assert exists (select from pg_trigger where tgname = 'replaces' and tgrelid = 'scorpius.account_token'::regclass),
		'an older link stays valid';
	assert has_function_privilege('scorpius_api', 'queue.mail_troubled()', 'execute'), 'health may not ask for mail';
	assert not has_column_privilege('scorpius_jobs', 'scorpius.session', 'refresh_hash', 'select'), 'jobs read refresh tokens';
end $$;

rollback;
