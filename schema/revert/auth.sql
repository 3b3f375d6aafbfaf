-- Revert scorpius:auth from pg

begin;

drop function auth.me(uuid, uuid);
drop function auth.end_session(uuid, uuid, boolean);
drop function auth.assert_session(uuid, uuid, uuid);
drop function auth.rotate_session(bytea, bytea, bigint);
drop function auth.open_session(uuid, uuid, bytea, bigint);
drop function auth.register(uuid, uuid, text, text, text, text);
drop function auth.login_lookup(text);

commit;
