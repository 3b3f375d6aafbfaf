-- Deploy scorpius:uploads to pg
-- requires: exports
-- Large files on bad lines arrive in parts. A part is bytes like any others (blob, stored once, encrypted, removed when nothing
-- refers to them); the last part makes a document of the whole.

begin;
set local role scorpius_owner;
set local search_path = scorpius, pg_temp;

\set org '(nullif(current_setting(''scorpius.organization_id'', true), '''')::uuid)'
\set mine 'organization_id = (select nullif(current_setting(''scorpius.organization_id'', true), '''')::uuid)'

-- No key to tender or document: what is purged there must not take along rows whose bytes nobody would note.
create table upload (
	organization_id uuid not null default :org references organization (id),
	id uuid not null,
	created_by uuid not null,
	name text not null check (length(name) between 1 and 255),
	length bigint not null check (length > 0),
	received bigint not null default 0 check (received between 0 and length),
	tender_id uuid,
	document_type text,
	metadata text not null check (length(metadata) <= 2048),
	process boolean not null,
	document_id uuid,
	created_at timestamptz not null default now(),
	expires_at timestamptz not null,
	clean_at timestamptz not null,
	primary key (organization_id, id),
	foreign key (organization_id, created_by) references account (organization_id, id),
	check ((document_id is not null) = (received = length))
);
create index upload_created_by_idx on upload (organization_id, created_by);
-- Across organisations: whose turn it is.
create index upload_clean_idx on upload (clean_at);
comment on table upload is 'a file that arrives in parts';
comment on column upload.organization_id is 'whose file';
comment on column upload.id is 'UUIDv7 made by the application';
comment on column upload.created_by is 'who began it';
comment on column upload.name is 'file name as given';
comment on column upload.length is 'bytes of the whole';
comment on column upload.received is 'bytes that are there for good: where the next part begins';
comment on column upload.tender_id is 'the tender that the document is for; looked at again at the end';
comment on column upload.document_type is 'what a person says that it is';
comment on column upload.metadata is 'what was said at the beginning, word for word: asked for again by who goes on';
comment on column upload.process is 'whether it is read as soon as it is there';
comment on column upload.document_id is 'what became of it; null while bytes are missing';
comment on column upload.created_at is 'when it was begun';
comment on column upload.expires_at is 'from then on it is not there any more; each part moves it';
comment on column upload.clean_at is
	'when something of it is to be removed: parts that became a document, or all of it some minutes after its end';
alter table upload enable row level security;
create policy organization on upload to scorpius_api, scorpius_jobs using (:mine) with check (:mine);
grant select on upload to scorpius_api;
grant insert (id, created_by, name, length, tender_id, document_type, metadata, process, expires_at, clean_at) on upload to scorpius_api;
grant update (received, document_id, expires_at, clean_at) on upload to scorpius_api;

create table upload_part (
	organization_id uuid not null default :org references organization (id),
	upload_id uuid not null,
	start bigint not null check (start >= 0),
	size bigint not null check (size > 0),
	blob_id uuid not null,
	primary key (organization_id, upload_id, start),
	foreign key (organization_id, upload_id) references upload (organization_id, id),
	foreign key (organization_id, blob_id) references blob (organization_id, id)
);
create index upload_part_blob_idx on upload_part (organization_id, blob_id);
comment on table upload_part is 'bytes of an upload that arrived together';
comment on column upload_part.organization_id is 'whose bytes';
comment on column upload_part.upload_id is 'the upload';
comment on column upload_part.start is 'where in the file they begin';
comment on column upload_part.size is 'how many';
comment on column upload_part.blob_id is 'the bytes themselves';
alter table upload_part enable row level security;
create policy organization on upload_part to scorpius_api, scorpius_jobs using (:mine) with check (:mine);
grant select on upload_part to scorpius_api;
grant insert (upload_id, start, size, blob_id) on upload_part to scorpius_api;

-- A part has no type; when the same bytes come as a file, that one's counts.
grant update (mime_type) on blob to scorpius_api, scorpius_jobs;

create function queue.purge_uploads(p_limit bigint)
returns bigint
language plpgsql volatile security definer set search_path = scorpius, pg_temp as $$
declare
	v_organization uuid := nullif(current_setting('scorpius.organization_id', true), '')::uuid;
	v_removed bigint := 0;
	r record;
begin
	for r in
		select u.id, u.expires_at <= now() as over from upload u where u.organization_id = v_organization and u.clean_at <= now()
			order by u.clean_at, u.id limit p_limit for update skip locked
	loop
		insert into blob_purge (organization_id, id)
			select distinct v_organization, p.blob_id from upload_part p
				where p.organization_id = v_organization and p.upload_id = r.id
			on conflict do nothing;
		delete from upload_part where organization_id = v_organization and upload_id = r.id;
		if r.over then
			delete from upload where organization_id = v_organization and id = r.id;
		else
			update upload set clean_at = expires_at where organization_id = v_organization and id = r.id;
		end if;
		v_removed := v_removed + 1;
	end loop;
	return v_removed;
end $$;
comment on function queue.purge_uploads(bigint) is
	'removes so many uploads of the organisation that is set, whose time is over, and the parts of those that became documents; their bytes are noted in blob_purge; how many were looked at';
revoke all on function queue.purge_uploads(bigint) from public;
grant execute on function queue.purge_uploads(bigint) to scorpius_jobs;

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

commit;
