-- Verify scorpius:account_functions on pg

begin;

do $$
declare
	f text;
begin
	foreach f in array array[
		'auth.register(uuid, uuid, text, text, text, text, text)',
		'auth.login_failed(uuid, text, text, text)',
		'auth.rotate_session(bytea, bytea, bigint, text, text)',
		'auth.me(uuid, uuid)',
		'auth.rename_me(uuid, uuid, text, bigint)',
		'auth.session_list(uuid, uuid)',
		'auth.remove_session(uuid, uuid, uuid)',
		'auth.password_of(uuid, uuid)',
		'auth.change_password(uuid, uuid, text, text)',
		'auth.remove_account(uuid, uuid, uuid)',
		'auth.change_user(uuid, uuid, uuid, text, boolean, boolean, bigint)',
		'auth.forgot_password(text, text)',
		'auth.reset_lookup(bytea)',
		'auth.reset_password(bytea, text, text)',
		'auth.confirm_email(bytea, text)',
		'auth.ask_confirmation(uuid, uuid)',
		'auth.invitation_lookup(bytea)',
		'auth.accept_invitation(bytea, uuid, text, text, text)'] loop
		assert has_function_privilege('scorpius_api', f, 'execute'), f || ': not for scorpius_api';
		assert not has_function_privilege('scorpius_jobs', f, 'execute'), f || ': open to scorpius_jobs';
	end loop;
end $$;

rollback;
