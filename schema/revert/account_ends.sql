-- Revert scorpius:account_ends from pg

begin;
set local role scorpius_owner;
set local search_path = scorpius, pg_temp;

drop function queue.purge_expired(bigint);
drop index session_spent_id_idx;
drop trigger leaves on account;
drop function account_leaves();
drop trigger needs_organization on account;
create or replace function session_needs_organization() returns trigger language plpgsql
set search_path = scorpius, pg_temp as $$
begin
	if exists (select from organization o where o.id = new.organization_id and o.deleted_at is not null) then
		raise exception 'the organisation is deleted' using errcode = 'SC003';
	end if;
	return new;
end $$;
comment on function session_needs_organization() is 'raises SC003 for a session in an organisation that is deleted';

drop function auth.open_session(uuid, uuid, bytea, bigint, text, text, text, text);
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
revoke all on function auth.open_session(uuid, uuid, bytea, bigint, text, text, text) from public;
grant execute on function auth.open_session(uuid, uuid, bytea, bigint, text, text, text) to scorpius_api;

commit;
