-- Deploy scorpius:retention to pg
-- requires: undo exports uploads
-- Archived tenders and documents in no tender go after a time that the operator sets (the programs know it, not the
-- schema), told two weeks before; a legal hold keeps a tender from every way of going.

begin;
set local role scorpius_owner;
set local search_path = scorpius, pg_temp;

\set org '(nullif(current_setting(''scorpius.organization_id'', true), '''')::uuid)'
\set mine 'organization_id = (select nullif(current_setting(''scorpius.organization_id'', true), '''')::uuid)'

alter table tender add column retained_from timestamptz, add column retention_warned_at timestamptz,
	add column held_at timestamptz, add column held_by uuid, add column hold_reason text,
	add foreign key (organization_id, held_by) references account (organization_id, id),
	add constraint tender_hold_check check ((held_at is null) = (hold_reason is null)),
	add check (length(hold_reason) between 1 and 1000);
comment on column tender.retained_from is 'when it was archived, or came back since: its retention counts from then; null: not archived';
comment on column tender.retention_warned_at is 'when its people were last told that its retention ends';
comment on column tender.held_at is 'legal hold: since when nothing removes it; null: none';
comment on column tender.held_by is 'who set the legal hold';
comment on column tender.hold_reason is 'why';

alter table document add column retained_from timestamptz, add column retention_warned_at timestamptz;
comment on column document.retained_from is
	'when it came back after a deletion: its retention counts from then; null: from created_at. Counts in no tender only';
comment on column document.retention_warned_at is 'when its people were last told that its retention ends';

-- Of what is archived already the log knows since when. Nobody has changed these rows.
alter table tender disable trigger version;
update tender t set retained_from = coalesce((select max(a.at) from audit_event a where a.organization_id = t.organization_id
	and a.target_id = t.id and a.action = 'tender.status_changed' and a.detail ->> 'to' = 'archived'), t.updated_at)
	where t.status = 'archived';
alter table tender enable trigger version;
alter table tender add constraint tender_retained_check check ((status = 'archived') = (retained_from is not null));

create function tender_retention() returns trigger language plpgsql set search_path = scorpius, pg_temp as $$
begin
	if new.status <> 'archived' then
		new.retained_from := null;
		new.retention_warned_at := null;
	elsif new.retained_from is null then
		new.retained_from := now();
		new.retention_warned_at := null;
	end if;
	return new;
end $$;
comment on function tender_retention() is 'the retention of a tender counts from its archiving';
create trigger retention before insert or update of status on tender for each row execute function tender_retention();

-- In a tender it follows that one; what was told before it came there, or left, has no sense any more.
create function document_retention() returns trigger language plpgsql set search_path = scorpius, pg_temp as $$
begin
	new.retention_warned_at := null;
	return new;
end $$;
comment on function document_retention() is 'a document that changes its tender has to be warned of anew';
create trigger retention before update of tender_id on document for each row
	when (new.tender_id is distinct from old.tender_id) execute function document_retention();

-- Across organisations: whose turn it is.
create index tender_retention_idx on tender (retained_from) where status = 'archived' and deleted_at is null and held_at is null;
create index document_retention_idx on document (coalesce(retained_from, created_at)) where tender_id is null and deleted_at is null;
create index tender_held_idx on tender (organization_id) where held_at is not null;

create view retained with (security_invoker = true) as
	select t.organization_id, 'tender' as kind, t.id, t.created_by, coalesce(t.title, t.reference) as name,
		t.retained_from as since, t.retention_warned_at as warned_at
	from tender t where t.status = 'archived' and t.deleted_at is null and t.held_at is null
		and t.analysis_status not in ('queued', 'running')
		and not exists (select from document d where d.organization_id = t.organization_id and d.tender_id = t.id
			and d.deleted_at is null and d.status = 'processing')
	union all
	-- The entries of an archive go with it; one that lives on without it goes alone.
	select d.organization_id, 'document', d.id, d.created_by, d.name, coalesce(d.retained_from, d.created_at), d.retention_warned_at
	from document d where d.tender_id is null and d.deleted_at is null and d.status <> 'processing'
		and (d.parent_id is null or exists (select from document p where p.organization_id = d.organization_id
			and p.id = d.parent_id and (p.tender_id is not null or p.deleted_at is not null)))
		and not exists (select from document c where c.organization_id = d.organization_id and c.parent_id = d.id
			and c.deleted_at is null and (c.tender_id is not null or c.status = 'processing'));
comment on view retained is
	'what may go when its retention ends: archived tenders without a legal hold, documents in no tender; nothing that is being worked on';
comment on column retained.organization_id is 'whose';
comment on column retained.kind is 'tender, document';
comment on column retained.id is 'the tender or document';
comment on column retained.created_by is 'who made it';
comment on column retained.name is 'what people call it; null: nothing yet';
comment on column retained.since is 'the beginning of its retention';
comment on column retained.warned_at is 'when its people were last told';
grant select on retained to scorpius_jobs;

create table retention_notice (
	organization_id uuid not null default :org references organization (id),
	id uuid not null,
	day date not null default (now() at time zone 'Europe/Paris')::date,
	at timestamptz not null default now(),
	primary key (organization_id, id),
	unique (organization_id, day)
);
comment on table retention_notice is 'what an organisation was told on one day: the things whose retention_warned_at is its moment';
comment on column retention_notice.organization_id is 'whose things';
comment on column retention_notice.id is 'UUIDv7 made by the application; named by the jobs of its letters';
comment on column retention_notice.day is 'in Paris: there is one notice a day';
comment on column retention_notice.at is 'the moment, as it stands in the things it tells of';
alter table retention_notice enable row level security;
create policy organization on retention_notice to scorpius_api, scorpius_jobs using (:mine) with check (:mine);
grant select on retention_notice to scorpius_jobs;
grant insert (organization_id, id) on retention_notice to scorpius_jobs;

alter table job drop constraint job_mail_check;
alter table job add constraint job_mail_check check (kind <> 'mail' or coalesce(
	case payload ->> 'purpose'
		when 'invitation' then payload ? 'invitation_id' and payload - 'purpose' - 'invitation_id' = '{}'
		when 'retention' then payload ?& array['account_id', 'notice_id'] and payload - 'purpose' - 'account_id' - 'notice_id' = '{}'
		else payload ->> 'purpose' in ('email_confirm', 'password_reset', 'new_sign_in', 'password_changed')
			and payload ? 'account_id' and payload - 'purpose' - 'account_id' = '{}'
	end, false));
comment on column job.payload is
	'mail: {purpose, account_id | invitation_id} (retention: notice_id, too) and nothing else; whatever is secret is made when it is sent; export_end: {export_id}';

-- The two weeks, and a day more since the warnings of a day go together, are those of lib/db/retention_sql.h.
create function queue.retention_due(p_days bigint)
returns table (organization_id uuid)
language sql volatile security definer rows 1 set search_path = scorpius, pg_temp as $$
	select d.organization_id from (
		(select r.organization_id from retained r where r.since <= now() - make_interval(secs => p_days * 86400) + interval '360 hours'
			and (r.warned_at is null or r.warned_at < r.since + make_interval(secs => p_days * 86400) - interval '360 hours')
			and not exists (select from retention_notice n where n.organization_id = r.organization_id
				and n.day = (now() at time zone 'Europe/Paris')::date) limit 100) union
		(select r.organization_id from retained r where r.since <= now() - make_interval(secs => p_days * 86400)
			and r.warned_at <= now() - interval '336 hours'
			and r.warned_at >= r.since + make_interval(secs => p_days * 86400) - interval '360 hours' limit 100)) d
	join organization o on o.id = d.organization_id and o.deleted_at is null
	order by random() limit 1
$$;
comment on function queue.retention_due(bigint) is
	'an organisation that has something whose retention of so many days ends soon and nobody was told of, or has ended';
revoke all on function queue.retention_due(bigint) from public;
grant execute on function queue.retention_due(bigint) to scorpius_jobs;

-- ---- legal hold: whoever removes, by whatever way, meets it here ----

create function tender_hold() returns trigger language plpgsql set search_path = scorpius, pg_temp as $$
begin
	if tg_op = 'UPDATE' and old.held_at is null then
		-- A hold that is set while the organisation is being deleted: one of them sees the other.
		perform from organization where id = new.organization_id and deleted_at is null for share;
		if not found then
			raise exception 'the organisation is deleted' using errcode = 'SC003';
		end if;
		return new;
	end if;
	raise exception 'a legal hold keeps it' using errcode = 'SC005';
end $$;
comment on function tender_hold() is 'raises SC005 for what would remove a tender under a legal hold, SC003 for a hold in an organisation that is deleted';
create trigger hold_begins before update of held_at on tender for each row
	when (old.held_at is null and new.held_at is not null) execute function tender_hold();
create trigger hold_keeps before update of deleted_at on tender for each row
	when (old.held_at is not null and old.deleted_at is null and new.deleted_at is not null) execute function tender_hold();
create trigger hold_keeps_row before delete on tender for each row when (old.held_at is not null) execute function tender_hold();

create function document_hold() returns trigger language plpgsql set search_path = scorpius, pg_temp as $$
begin
	if exists (select from tender t where t.organization_id = old.organization_id and t.id = old.tender_id and t.held_at is not null) then
		raise exception 'a legal hold keeps it' using errcode = 'SC005';
	end if;
	return coalesce(new, old);
end $$;
comment on function document_hold() is 'raises SC005 for what would take a document out of a tender under a legal hold, or remove it';
create trigger hold_keeps before update of deleted_at, tender_id on document for each row
	when (old.tender_id is not null and ((old.deleted_at is null and new.deleted_at is not null)
		or new.tender_id is distinct from old.tender_id)) execute function document_hold();
create trigger hold_keeps_row before delete on document for each row
	when (old.tender_id is not null) execute function document_hold();

create or replace function queue.purge_due()
returns table (organization_id uuid)
language sql volatile security definer rows 1 set search_path = scorpius, pg_temp as $$
	select d.organization_id from (
		(select organization_id from tender where purge_after <= now() and held_at is null limit 100) union
		(select d.organization_id from document d where d.purge_after <= now() and not exists (select from tender t
			where t.organization_id = d.organization_id and t.id = d.tender_id and t.held_at is not null) limit 100) union
		(select organization_id from upload where clean_at <= now() limit 100) union
		(select organization_id from blob_purge limit 100)) d
	order by random() limit 1
$$;

-- As before, but for what is under a legal hold; one that is set, or met, on the way stops nothing else.
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
		select 'tender'::regclass as of_table, t.id, null::uuid as tender_id from tender t
			where t.organization_id = v_organization and t.purge_after <= now() and t.held_at is null
			and not exists (select from document d where d.organization_id = v_organization and d.tender_id = t.id
				and (d.purge_after is null or d.purge_after > now()))
		union all
		select 'document'::regclass, d.id, d.tender_id from document d where d.organization_id = v_organization and d.purge_after <= now()
			and not exists (select from tender t join document m on m.organization_id = t.organization_id and m.tender_id = t.id
				where t.organization_id = v_organization and t.held_at is not null and (m.id = d.id or m.parent_id = d.id))
		limit p_limit
	loop
		-- Somebody may have brought it back, or set a hold, at the last moment.
		if r.of_table = 'tender'::regclass then
			perform from tender where organization_id = v_organization and id = r.id and purge_after <= now() and held_at is null
				for update skip locked;
		else
			if r.tender_id is not null then
				perform from tender where organization_id = v_organization and id = r.tender_id and held_at is null
					for share skip locked;
				if not found then
					continue;
				end if;
			end if;
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
		exception when foreign_key_violation or restrict_violation or sqlstate 'SC005' then
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

-- As before, but not while a tender is under a legal hold: its owner lifts that first.
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
	-- A statement of its own: it sees what was committed while the one before waited.
	if exists (select from tender where organization_id = v_organization and held_at is not null) then
		raise exception 'a legal hold keeps it' using errcode = 'SC005';
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
	'an owner deletes his organisation: every session ends, work that waits is cancelled; when it will be erased, null when it can''t be deleted; SC005 while a tender is under a legal hold';

commit;
