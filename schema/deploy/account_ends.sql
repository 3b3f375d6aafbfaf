-- Deploy scorpius:account_ends to pg
-- requires: erasure
-- requires: idempotency
-- Access that is taken away at the instant somebody uses it; and rows that have had their time.

begin;
set local role scorpius_owner;
set local search_path = scorpius, pg_temp;

drop function auth.open_session(uuid, uuid, bytea, bigint, text, text, text);
create function auth.open_session(p_sid uuid, p_account uuid, p_refresh_hash bytea, p_seconds bigint,
	p_password_hash text, p_user_agent text default null, p_address text default null, p_request text default null)
returns table (account_id uuid, organization_id uuid, role text, is_owner boolean, expires_at timestamptz)
language plpgsql volatile security definer rows 1 set search_path = scorpius, pg_temp as $$
declare
	a account;
	v_address inet := p_address::inet;
	v_agent text := left(p_user_agent, 300);
	v_first boolean;
	v_known boolean;
begin
	-- Whoever changes the password, the role or the access of this account follows us, and then ends this session too, or
	-- goes before us, and then we see it.
	select * into a from account where account.id = p_account and account.active
		and account.password_hash = p_password_hash for share;
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
comment on function auth.open_session(uuid, uuid, bytea, bigint, text, text, text, text) is
	'opens a session for an account, which gets a mail when neither device nor network was seen in 90 days; no row when the account is inactive or unknown, or the hash that the password was checked against is not its own any more';
revoke all on function auth.open_session(uuid, uuid, bytea, bigint, text, text, text, text) from public;
grant execute on function auth.open_session(uuid, uuid, bytea, bigint, text, text, text, text) to scorpius_api;

-- With a lock: who deletes the organisation at this instant waits and ends this session too, or we wait and see it.
create or replace function session_needs_organization() returns trigger language plpgsql
set search_path = scorpius, pg_temp as $$
declare
	v_deleted timestamptz;
begin
	select o.deleted_at into v_deleted from organization o where o.id = new.organization_id for share;
	if v_deleted is not null then
		raise exception 'the organisation is deleted' using errcode = 'SC003';
	end if;
	return new;
end $$;
comment on function session_needs_organization() is
	'raises SC003 for a session or an account in an organisation that is deleted';
-- Nobody joins it either.
create trigger needs_organization before insert on account
	for each row execute function session_needs_organization();

create function account_leaves() returns trigger language plpgsql set search_path = scorpius, pg_temp as $$
begin
	-- Who is shown out must not have left a door open for another address of his.
	update invitation set revoked_at = now() where organization_id = old.organization_id and invited_by = old.id
		and accepted_at is null and revoked_at is null;
	if old.deleted_at is null and new.deleted_at is not null then
		update invitation set email = new.email where organization_id = old.organization_id and lower(email) = lower(old.email);
		delete from idempotency_key where organization_id = old.organization_id and account_id = old.id;
	end if;
	return null;
end $$;
comment on function account_leaves() is
	'takes back the open invitations of who is no active owner any more; of a removed account, the address in invitations and the kept answers go too';
create trigger leaves after update on account for each row
	when ((old.is_owner and old.active and not (new.is_owner and new.active)) or (old.deleted_at is null and new.deleted_at is not null))
	execute function account_leaves();

-- Its key that is not composite cascades, too.
create index session_spent_id_idx on session_spent (session_id);

create function queue.purge_expired(p_limit bigint)
returns bigint
language plpgsql volatile security definer set search_path = scorpius, pg_temp as $$
declare
	v_all bigint := 0;
	v_n bigint;
begin
	if not pg_try_advisory_xact_lock(hashtextextended('scorpius.purge_expired', 0)) then
		return 0;
	end if;
	-- 90 days: for so long a device is known (auth.open_session).
	delete from session where id in (
		select id from session where coalesce(ended_at, expires_at) < now() - interval '90 days'
			and created_at < now() - interval '90 days' limit p_limit for update skip locked);
	get diagnostics v_n = row_count;
	v_all := v_all + v_n;
	-- They end a session when they come again; this one is over.
	delete from session_spent where token_hash in (
		select u.token_hash from session_spent u join session s on s.id = u.session_id
		where s.ended_at is not null limit p_limit);
	get diagnostics v_n = row_count;
	v_all := v_all + v_n;
	-- For a month it is told that a link is old; then it is unknown.
	delete from account_token t where t.ctid in (
		select o.ctid from account_token o where least(o.used_at, o.expires_at) < now() - interval '30 days'
			limit p_limit for update skip locked);
	get diagnostics v_n = row_count;
	v_all := v_all + v_n;
	-- Addresses of people who never came.
	delete from invitation i where i.ctid in (
		select o.ctid from invitation o where o.accepted_at is null
			and least(o.revoked_at, o.expires_at) < now() - interval '90 days' limit p_limit for update skip locked);
	get diagnostics v_n = row_count;
	v_all := v_all + v_n;
	delete from job j where j.ctid in (
		select o.ctid from job o where o.kind = 'mail' and o.finished_at < now() - interval '90 days'
			and not exists (select from invitation i where i.organization_id = o.organization_id
				and i.id::text = o.payload ->> 'invitation_id') limit p_limit for update skip locked);
	get diagnostics v_n = row_count;
	v_all := v_all + v_n;
	delete from idempotency_key k where k.ctid in (
		select o.ctid from idempotency_key o where o.created_at < now() - interval '24 hours'
			limit p_limit for update skip locked);
	get diagnostics v_n = row_count;
	return v_all + v_n;
end $$;
comment on function queue.purge_expired(bigint) is
	'deletes what has had its time, so many rows of a table at most: ended sessions with their tokens, links, invitations that were not accepted, letters'' jobs, answers kept for repetition; gives how many; 0 while another one is at it';
revoke all on function queue.purge_expired(bigint) from public;
grant execute on function queue.purge_expired(bigint) to scorpius_jobs;

commit;
