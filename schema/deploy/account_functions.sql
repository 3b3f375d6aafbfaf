-- Deploy scorpius:account_functions to pg
-- requires: account_life
-- What accounts do to themselves and to each other. As in auth.sql: run by the owner past the row policies, therefore
-- at most one row each, exact keys only, a fixed search_path, scorpius_api alone. Whoever has a session shows it (p_sid,
-- p_account), and the function looks at it again.

begin;
set local role scorpius_owner;
set local search_path = scorpius, pg_temp;

create function session_lives(p_sid uuid, p_account uuid) returns boolean
language sql stable set search_path = scorpius, pg_temp as $$
	select exists (select from session s join account a on a.id = s.account_id
		where s.id = p_sid and s.account_id = p_account and s.ended_at is null and s.expires_at > now() and a.active)
$$;
comment on function session_lives(uuid, uuid) is 'whether a session lives and is of this active account';

create function end_sessions(p_account uuid, p_but uuid, p_reason text) returns bigint
language sql volatile set search_path = scorpius, pg_temp as $$
	with ended as (
		update session set ended_at = now(), end_reason = p_reason
		where account_id = p_account and id is distinct from p_but and ended_at is null
		returning 1
	)
	select count(*) from ended
$$;
comment on function end_sessions(uuid, uuid, text) is 'ends all sessions of an account but one (null: none is spared); gives how many lived';

-- ---- registration, login, refresh: as before, with what the audit log and the list of sessions need ----

drop function auth.register(uuid, uuid, text, text, text, text);
create function auth.register(p_account uuid, p_organization uuid, p_email text, p_password_hash text, p_full_name text,
	p_organization_name text, p_request text default null)
returns table (id uuid, email text, full_name text, role text, is_owner boolean, organization_id uuid,
	created_at timestamptz)
language plpgsql volatile security definer rows 1 set search_path = scorpius, pg_temp as $$
begin
	insert into organization (id, name) values (p_organization, p_organization_name);
	return query
		insert into account as a (id, organization_id, email, full_name, role, is_owner, password_hash)
		values (p_account, p_organization, p_email, p_full_name, 'bid_manager', true, p_password_hash)
		returning a.id, a.email, a.full_name, a.role, a.is_owner, a.organization_id, a.created_at;
	perform audit_note(p_organization, p_account, 'organization.registered', p_account, p_request, null);
	perform mail_later(p_organization, 'email_confirm', p_account);
end $$;
comment on function auth.register(uuid, uuid, text, text, text, text, text) is
	'makes an organisation and its owner, who gets a mail to confirm the address; unique_violation of account_email_key when it is taken';

drop function auth.open_session(uuid, uuid, bytea, bigint);
create function auth.open_session(p_sid uuid, p_account uuid, p_refresh_hash bytea, p_seconds bigint,
	p_user_agent text default null, p_address text default null, p_request text default null)
returns table (account_id uuid, organization_id uuid, role text, is_owner boolean, expires_at timestamptz)
language plpgsql volatile security definer rows 1 set search_path = scorpius, pg_temp as $$
declare
	a account;
	v_address inet := p_address::inet;
	v_agent text := left(p_user_agent, 300);
	v_first boolean;
	v_known boolean;
begin
	select * into a from account where account.id = p_account and account.active;
	if not found then
		return;
	end if;
	-- A network: whoever comes by another address of the same provider is not a stranger each time.
	select count(*) = 0, coalesce(bool_or(s.user_agent is not distinct from v_agent), false)
		and coalesce(bool_or(v_address is null or s.address <<= network(set_masklen(v_address,
			case family(v_address) when 4 then 16 else 48 end))), false)
		into v_first, v_known
		from session s where s.organization_id = a.organization_id and s.account_id = a.id
			and s.created_at > now() - interval '90 days';
	insert into session (id, organization_id, account_id, refresh_hash, expires_at, user_agent, address)
		values (p_sid, a.organization_id, a.id, p_refresh_hash, now() + make_interval(secs => p_seconds), v_agent, v_address)
		returning session.expires_at into expires_at;
	perform audit_note(a.organization_id, a.id, 'auth.login', a.id, p_request,
		jsonb_build_object('address', host(v_address), 'user_agent', v_agent));
	if not v_first and not v_known then
		perform mail_later(a.organization_id, 'new_sign_in', a.id);
	end if;
	account_id := a.id;
	organization_id := a.organization_id;
	role := a.role;
	is_owner := a.is_owner;
	return next;
end $$;
comment on function auth.open_session(uuid, uuid, bytea, bigint, text, text, text) is
	'opens a session for an account, which gets a mail when neither device nor network was seen in 90 days; no row when the account is inactive or unknown';

create function auth.login_failed(p_account uuid, p_user_agent text, p_address text, p_request text)
returns void
language plpgsql volatile security definer set search_path = scorpius, pg_temp as $$
begin
	-- Nobody waits for the disk, or the time of the answer would tell a known address from an unknown one.
	perform set_config('synchronous_commit', 'off', true);
	perform audit_note(a.organization_id, a.id, 'auth.login_failed', a.id, p_request,
		jsonb_build_object('address', p_address, 'user_agent', left(p_user_agent, 300)))
		from account a where a.id = p_account;
end $$;
comment on function auth.login_failed(uuid, text, text, text) is
	'notes a wrong password in the audit log of the account''s organisation; an unknown account (null) leaves nothing';

drop function auth.rotate_session(bytea, bytea, bigint);
create function auth.rotate_session(p_old_hash bytea, p_new_hash bytea, p_seconds bigint, p_address text default null,
	p_request text default null)
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
	end if;
	if not found then
		select t.* into s from session t join session_spent u on u.session_id = t.id
			where u.token_hash = p_old_hash for update of t;
	end if;
	if not found then
		outcome := 'unknown';
		return next;
		return;
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
		perform audit_note(s.organization_id, s.account_id, 'auth.token_reused', s.account_id, p_request,
			jsonb_build_object('session_id', s.id, 'address', p_address));
	else
		outcome := 'rotated';
		expires_at := now() + make_interval(secs => p_seconds);
		insert into session_spent (token_hash, organization_id, session_id)
			select s.previous_hash, s.organization_id, s.id where s.previous_hash is not null;
		update session set refresh_hash = p_new_hash, previous_hash = p_old_hash, used_at = now(),
			address = coalesce(p_address::inet, address), expires_at = rotate_session.expires_at where session.id = s.id;
	end if;
	return next;
end $$;
comment on function auth.rotate_session(bytea, bytea, bigint, text, text) is
	'exchanges a refresh token: outcome rotated, reused (the session is ended), expired, ended or unknown; commit it always';

-- ---- one's own account ----

drop function auth.me(uuid, uuid);
create function auth.me(p_sid uuid, p_account uuid)
returns table (id uuid, email text, full_name text, role text, is_owner boolean, organization_id uuid,
	organization_name text, email_confirmed boolean, created_at timestamptz, version bigint)
language sql stable security definer rows 1 set search_path = scorpius, pg_temp as $$
	select a.id, a.email, a.full_name, a.role, a.is_owner, a.organization_id, o.name, a.email_confirmed_at is not null,
		a.created_at, a.version
	from session s join account a on a.id = s.account_id left join organization o on o.id = a.organization_id
	where s.id = p_sid and s.account_id = p_account and s.ended_at is null and s.expires_at > now() and a.active
$$;
comment on function auth.me(uuid, uuid) is 'the account behind a living session';

create function auth.rename_me(p_sid uuid, p_account uuid, p_full_name text, p_version bigint)
returns bigint
language sql volatile security definer set search_path = scorpius, pg_temp as $$
	update account set full_name = p_full_name
	where id = p_account and (p_version is null or version = p_version) and session_lives(p_sid, p_account)
	returning version
$$;
comment on function auth.rename_me(uuid, uuid, text, bigint) is 'gives an account another name; null when its version is another one';

create function auth.session_list(p_sid uuid, p_account uuid)
returns jsonb
language sql stable security definer set search_path = scorpius, pg_temp as $$
	select coalesce(jsonb_agg(jsonb_build_object('id', x.id, 'user_agent', x.user_agent, 'address', host(x.address),
		'created_at', (extract(epoch from x.created_at) * 1000000)::bigint,
		'used_at', (extract(epoch from x.used_at) * 1000000)::bigint) order by x.used_at desc, x.id), '[]')
	from (
		select s.id, s.user_agent, s.address, s.created_at, s.used_at from session s
		where s.account_id = p_account and s.ended_at is null and s.expires_at > now() and session_lives(p_sid, p_account)
		order by s.used_at desc, s.id limit 200
	) x
$$;
comment on function auth.session_list(uuid, uuid) is
	'living sessions of an account as one JSON list, the latest 200; times in microseconds';

create function auth.remove_session(p_sid uuid, p_account uuid, p_target uuid)
returns boolean
language sql volatile security definer set search_path = scorpius, pg_temp as $$
	with ended as (
		update session set ended_at = now(), end_reason = case when p_target = p_sid then 'logout' else 'removed' end
		where id = p_target and account_id = p_account and ended_at is null and expires_at > now()
			and session_lives(p_sid, p_account)
		returning 1
	)
	select exists (select from ended)
$$;
comment on function auth.remove_session(uuid, uuid, uuid) is 'ends one session of the same account; false when there is none';

create function auth.password_of(p_sid uuid, p_account uuid)
returns table (password_hash text, email text, full_name text, organization_name text)
language sql stable security definer rows 1 set search_path = scorpius, pg_temp as $$
	select a.password_hash, a.email, a.full_name, o.name
	from account a left join organization o on o.id = a.organization_id
	where a.id = p_account and session_lives(p_sid, p_account)
$$;
comment on function auth.password_of(uuid, uuid) is 'the password hash of whoever has a session, who must show the password again';

create function auth.change_password(p_sid uuid, p_account uuid, p_old_hash text, p_new_hash text)
returns bigint
language plpgsql volatile security definer set search_path = scorpius, pg_temp as $$
declare
	v_organization uuid;
begin
	update account set password_hash = p_new_hash
		where id = p_account and password_hash = p_old_hash and session_lives(p_sid, p_account)
		returning organization_id into v_organization;
	if not found then
		return null;
	end if;
	update account_token set used_at = now()
		where organization_id = v_organization and account_id = p_account and purpose = 'password_reset' and used_at is null;
	perform mail_later(v_organization, 'password_changed', p_account);
	return end_sessions(p_account, p_sid, 'password');
end $$;
comment on function auth.change_password(uuid, uuid, text, text) is
	'another password: all other sessions and open links for a new one end; gives how many sessions; null when the password was changed meanwhile';

create function auth.remove_account(p_sid uuid, p_actor uuid, p_target uuid)
returns boolean
language plpgsql volatile security definer set search_path = scorpius, pg_temp as $$
declare
	a account;
	v_alias text := p_target || '@supprime.invalid';
begin
	select t.* into a from account t join account actor on actor.id = p_actor
		where t.id = p_target and t.organization_id = actor.organization_id and t.deleted_at is null
			and (t.id = actor.id or actor.is_owner) and session_lives(p_sid, p_actor)
		for update of t;
	if not found then
		return false;
	end if;
	update account set email = v_alias, full_name = 'Compte supprimé', password_hash = '!', active = false, is_owner = false,
		deleted_at = now() where id = p_target;
	perform end_sessions(p_target, null, 'deleted');
	update session set user_agent = null, address = null where account_id = p_target;
	update account_token set used_at = now()
		where organization_id = a.organization_id and account_id = p_target and used_at is null;
	update invitation set email = v_alias where organization_id = a.organization_id and account_id = p_target;
	update invitation set revoked_at = now() where organization_id = a.organization_id and invited_by = p_target
		and accepted_at is null and revoked_at is null;
	-- What was done stays, by whom too, but no more than that.
	update audit_event set detail = detail - 'address' - 'user_agent' - 'email'
		where organization_id = a.organization_id and (account_id = p_target or target_id = p_target)
			and detail ?| array['address', 'user_agent', 'email'];
	return true;
end $$;
comment on function auth.remove_account(uuid, uuid, uuid) is
	'removes one''s own account, or as an owner one of the same organisation: inactive, under a pseudonym; false when there is none; SC002 for the last owner';

create function auth.change_user(p_sid uuid, p_actor uuid, p_target uuid, p_role text, p_is_owner boolean, p_active boolean,
	p_version bigint)
returns table (outcome text, version bigint, old_role text, old_is_owner boolean, old_active boolean, ended bigint)
language plpgsql volatile security definer rows 1 set search_path = scorpius, pg_temp as $$
declare
	a account;
begin
	select t.* into a from account t join account actor on actor.id = p_actor
		where t.id = p_target and t.organization_id = actor.organization_id and t.deleted_at is null
			and actor.is_owner and session_lives(p_sid, p_actor)
		for update of t;
	outcome := case when not found then 'absent' when a.version <> p_version then 'version' else 'changed' end;
	version := a.version;
	old_role := a.role;
	old_is_owner := a.is_owner;
	old_active := a.active;
	ended := 0;
	if outcome = 'changed' then
		ended := change_account(a, p_role, p_is_owner, p_active, 'deactivated');
	end if;
	return next;
end $$;
comment on function auth.change_user(uuid, uuid, uuid, text, boolean, boolean, bigint) is
	'an owner changes somebody of his organisation (null: as it is): outcome changed, absent, version; SC002 for the last owner';

create function change_account(p_before account, p_role text, p_is_owner boolean, p_active boolean, p_reason text)
returns bigint language plpgsql volatile set search_path = scorpius, pg_temp as $$
declare
	a account;
begin
	update account set role = coalesce(p_role, account.role), is_owner = coalesce(p_is_owner, account.is_owner),
		active = coalesce(p_active, account.active)
		where id = p_before.id and (account.role, account.is_owner, account.active) is distinct from
			(coalesce(p_role, account.role), coalesce(p_is_owner, account.is_owner), coalesce(p_active, account.active))
		returning * into a;
	if not found then
		return 0;
	end if;
	-- Who may do less than his tokens say must get new ones; who may do more gets them with the next refresh.
	if not a.active then
		return end_sessions(a.id, null, p_reason);
	elsif (p_before.is_owner and not a.is_owner) or (p_before.role = 'bid_manager' and a.role = 'viewer') then
		return end_sessions(a.id, null, 'role_changed');
	end if;
	return 0;
end $$;
comment on function change_account(account, text, boolean, boolean, text) is
	'changes what an account may do, and ends its sessions when that has become less; gives how many';

-- ---- links of mails ----

create function mail_asked(p_organization uuid, p_purpose text, p_account uuid) returns void
language plpgsql volatile set search_path = scorpius, pg_temp as $$
begin
	if not exists (select from job j where j.organization_id = p_organization and j.kind = 'mail'
			and j.state in ('queued', 'leased')
			and j.payload = jsonb_build_object('purpose', p_purpose, 'account_id', p_account)) then
		perform mail_later(p_organization, p_purpose, p_account);
	end if;
end $$;
comment on function mail_asked(uuid, text, uuid) is
	'enqueues a mail that somebody asks for: one at a time, however often he asks';

create function auth.forgot_password(p_email text, p_request text)
returns void
language plpgsql volatile security definer set search_path = scorpius, pg_temp as $$
declare
	a account;
begin
	-- See auth.login_failed.
	perform set_config('synchronous_commit', 'off', true);
	select * into a from account where lower(email) = lower(p_email) and active and organization_id is not null;
	if not found then
		return;
	end if;
	perform audit_note(a.organization_id, a.id, 'auth.reset_requested', a.id, p_request, null);
	perform mail_asked(a.organization_id, 'password_reset', a.id);
end $$;
comment on function auth.forgot_password(text, text) is
	'asks for the mail by which a password is set anew; says nothing, whether there is such an account or not';

create function auth.reset_lookup(p_token_hash bytea)
returns table (email text, full_name text, organization_name text, expired boolean)
language sql stable security definer rows 1 set search_path = scorpius, pg_temp as $$
	select a.email, a.full_name, o.name, t.expires_at <= now()
	from account_token t join account a on a.organization_id = t.organization_id and a.id = t.account_id
	join organization o on o.id = a.organization_id
	where t.token_hash = p_token_hash and t.purpose = 'password_reset' and t.used_at is null and a.active
$$;
comment on function auth.reset_lookup(bytea) is 'whose password an unused link would set anew: what its rule must know';

create function auth.reset_password(p_token_hash bytea, p_password_hash text, p_request text)
returns table (account_id uuid, ended bigint)
language plpgsql volatile security definer rows 1 set search_path = scorpius, pg_temp as $$
declare
	a account;
begin
	update account set password_hash = p_password_hash,
		-- Whoever has the link reads the mail of the address.
		email_confirmed_at = coalesce(email_confirmed_at, now())
		from update_token(p_token_hash, 'password_reset') as t (organization_id, id)
		where account.organization_id = t.organization_id and account.id = t.id and account.active
		returning account.* into a;
	if not found then
		return;
	end if;
	update account_token set used_at = now() where account_token.organization_id = a.organization_id
		and account_token.account_id = a.id and purpose = 'password_reset' and used_at is null;
	perform audit_note(a.organization_id, a.id, 'auth.password_reset', a.id, p_request, null);
	perform mail_later(a.organization_id, 'password_changed', a.id);
	account_id := a.id;
	ended := end_sessions(a.id, null, 'reset');
	return next;
end $$;
comment on function auth.reset_password(bytea, text, text) is
	'uses a link: another password, and every session and every other link ends; no row when it is unknown, used or expired';

create function update_token(p_token_hash bytea, p_purpose text)
returns table (organization_id uuid, account_id uuid)
language sql volatile rows 1 set search_path = scorpius, pg_temp as $$
	update account_token t set used_at = now()
	where t.token_hash = p_token_hash and t.purpose = p_purpose and t.used_at is null and t.expires_at > now()
	returning t.organization_id, t.account_id
$$;
comment on function update_token(bytea, text) is 'uses a link once; of two that try at the same instant one gets the row';

create function auth.confirm_email(p_token_hash bytea, p_request text)
returns text
language plpgsql volatile security definer set search_path = scorpius, pg_temp as $$
declare
	t record;
begin
	select * into t from update_token(p_token_hash, 'email_confirm');
	if not found then
		return case when exists (select from account_token x where x.token_hash = p_token_hash
			and x.purpose = 'email_confirm' and x.used_at is null) then 'expired' else 'unknown' end;
	end if;
	update account a set email_confirmed_at = coalesce(a.email_confirmed_at, now())
		where a.organization_id = t.organization_id and a.id = t.account_id and a.deleted_at is null;
	update account_token x set used_at = now() where x.organization_id = t.organization_id and x.account_id = t.account_id
		and x.purpose = 'email_confirm' and x.used_at is null;
	perform audit_note(t.organization_id, t.account_id, 'auth.email_confirmed', t.account_id, p_request, null);
	return 'confirmed';
end $$;
comment on function auth.confirm_email(bytea, text) is 'uses a link: confirmed, expired or unknown (a used one too)';

create function auth.ask_confirmation(p_sid uuid, p_account uuid)
returns boolean
language plpgsql volatile security definer set search_path = scorpius, pg_temp as $$
declare
	a account;
begin
	select * into a from account where id = p_account and email_confirmed_at is null and organization_id is not null
		and session_lives(p_sid, p_account) for update;
	if not found then
		return false;
	end if;
	perform mail_asked(a.organization_id, 'email_confirm', a.id);
	return true;
end $$;
comment on function auth.ask_confirmation(uuid, uuid) is
	'asks again for the mail that confirms one''s address; false when it is confirmed already';

create function auth.invitation_lookup(p_token_hash bytea)
returns table (email text, organization_name text, expired boolean)
language sql stable security definer rows 1 set search_path = scorpius, pg_temp as $$
	select i.email, o.name, i.expires_at <= now()
	from invitation i join organization o on o.id = i.organization_id
	where i.token_hash = p_token_hash and i.accepted_at is null and i.revoked_at is null
$$;
comment on function auth.invitation_lookup(bytea) is 'an invitation that is open: what the rule for its password must know';

create function auth.accept_invitation(p_token_hash bytea, p_account uuid, p_password_hash text, p_full_name text, p_request text)
returns table (id uuid, email text, full_name text, role text, is_owner boolean, organization_id uuid,
	created_at timestamptz)
language plpgsql volatile security definer rows 1 set search_path = scorpius, pg_temp as $$
declare
	i invitation;
begin
	select * into i from invitation x where x.token_hash = p_token_hash and x.accepted_at is null and x.revoked_at is null
		and x.expires_at > now() for update;
	if not found then
		return;
	end if;
	return query
		insert into account as a (id, organization_id, email, full_name, role, password_hash, email_confirmed_at)
		values (p_account, i.organization_id, i.email, p_full_name, i.role, p_password_hash, now())
		returning a.id, a.email, a.full_name, a.role, a.is_owner, a.organization_id, a.created_at;
	update invitation x set accepted_at = now(), account_id = p_account
		where x.organization_id = i.organization_id and x.id = i.id;
	perform audit_note(i.organization_id, p_account, 'user.joined', p_account, p_request,
		jsonb_build_object('invitation_id', i.id, 'invited_by', i.invited_by));
end $$;
comment on function auth.accept_invitation(bytea, uuid, text, text, text) is
	'uses an invitation: an account of its organisation, its address confirmed; no row when it is unknown, used, taken back or expired; unique_violation of account_email_key when the address has an account';

revoke all on all functions in schema auth from public;
grant execute on all functions in schema auth to scorpius_api;

commit;
