-- Deploy scorpius:undo to pg
-- requires: jobs
-- requires: decisions
-- requires: history
-- What is deleted can come back for a time; then its rows and bytes go for good.

begin;
set local role scorpius_owner;
set local search_path = scorpius, pg_temp;

\set org '(nullif(current_setting(''scorpius.organization_id'', true), '''')::uuid)'
\set mine 'organization_id = (select nullif(current_setting(''scorpius.organization_id'', true), '''')::uuid)'

alter table tender add column purge_after timestamptz;
alter table document add column purge_after timestamptz;
update tender set purge_after = deleted_at + interval '30 days' where deleted_at is not null;
update document set purge_after = deleted_at + interval '30 days' where deleted_at is not null;
alter table tender add check ((deleted_at is null) = (purge_after is null));
alter table document add check ((deleted_at is null) = (purge_after is null));
-- Across organisations: whose turn it is.
create index tender_purge_idx on tender (purge_after) where purge_after is not null;
create index document_purge_idx on document (purge_after) where purge_after is not null;
comment on column tender.purge_after is 'deleted: it can come back until then, and is removed after it';
comment on column document.purge_after is 'deleted: it can come back until then, and is removed after it';

-- No key to blob: the row outlives it until the file is removed, too.
create table blob_purge (
	organization_id uuid not null default :org references organization (id),
	id uuid not null,
	row_gone boolean not null default false,
	at timestamptz not null default now(),
	primary key (organization_id, id)
);
comment on table blob_purge is 'bytes that may have lost their last document, and files whose rows are gone already';
comment on column blob_purge.organization_id is 'whose bytes';
comment on column blob_purge.id is 'the blob';
comment on column blob_purge.row_gone is 'nothing referred to it: its row is removed, the file is to follow';
comment on column blob_purge.at is 'since when';
alter table blob_purge enable row level security;
create policy organization on blob_purge to scorpius_api, scorpius_jobs using (:mine) with check (:mine);
grant select on blob_purge to scorpius_jobs;

-- By the catalogue, so that a table that comes later is not forgotten. A key that says RESTRICT keeps what it names.
create function purge_rows(p_table regclass, p_organization uuid, p_ids uuid[]) returns void
language plpgsql volatile set search_path = scorpius, pg_temp as $$
declare
	k record;
	v_ids uuid[];
begin
	for k in
		select c.conrelid::regclass as child, r.attname as reference, exists (select from pg_attribute i
			where i.attrelid = c.conrelid and i.attname = 'id' and not i.attisdropped) as has_id
		from pg_constraint c join pg_attribute r on r.attrelid = c.conrelid and r.attnum = c.conkey[2]
		where c.contype = 'f' and c.confrelid = p_table and c.confdeltype in ('a', 'c') and array_length(c.conkey, 1) = 2
	loop
		if k.has_id then
			execute format('select array_agg(id) from %s where organization_id = $1 and %I = any ($2)', k.child, k.reference)
				into v_ids using p_organization, p_ids;
			if v_ids is not null then
				perform purge_rows(k.child, p_organization, v_ids);
			end if;
		else
			execute format('delete from %s where organization_id = $1 and %I = any ($2)', k.child, k.reference)
				using p_organization, p_ids;
		end if;
	end loop;
	execute format('delete from %s where organization_id = $1 and id = any ($2)', p_table) using p_organization, p_ids;
end $$;
comment on function purge_rows(regclass, uuid, uuid[]) is
	'removes rows of an organisation with all that refers to them, by the keys of the catalogue';

create function queue.purge_due()
returns table (organization_id uuid)
language sql volatile security definer rows 1 set search_path = scorpius, pg_temp as $$
	select d.organization_id from (
		(select organization_id from tender where purge_after <= now() limit 100) union
		(select organization_id from document where purge_after <= now() limit 100) union
		(select organization_id from blob_purge limit 100)) d
	order by random() limit 1
$$;
comment on function queue.purge_due() is 'an organisation that has something to be removed, by chance, so that none waits behind another';

create function queue.purge_deleted(p_limit bigint)
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
comment on function queue.purge_deleted(bigint) is
	'removes so many tenders and documents of the organisation that is set, whose time to come back is over, with all that refers to them; their bytes are noted in blob_purge; how many were removed';

-- An upload locks the row of bytes that are there already (for key share) before it counts on their file. What is
-- locked is passed over, so that this never waits for an upload; an upload waits for this, and then finds no row.
create function queue.purge_blobs(p_limit bigint)
returns bigint
language plpgsql volatile security definer set search_path = scorpius, pg_temp as $$
declare
	v_organization uuid := nullif(current_setting('scorpius.organization_id', true), '')::uuid;
	v_removed bigint := 0;
	v_readings uuid[];
	v_models uuid[];
	r record;
begin
	for r in
		select p.id from blob_purge p where p.organization_id = v_organization and not p.row_gone
			order by p.at, p.id limit p_limit for update skip locked
	loop
		perform from blob b where b.organization_id = v_organization and b.id = r.id for update skip locked;
		if not found then
			-- In use this moment: later. Or gone.
			delete from blob_purge p where p.organization_id = v_organization and p.id = r.id
				and not exists (select from blob b where b.organization_id = v_organization and b.id = r.id);
			update blob_purge p set at = now() where p.organization_id = v_organization and p.id = r.id;
			continue;
		end if;
		begin
			if exists (select from document d where d.organization_id = v_organization and d.blob_id = r.id) then
				raise foreign_key_violation;
			end if;
			select array_agg(id), array_agg(model_blob_id) into v_readings, v_models from reading
				where organization_id = v_organization and blob_id = r.id;
			if v_readings is not null then
				perform purge_rows('reading', v_organization, v_readings);
			end if;
			delete from blob where organization_id = v_organization and id = r.id;
			insert into blob_purge (organization_id, id) select distinct v_organization, m from unnest(v_models) m
				on conflict do nothing;
			update blob_purge set row_gone = true where organization_id = v_organization and id = r.id;
			v_removed := v_removed + 1;
		exception when foreign_key_violation or restrict_violation then
			delete from blob_purge where organization_id = v_organization and id = r.id;
		end;
	end loop;
	return v_removed;
end $$;
comment on function queue.purge_blobs(bigint) is
	'removes the rows of bytes that nothing refers to any more, with their readings; their files are to follow; how many were removed';

create function queue.purge_files_removed(p_ids uuid[])
returns void
language sql volatile security definer set search_path = scorpius, pg_temp as $$
	delete from blob_purge where id = any (p_ids) and row_gone
		and organization_id = nullif(current_setting('scorpius.organization_id', true), '')::uuid
$$;
comment on function queue.purge_files_removed(uuid[]) is 'the files of these bytes are removed, too: nothing is left of them';

revoke all on function purge_rows(regclass, uuid, uuid[]), queue.purge_due(), queue.purge_deleted(bigint),
	queue.purge_blobs(bigint), queue.purge_files_removed(uuid[]) from public;
grant execute on function queue.purge_due(), queue.purge_deleted(bigint), queue.purge_blobs(bigint),
	queue.purge_files_removed(uuid[]) to scorpius_jobs;

commit;
