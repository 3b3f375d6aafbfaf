-- Deploy scorpius:operator to pg
-- requires: account_functions
-- What the operator's accounts (role admin) do: they touch organisations and accounts and nothing else, and show a living
-- session of theirs each time.

begin;
set local role scorpius_owner;
set local search_path = scorpius, pg_temp;

create function operator_session(p_sid uuid, p_account uuid) returns void
language plpgsql stable set search_path = scorpius, pg_temp as $$
begin
	if not session_lives(p_sid, p_account) or not exists (select from account where id = p_account and role = 'admin') then
		raise exception 'no session of the operator' using errcode = 'SC001';
	end if;
end $$;
comment on function operator_session(uuid, uuid) is 'raises SC001 unless the session lives and is of an operator''s account';

create function admin.organization_list(p_sid uuid, p_account uuid, p_search text, p_bound_at timestamptz, p_bound_id uuid,
	p_limit bigint, p_offset bigint)
returns table (id uuid, name text, created_at timestamptz, user_count bigint, owners jsonb)
language plpgsql stable security definer set search_path = scorpius, pg_temp as $$
begin
	perform operator_session(p_sid, p_account);
	return query
		select o.id, o.name, o.created_at,
			(select count(*) from account a where a.organization_id = o.id and a.active),
			(select coalesce(jsonb_agg(jsonb_build_object('id', x.id, 'email', x.email, 'full_name', x.full_name)
				order by x.created_at, x.id), '[]')
			from (select * from account a where a.organization_id = o.id and a.is_owner and a.active
				order by a.created_at, a.id limit 20) x)
		from organization o
		where (p_search is null or position(lower(p_search) in lower(o.name)) > 0)
			and (o.created_at, o.id) < (p_bound_at, p_bound_id)
		order by o.created_at desc, o.id desc limit p_limit offset p_offset;
end $$;
comment on function admin.organization_list(uuid, uuid, text, timestamptz, uuid, bigint, bigint) is
	'organisations, the newest first, with their owners';

create function admin.organization_count(p_sid uuid, p_account uuid, p_search text)
returns bigint
language plpgsql stable security definer set search_path = scorpius, pg_temp as $$
begin
	perform operator_session(p_sid, p_account);
	return (select count(*) from (select from organization o
		where p_search is null or position(lower(p_search) in lower(o.name)) > 0 limit 10001) x);
end $$;
comment on function admin.organization_count(uuid, uuid, text) is 'how many organisations there are, up to 10 001';

create function admin.user_show(p_sid uuid, p_account uuid, p_user uuid)
returns table (id uuid, email text, full_name text, role text, is_owner boolean, organization_id uuid,
	organization_name text, active boolean, email_confirmed boolean, created_at timestamptz, deleted_at timestamptz,
	last_seen_at timestamptz, version bigint)
language plpgsql stable security definer rows 1 set search_path = scorpius, pg_temp as $$
begin
	perform operator_session(p_sid, p_account);
	return query
		select a.id, a.email, a.full_name, a.role, a.is_owner, a.organization_id, o.name, a.active,
			a.email_confirmed_at is not null, a.created_at, a.deleted_at,
			(select max(s.used_at) from session s where s.account_id = a.id), a.version
		from account a left join organization o on o.id = a.organization_id where a.id = p_user;
end $$;
comment on function admin.user_show(uuid, uuid, uuid) is 'one account, of whatever organisation';

create function admin.user_change(p_sid uuid, p_account uuid, p_user uuid, p_role text, p_is_owner boolean, p_active boolean,
	p_version bigint, p_request text)
returns table (outcome text, version bigint, ended bigint)
language plpgsql volatile security definer rows 1 set search_path = scorpius, pg_temp as $$
declare
	a account;
begin
	perform operator_session(p_sid, p_account);
	select * into a from account t where t.id = p_user and t.deleted_at is null for update;
	outcome := case when not found then 'absent' when a.organization_id is null then 'operator'
		when a.version <> p_version then 'version' else 'changed' end;
	version := a.version;
	ended := 0;
	if outcome = 'changed' then
		ended := change_account(a, p_role, p_is_owner, p_active, 'operator');
		if (a.role, a.is_owner, a.active) is distinct from
				(coalesce(p_role, a.role), coalesce(p_is_owner, a.is_owner), coalesce(p_active, a.active)) then
			perform audit_note(a.organization_id, null, 'operator.user_changed', a.id, p_request,
				jsonb_build_object('operator', p_account, 'role', p_role, 'is_owner', p_is_owner, 'active', p_active));
		end if;
	end if;
	return next;
end $$;
comment on function admin.user_change(uuid, uuid, uuid, text, boolean, boolean, bigint, text) is
	'the operator changes an account of an organisation (null: as it is): outcome changed, absent, operator (one of his own: by the command line), version; SC002 for the last owner';

revoke all on all functions in schema admin from public;
grant execute on all functions in schema admin to scorpius_api;

commit;
