-- Verify scorpius:account_life on pg

begin;

do $$
declare
	t text;
begin
	foreach t in array array['session_spent', 'account_token', 'invitation'] loop
		assert (select relrowsecurity and not relforcerowsecurity from pg_class
		    where oid = ('scorpius.' || t)::regclass), t || ': row level security';
		assert not has_any_column_privilege('scorpius_api', 'scorpius.' || t, 'references'), t || ': too much for scorpius_api';
	end loop;
	assert not has_any_column_privilege('scorpius_api', 'scorpius.account_token', 'select'), 'scorpius_api reads tokens';
	assert not has_any_column_privilege('scorpius_jobs', 'scorpius.account_token', 'select'), 'scorpius_jobs reads tokens';
	assert not has_column_privilege('scorpius_api', 'scorpius.invitation', 'token_hash', 'select, insert, update'),
		'scorpius_api touches the token of an invitation';
	assert has_function_privilege('scorpius_jobs', 'queue.lease_job(bigint, bigint, text[])', 'execute'), 'jobs may not lease';
	assert not has_function_privilege('scorpius_api', 'queue.lease_job(bigint, bigint, text[])', 'execute'), 'api may lease';
	assert exists (select from pg_trigger where tgname = 'keeps_owner' and tgrelid = 'scorpius.account'::regclass),
		'an organisation may lose its owner';
end $$;
select version, updated_at from scorpius.organization where false;
select email_confirmed_at, deleted_at, version, updated_at from scorpius.account where false;
select user_agent, address from scorpius.session where false;
select payload from scorpius.job where false;

rollback;
