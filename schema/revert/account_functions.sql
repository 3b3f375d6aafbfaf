-- Revert scorpius:account_functions from pg
-- What it replaced comes back as its own change made it.

begin;

drop function auth.register(uuid, uuid, text, text, text, text, text);
drop function auth.open_session(uuid, uuid, bytea, bigint, text, text, text);
drop function auth.login_failed(uuid, text, text, text);
drop function auth.rotate_session(bytea, bytea, bigint, text, text);
drop function auth.me(uuid, uuid);
drop function auth.rename_me(uuid, uuid, text, bigint);
drop function auth.session_list(uuid, uuid);
drop function auth.remove_session(uuid, uuid, uuid);
drop function auth.password_of(uuid, uuid);
drop function auth.change_password(uuid, uuid, text, text);
drop function auth.remove_account(uuid, uuid, uuid);
drop function auth.change_user(uuid, uuid, uuid, text, boolean, boolean, bigint);
drop function auth.forgot_password(text, text);
drop function auth.reset_lookup(bytea);
drop function auth.reset_password(bytea, text, text);
drop function auth.confirm_email(bytea, text);
drop function auth.ask_confirmation(uuid, uuid);
drop function auth.invitation_lookup(bytea);
drop function auth.accept_invitation(bytea, uuid, text, text, text);
drop function auth.end_session(uuid, uuid, boolean);
drop function auth.assert_session(uuid, uuid, uuid);
drop function auth.login_lookup(text);
drop function scorpius.mail_asked(uuid, text, uuid);
drop function scorpius.session_lives(uuid, uuid);
drop function scorpius.end_sessions(uuid, uuid, text);
drop function scorpius.change_account(scorpius.account, text, boolean, boolean, text);
drop function scorpius.update_token(bytea, text);

commit;

\ir ../deploy/auth.sql
