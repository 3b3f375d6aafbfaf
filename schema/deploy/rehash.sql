-- Deploy scorpius:rehash to pg
-- requires: auth

begin;
set local role scorpius_owner;

create function auth.rehash_password(p_account uuid, p_old_hash text, p_new_hash text)
returns boolean
language sql volatile security definer set search_path = scorpius, pg_temp as $$
	with changed as (
		update account set password_hash = p_new_hash where id = p_account and password_hash = p_old_hash and active returning 1
	)
	select exists (select from changed)
$$;
comment on function auth.rehash_password(uuid, text, text) is
	'stores the same password under a hash of another cost, after a login that showed it; false when it was changed meanwhile';

revoke all on function auth.rehash_password(uuid, text, text) from public;
grant execute on function auth.rehash_password(uuid, text, text) to scorpius_api;

commit;
