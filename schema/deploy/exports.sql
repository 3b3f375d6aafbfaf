-- Deploy scorpius:exports to pg
-- requires: erasure
-- requires: undo
-- An owner takes everything that his organisation has with him: one archive in the file store, made by a job.

begin;
set local role scorpius_owner;
set local search_path = scorpius, pg_temp;

\set org '(nullif(current_setting(''scorpius.organization_id'', true), '''')::uuid)'
\set mine 'organization_id = (select nullif(current_setting(''scorpius.organization_id'', true), '''')::uuid)'

-- Its state is that of its job, which has the same id: a second one would have to be kept equal.
create table organization_export (
	organization_id uuid not null default :org references organization (id),
	id uuid not null,
	created_by uuid not null,
	created_at timestamptz not null default now(),
	blob_id uuid,
	error_code text,
	finished_at timestamptz,
	expires_at timestamptz,
	primary key (organization_id, id),
	foreign key (organization_id, created_by) references account (organization_id, id),
	foreign key (organization_id, blob_id) references blob (organization_id, id),
	check ((finished_at is null) = (expires_at is null)),
	check ((finished_at is null) = (blob_id is null and error_code is null)),
	check (blob_id is null or error_code is null)
);
create index organization_export_created_by_idx on organization_export (organization_id, created_by);
create index organization_export_blob_idx on organization_export (organization_id, blob_id) where blob_id is not null;
comment on table organization_export is 'an archive of everything that the organisation has, asked for by an owner';
comment on column organization_export.organization_id is 'whose data';
comment on column organization_export.id is 'UUIDv7 made by the application; the job that makes it has the same';
comment on column organization_export.created_by is 'the owner who asked';
comment on column organization_export.created_at is 'when it was asked for';
comment on column organization_export.blob_id is 'the archive; null until it is made';
comment on column organization_export.error_code is 'why it could not be made: an error id of the API';
comment on column organization_export.finished_at is 'when it was made, or given up';
comment on column organization_export.expires_at is 'from then on it is removed, with its file';
alter table organization_export enable row level security;
create policy organization on organization_export to scorpius_api, scorpius_jobs using (:mine) with check (:mine);
grant select on organization_export to scorpius_api, scorpius_jobs;
grant insert (organization_id, id, created_by) on organization_export to scorpius_api;
grant update (blob_id, error_code, finished_at, expires_at) on organization_export to scorpius_jobs;

create function queue.drop_exports(p_id uuid, p_others boolean)
returns bigint
language sql volatile security definer set search_path = scorpius, pg_temp as $$
	with dropped as (
		delete from organization_export where organization_id = nullif(current_setting('scorpius.organization_id', true), '')::uuid
			and (id = p_id) <> p_others
		returning organization_id, blob_id
	), noted as (
		insert into blob_purge (organization_id, id) select organization_id, blob_id from dropped where blob_id is not null
		on conflict do nothing
	)
	select count(*) from dropped
$$;
comment on function queue.drop_exports(uuid, boolean) is
	'drops an export of the organisation that is set, or all others; their archives are noted in blob_purge; how many there were';
revoke all on function queue.drop_exports(uuid, boolean) from public;
grant execute on function queue.drop_exports(uuid, boolean) to scorpius_jobs;

alter table job drop constraint job_kind_check;
alter table job add constraint job_kind_check
	check (kind in ('read', 'analyze', 'mail', 'erase', 'export', 'export_end')),
	add constraint job_export_end_check check (kind <> 'export_end' or coalesce(
		payload ? 'export_id' and payload - 'export_id' = '{}', false));
comment on column job.kind is
	'read a document; analyze a dossier version or a single document; send a mail; erase the organisation; export all it has; export_end: remove an archive whose time is over';
comment on column job.payload is
	'mail: {purpose, account_id | invitation_id} and nothing else; whatever is secret is made when it is sent; export_end: {export_id}';
-- Whoever asks while one is made joins it.
create unique index job_live_export on job (organization_id) where kind = 'export' and state in ('queued', 'leased');

-- What the archive shows and jobs could not read yet; never the hash of a password, of a token or of a link.
grant select on audit_event, company_profile_version to scorpius_jobs;
grant select (created_at, updated_at) on account to scorpius_jobs;
grant select (id, used_at, expires_at, ended_at, end_reason) on session to scorpius_jobs;

-- As before, but an archive is removed in time whether its organisation comes back or not.
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

commit;
