-- Deploy scorpius:auth to pg
-- requires: accounts
-- What happens before the organisation is known. Each function runs as the owner, past the row policies, and therefore
-- gives at most one row, takes exact keys only, has a fixed search_path, and may be called by scorpius_api alone.

begin;
set local role scorpius_owner;

create function auth.login_lookup(p_email text)
returns table (account_id uuid, organization_id uuid, role text, is_owner boolean, active boolean, password_hash text)
language sql stable security definer rows 1 set search_path = scorpius, pg_temp as $$
	select a.id, a.organization_id, a.role, a.is_owner, a.active, a.password_hash
	from account a where lower(a.email) = lower(p_email)
$$;
comment on function auth.login_lookup(text) is 'the account of an address, with its password hash';

create function auth.register(p_account uuid, p_organization uuid, p_email text, p_password_hash text, p_full_name text,
	p_organization_name text)
returns table (id uuid, email text, full_name text, role text, is_owner boolean, organization_id uuid,
	created_at timestamptz)
language plpgsql volatile security definer rows 1 set search_path = scorpius, pg_temp as $$
begin
	insert into organization (id, name) values (p_organization, p_organization_name);
	return query
		insert into account as a (id, organization_id, email, full_name, role, is_owner, password_hash)
		values (p_account, p_organization, p_email, p_full_name, 'bid_manager', true, p_password_hash)
		returning a.id, a.email, a.full_name, a.role, a.is_owner, a.organization_id, a.created_at;
end $$;
comment on function auth.register(uuid, uuid, text, text, text, text) is
	'makes an organisation and its owner; unique_violation of account_email_key when the address is taken';

create function auth.open_session(p_sid uuid, p_account uuid, p_refresh_hash bytea, p_seconds bigint)
returns table (account_id uuid, organization_id uuid, role text, is_owner boolean, expires_at timestamptz)
language sql volatile security definer rows 1 set search_path = scorpius, pg_temp as $$
	with a as (
		select id, organization_id, role, is_owner from account where id = p_account and active
	), s as (
		insert into session (id, organization_id, account_id, refresh_hash, expires_at)
		select p_sid, a.organization_id, a.id, p_refresh_hash, now() + make_interval(secs => p_seconds) from a
		returning expires_at
	)
	select a.id, a.organization_id, a.role, a.is_owner, s.expires_at from a, s
$$;
comment on function auth.open_session(uuid, uuid, bytea, bigint) is
	'opens a session for an account; no row when the account is inactive or unknown';

create function auth.rotate_session(p_old_hash bytea, p_new_hash bytea, p_seconds bigint)
returns table (outcome text, sid uuid, account_id uuid, organization_id uuid, role text, is_owner boolean,
	expires_at timestamptz)
language plpgsql volatile security definer rows 1 set search_path = scorpius, pg_temp as $$
declare
	s session;
	a account;
begin
	-- The row lock makes two refreshes with one token follow each other: the second one is a reuse.
	select * into s from session where refresh_hash = p_old_hash for update;
	if not found then
		select * into s from session where previous_hash = p_old_hash for update;
		if not found then
			outcome := 'unknown';
			return next;
			return;
		end if;
	end if;
	select * into a from account where account.id = s.account_id;
	sid := s.id;
	account_id := s.account_id;
	organization_id := s.organization_id;
	role := a.role;
	is_owner := a.is_owner;
	expires_at := s.expires_at;
	if s.ended_at is not null or not a.active then
		outcome := 'ended';
	elsif s.expires_at <= now() then
		outcome := 'expired';
	elsif s.refresh_hash <> p_old_hash then
		outcome := 'reused';
		update session set ended_at = now(), end_reason = 'reuse' where session.id = s.id;
	else
		outcome := 'rotated';
		expires_at := now() + make_interval(secs => p_seconds);
		update session set refresh_hash = p_new_hash, previous_hash = p_old_hash, used_at = now(),
			expires_at = rotate_session.expires_at where session.id = s.id;
	end if;
	return next;
end $$;
comment on function auth.rotate_session(bytea, bytea, bigint) is
	'exchanges a refresh token: outcome rotated, reused (the session is ended), expired, ended or unknown; commit it always';

create function auth.assert_session(p_sid uuid, p_account uuid, p_organization uuid)
returns void
language plpgsql stable security definer set search_path = scorpius, pg_temp as $$
begin
	if not exists (
		select from session s join account a on a.id = s.account_id
		where s.id = p_sid and s.account_id = p_account and s.organization_id is not distinct from p_organization
			and s.ended_at is null and s.expires_at > now() and a.active
	) then
		raise exception 'the session has ended' using errcode = 'SC001';
	end if;
end $$;
comment on function auth.assert_session(uuid, uuid, uuid) is
	'raises SC001 unless the session lives, is of this account and organisation, and the account is active';

create function auth.end_session(p_sid uuid, p_account uuid, p_all boolean)
returns bigint
language sql volatile security definer set search_path = scorpius, pg_temp as $$
	with ended as (
		update session set ended_at = now(), end_reason = 'logout'
		where account_id = p_account and (p_all or id = p_sid) and ended_at is null
		returning 1
	)
	select count(*) from ended
$$;
comment on function auth.end_session(uuid, uuid, boolean) is
	'ends one session of an account, or all of them; gives how many lived';

create function auth.me(p_sid uuid, p_account uuid)
returns table (id uuid, email text, full_name text, role text, is_owner boolean, organization_id uuid,
	organization_name text, created_at timestamptz)
language sql stable security definer rows 1 set search_path = scorpius, pg_temp as $$
	select a.id, a.email, a.full_name, a.role, a.is_owner, a.organization_id, o.name, a.created_at
	from session s join account a on a.id = s.account_id left join organization o on o.id = a.organization_id
	where s.id = p_sid and s.account_id = p_account and s.ended_at is null and s.expires_at > now() and a.active
$$;
comment on function auth.me(uuid, uuid) is 'the account behind a living session';

revoke all on all functions in schema auth from public;
grant execute on all functions in schema auth to scorpius_api;

commit;
