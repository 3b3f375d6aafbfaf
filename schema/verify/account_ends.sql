-- Verify scorpius:account_ends on pg

begin;

do $$
begin
	assert has_function_privilege('scorpius_api', 'auth.open_session(uuid, uuid, bytea, bigint, text, text, text, text)', 'execute'),
		'no sessions';
	assert to_regprocedure('auth.open_session(uuid, uuid, bytea, bigint, text, text, text)') is null, 'sessions without a password';
	assert has_function_privilege('scorpius_jobs', 'queue.purge_expired(bigint)', 'execute'), 'jobs can''t purge';
	assert not has_function_privilege('scorpius_api', 'queue.purge_expired(bigint)', 'execute'), 'the API can purge';
	assert (select count(*) = 2 from pg_trigger where tgrelid = 'scorpius.account'::regclass
		and tgname in ('leaves', 'needs_organization')), 'triggers of accounts are missing';
end $$;

rollback;
