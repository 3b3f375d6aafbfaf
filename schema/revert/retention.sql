-- Revert scorpius:retention from pg
-- Legal holds are gone with it: nothing keeps what was under one.

begin;
set local search_path = scorpius, pg_temp;

create or replace function auth.delete_organization(p_sid uuid, p_account uuid, p_days bigint, p_request text)
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
	update job set state = 'cancelled', finished_at = now()
		where organization_id = v_organization and state = 'queued' and kind <> 'export_end';
	insert into job (organization_id, id, kind, run_after) values (v_organization, uuid_v7(), 'erase', v_after);
	perform audit_note(v_organization, p_account, 'organization.deleted', null, p_request,
		jsonb_build_object('erase_after', v_after));
	return v_after;
end $$;
comment on function auth.delete_organization(uuid, uuid, bigint, text) is
	'an owner deletes his organisation: every session ends, work that waits is cancelled; when it will be erased, null when it can''t be deleted';

create or replace function queue.purge_deleted(p_limit bigint)
returns bigint
language plpgsql volatile security definer set search_path = scorpius, pg_temp as $$
declare
	v_organization uuid := nullif(current_setting('scorpius.organization_id', true), '')::uuid;
	v_removed bigint := 0;
	r record;
begin
	if not pg_try_advisory_xact_lock(hashtextextended('scorpius purge ' || v_organization, 0)) then
		return 0;
	end if;
	for r in
		select 'tender'::regclass as of_table, t.id from tender t where t.organization_id = v_organization and t.purge_after <= now()
			and not exists (select from document d where d.organization_id = v_organization and d.tender_id = t.id
				and (d.purge_after is null or d.purge_after > now()))
		union all
		select 'document'::regclass, d.id from document d where d.organization_id = v_organization and d.purge_after <= now()
		limit p_limit
	loop
		-- Somebody may have brought it back at the last moment.
		if r.of_table = 'tender'::regclass then
			perform from tender where organization_id = v_organization and id = r.id and purge_after <= now()
				for update skip locked;
		else
			perform from document where organization_id = v_organization and id = r.id and purge_after <= now()
				for update skip locked;
		end if;
		if not found then
			continue;
		end if;
		begin
			-- What came out of an archive and is elsewhere now, or lives on, goes on without it. Locked first: what somebody
			-- brings back at this moment is seen.
			perform from document c join document p on p.organization_id = c.organization_id and p.id = c.parent_id
				where c.organization_id = v_organization and case when r.of_table = 'tender'::regclass then p.tender_id = r.id else p.id = r.id end
				order by c.id for update of c;
			update document c set parent_id = null from document p where p.organization_id = v_organization
				and c.organization_id = p.organization_id and c.parent_id = p.id and case when r.of_table = 'tender'::regclass
					then p.tender_id = r.id and c.tender_id is distinct from r.id
					else p.id = r.id and (c.purge_after is null or c.purge_after > now()) end;
			insert into blob_purge (organization_id, id)
				select distinct v_organization, d.blob_id from document d where d.organization_id = v_organization
					and case when r.of_table = 'tender'::regclass then d.tender_id = r.id else d.id = r.id or d.parent_id = r.id end
				on conflict do nothing;
			perform purge_rows(r.of_table, v_organization, array[r.id]);
			v_removed := v_removed + 1;
		exception when foreign_key_violation or restrict_violation then
			-- Something holds it: looked at again tomorrow.
			if r.of_table = 'tender'::regclass then
				update tender set purge_after = now() + interval '1 day' where organization_id = v_organization and id = r.id;
			else
				update document set purge_after = now() + interval '1 day' where organization_id = v_organization and id = r.id;
			end if;
		end;
	end loop;
	return v_removed;
end $$;

create or replace function queue.purge_due()
returns table (organization_id uuid)
language sql volatile security definer rows 1 set search_path = scorpius, pg_temp as $$
	select d.organization_id from (
		(select organization_id from tender where purge_after <= now() limit 100) union
		(select organization_id from document where purge_after <= now() limit 100) union
		(select organization_id from upload where clean_at <= now() limit 100) union
		(select organization_id from blob_purge limit 100)) d
	order by random() limit 1
$$;

drop trigger hold_keeps_row on document;
drop trigger hold_keeps on document;
drop function document_hold();
drop trigger hold_keeps_row on tender;
drop trigger hold_keeps on tender;
drop trigger hold_begins on tender;
drop function tender_hold();
drop function queue.retention_due(bigint);
delete from job where kind = 'mail' and payload ->> 'purpose' = 'retention';
alter table job drop constraint job_mail_check;
alter table job add constraint job_mail_check check (kind <> 'mail' or coalesce(
	case payload ->> 'purpose'
		when 'invitation' then payload ? 'invitation_id' and payload - 'purpose' - 'invitation_id' = '{}'
		else payload ->> 'purpose' in ('email_confirm', 'password_reset', 'new_sign_in', 'password_changed')
			and payload ? 'account_id' and payload - 'purpose' - 'account_id' = '{}'
	end, false));
comment on column job.payload is
	'mail: {purpose, account_id | invitation_id} and nothing else; whatever is secret is made when it is sent; export_end: {export_id}';
drop table retention_notice;
drop view retained;
drop trigger retention on document;
drop function document_retention();
drop trigger retention on tender;
drop function tender_retention();
alter table document drop column retained_from, drop column retention_warned_at;
alter table tender drop column retained_from, drop column retention_warned_at, drop column held_at, drop column held_by,
	drop column hold_reason;

commit;
