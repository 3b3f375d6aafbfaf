-- Deploy scorpius:erasure to pg
-- requires: account_functions
-- requires: company
-- An organisation that is deleted waits for a time in which it can come back; then a job erases its files and rows.

begin;
set local role scorpius_owner;
set local search_path = scorpius, pg_temp;

alter table organization add column deleted_at timestamptz, add column erase_after timestamptz,
	add column erased_at timestamptz, add check ((deleted_at is null) = (erase_after is null)),
	add check (erased_at is null or deleted_at is not null);
comment on column organization.deleted_at is 'when its owner deleted it; until it is erased it can come back';
comment on column organization.erase_after is 'from then on it is erased';
comment on column organization.erased_at is
	'when it was erased: the row stays under a pseudonym, for the audit log that refers to it';

alter table session drop constraint session_end_reason_check;
alter table session add constraint session_end_reason_check check (end_reason in ('logout', 'removed', 'reuse',
	'password', 'reset', 'role_changed', 'deactivated', 'deleted', 'operator', 'organization_deleted'));
comment on column session.end_reason is
	'why it was ended: logout; removed (from another session); reuse (of an old refresh token); password (changed), reset (forgotten and set anew); role_changed; deactivated; deleted; operator; organization_deleted';

-- Whatever opens a session: nobody works in an organisation that is going.
create function session_needs_organization() returns trigger language plpgsql
set search_path = scorpius, pg_temp as $$
begin
	if exists (select from organization o where o.id = new.organization_id and o.deleted_at is not null) then
		raise exception 'the organisation is deleted' using errcode = 'SC003';
	end if;
	return new;
end $$;
comment on function session_needs_organization() is 'raises SC003 for a session in an organisation that is deleted';
create trigger needs_organization before insert on session
	for each row execute function session_needs_organization();

alter table job drop constraint job_kind_check;
alter table job add constraint job_kind_check check (kind in ('read', 'analyze', 'mail', 'erase'));
comment on column job.kind is
	'read a document; analyze a dossier version or a single document; send a mail; erase the organisation';
create unique index job_live_erasure on job (organization_id) where kind = 'erase' and state in ('queued', 'leased');

create function auth.delete_organization(p_sid uuid, p_account uuid, p_days bigint, p_request text)
returns timestamptz
language plpgsql volatile security definer set search_path = scorpius, pg_temp as $$
declare
	v_organization uuid;
	v_after timestamptz;
begin
	update organization o set deleted_at = now(), erase_after = now() + make_interval(days => p_days::int)
		from account a where a.id = p_account and a.is_owner and a.organization_id = o.id and o.deleted_at is null
			and session_lives(p_sid, p_account)
		returning o.id, o.erase_after into v_organization, v_after;
	if not found then
		return null;
	end if;
	update session set ended_at = now(), end_reason = 'organization_deleted'
		where organization_id = v_organization and ended_at is null;
	update job set state = 'cancelled', finished_at = now() where organization_id = v_organization and state = 'queued';
	insert into job (organization_id, id, kind, run_after) values (v_organization, uuid_v7(), 'erase', v_after);
	perform audit_note(v_organization, p_account, 'organization.deleted', null, p_request,
		jsonb_build_object('erase_after', v_after));
	return v_after;
end $$;
comment on function auth.delete_organization(uuid, uuid, bigint, text) is
	'an owner deletes his organisation: every session ends, work that waits is cancelled; when it will be erased, null when it can''t be deleted';

create function restore_organization(p_organization uuid, p_account uuid, p_request text, p_detail jsonb) returns boolean
language plpgsql volatile set search_path = scorpius, pg_temp as $$
declare
	v_deleted timestamptz;
begin
	select deleted_at into v_deleted from organization
		where id = p_organization and deleted_at is not null and erased_at is null and erase_after > now() for update;
	if not found then
		return false;
	end if;
	update organization set deleted_at = null, erase_after = null where id = p_organization;
	update job set state = 'cancelled', finished_at = now()
		where organization_id = p_organization and kind = 'erase' and state = 'queued';
	-- The work that waited then, and was cancelled by the deletion itself, goes on.
	update job set state = 'queued', finished_at = null, run_after = now()
		where organization_id = p_organization and state = 'cancelled' and finished_at = v_deleted;
	perform audit_note(p_organization, p_account, 'organization.restored', null, p_request, p_detail);
	return true;
end $$;
comment on function restore_organization(uuid, uuid, text, jsonb) is
	'brings back an organisation that was deleted and is not due to be erased; false when there is none';

create function auth.restore_organization(p_account uuid, p_request text)
returns text
language plpgsql volatile security definer set search_path = scorpius, pg_temp as $$
declare
	a account;
begin
	select * into a from account where id = p_account and active;
	return case when not found then 'absent' when not a.is_owner then 'forbidden'
		when restore_organization(a.organization_id, a.id, p_request, null) then 'restored' else 'not_deleted' end;
end $$;
comment on function auth.restore_organization(uuid, text) is
	'an owner, who has just shown his password, brings his organisation back: restored, not_deleted, forbidden, absent';

create function admin.restore_organization(p_sid uuid, p_account uuid, p_organization uuid, p_request text)
returns text
language plpgsql volatile security definer set search_path = scorpius, pg_temp as $$
begin
	perform operator_session(p_sid, p_account);
	return case when not exists (select from organization where id = p_organization) then 'absent'
		when restore_organization(p_organization, null, p_request, jsonb_build_object('operator', p_account))
			then 'restored' else 'not_deleted' end;
end $$;
comment on function admin.restore_organization(uuid, uuid, uuid, text) is
	'the operator brings an organisation back: restored, not_deleted, absent';

-- The tables are those of the catalogue, so that none is forgotten that comes later; their order is found by trying.
create function queue.erase_organization()
returns void
language plpgsql volatile security definer set search_path = scorpius, pg_temp as $$
declare
	v_organization uuid := nullif(current_setting('scorpius.organization_id', true), '')::uuid;
	v_left text[];
	v_still text[];
	v_table text;
begin
	perform from organization where id = v_organization and erase_after <= now() and erased_at is null for update;
	if not found then
		raise exception 'the organisation is not due to be erased' using errcode = 'SC004';
	end if;
	perform set_config('scorpius.erasing_organization', v_organization::text, true);
	select array_agg(c.relname order by c.relname) into v_left
		from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'organization_id' and not a.attisdropped
		where c.relnamespace = 'scorpius'::regnamespace and c.relkind in ('r', 'p')
			and c.relname not in ('account', 'audit_event');
	while v_left is not null loop
		v_still := null;
		foreach v_table in array v_left loop
			begin
				execute format('delete from scorpius.%I where organization_id = $1', v_table) using v_organization;
			exception when foreign_key_violation then
				v_still := v_still || v_table;
			end;
		end loop;
		if v_still = v_left then
			raise exception 'tables that refer to each other: %', v_still;
		end if;
		v_left := v_still;
	end loop;
	-- What the law lets be kept for security: who did what, under pseudonyms, and nothing of what it was about.
	update account set email = id || '@supprime.invalid', full_name = 'Compte supprimé', password_hash = '!', active = false,
		is_owner = false, email_confirmed_at = null, deleted_at = coalesce(deleted_at, now())
		where organization_id = v_organization;
	update audit_event set detail = '{}', request_id = null where organization_id = v_organization;
	update organization set name = 'Organisation supprimée', erased_at = now() where id = v_organization;
	insert into audit_event (organization_id, id, action) values (v_organization, uuid_v7(), 'organization.erased');
end $$;
comment on function queue.erase_organization() is
	'erases the organisation that is set, when it is due: every row but its accounts and audit events, which stay under pseudonyms; SC004 when it is not due';

revoke all on function auth.delete_organization(uuid, uuid, bigint, text), auth.restore_organization(uuid, text),
	admin.restore_organization(uuid, uuid, uuid, text), queue.erase_organization() from public;
grant execute on function auth.delete_organization(uuid, uuid, bigint, text), auth.restore_organization(uuid, text),
	admin.restore_organization(uuid, uuid, uuid, text) to scorpius_api;
grant execute on function queue.erase_organization() to scorpius_jobs;

commit;
