-- Deploy scorpius:jobs to pg
-- requires: dossiers

begin;
set local role scorpius_owner;
set local search_path = scorpius, pg_temp;

\set org '(nullif(current_setting(''scorpius.organization_id'', true), '''')::uuid)'
\set mine 'organization_id = (select nullif(current_setting(''scorpius.organization_id'', true), '''')::uuid)'

create table job (
	organization_id uuid not null default :org references organization (id),
	id uuid not null,
	kind text not null check (kind in ('read', 'analyze')),
	document_id uuid,
	tender_id uuid,
	dossier_version_id uuid,
	state text not null default 'queued' check (state in ('queued', 'leased', 'done', 'failed', 'cancelled')),
	attempt bigint not null default 0 check (attempt >= 0),
	leased_until timestamptz,
	run_after timestamptz not null default now(),
	priority bigint not null default 0,
	size bigint not null default 0 check (size >= 0),
	error_code text,
	created_at timestamptz not null default now(),
	started_at timestamptz,
	finished_at timestamptz,
	primary key (organization_id, id),
	foreign key (organization_id, document_id) references document (organization_id, id),
	foreign key (organization_id, tender_id) references tender (organization_id, id),
	foreign key (organization_id, dossier_version_id) references dossier_version (organization_id, id),
	check ((state = 'leased') = (leased_until is not null)),
	check (case kind
		when 'read' then document_id is not null and tender_id is null and dossier_version_id is null
		when 'analyze' then (document_id is not null and tender_id is null and dossier_version_id is null)
			or (document_id is null and tender_id is not null and dossier_version_id is not null)
	end)
);
-- One live job per subject: whoever asks again joins it.
create unique index job_live_document on job (organization_id, kind, document_id)
	where state in ('queued', 'leased') and document_id is not null;
create unique index job_live_dossier on job (organization_id, kind, dossier_version_id)
	where state in ('queued', 'leased') and dossier_version_id is not null;
create index job_tender_idx on job (organization_id, tender_id) where tender_id is not null;
create index job_document_idx on job (organization_id, document_id) where document_id is not null;
-- Leasing looks across organisations.
create index job_open_idx on job (state, run_after) where state in ('queued', 'leased');
comment on table job is 'work to be done: queued, leased, done, failed, cancelled';
comment on column job.organization_id is 'whose work';
comment on column job.id is 'UUIDv7 made by the application';
comment on column job.kind is 'read a document; analyze a dossier version or a single document';
comment on column job.document_id is 'what to read, or the single document to analyse';
comment on column job.tender_id is 'the tender whose dossier is analysed';
comment on column job.dossier_version_id is 'the dossier version to analyse';
comment on column job.state is 'queued, leased, done, failed, cancelled';
comment on column job.attempt is 'number of leases so far; (id, attempt) is the fence of every write';
comment on column job.leased_until is 'when the lease expires unless the worker is heard of';
comment on column job.run_after is 'not before';
comment on column job.priority is 'lower first';
comment on column job.size is 'bytes to work on; small first';
comment on column job.error_code is 'why the last attempt failed: an error id of the API';
comment on column job.created_at is 'when it was asked for';
comment on column job.started_at is 'begin of the last attempt';
comment on column job.finished_at is 'when it was done, failed or cancelled';

alter table job enable row level security;
create policy organization on job to scorpius_api, scorpius_jobs using (:mine) with check (:mine);
grant select on job to scorpius_api, scorpius_jobs;
-- A producer can neither name a state nor an attempt: a new job is queued.
grant insert (organization_id, id, kind, document_id, tender_id, dossier_version_id, run_after, priority, size) on job
	to scorpius_api, scorpius_jobs;
grant update (state, leased_until, run_after, error_code, finished_at) on job to scorpius_jobs;

create function job_notify() returns trigger language plpgsql set search_path = scorpius, pg_temp as $$
begin
	perform pg_notify('scorpius_jobs', '');
	return null;
end $$;
comment on function job_notify() is 'wakes the workers after an insert';
create trigger notify after insert on job for each statement execute function job_notify();

create function queue.lease_job(p_seconds bigint, p_max_attempts bigint)
returns table (organization_id uuid, id uuid, kind text, document_id uuid, tender_id uuid, dossier_version_id uuid,
	attempt bigint, exhausted boolean)
language sql volatile security definer rows 1 set search_path = scorpius, pg_temp as $$
	-- The organisation with the fewest running jobs first, then small before huge; but who has waited ten minutes
	-- goes before all.
	with busy as (
		select organization_id, count(*) as n from job
		where state = 'leased' and leased_until >= now() group by organization_id
	), next as (
		select j.organization_id, j.id from job j left join busy b on b.organization_id = j.organization_id
		where (j.state = 'queued' and j.run_after <= now()) or (j.state = 'leased' and j.leased_until < now())
		order by j.run_after < now() - interval '10 minutes' desc, coalesce(b.n, 0), j.priority, j.size, j.created_at
		limit 1 for update of j skip locked
	)
	update job j set state = 'leased', attempt = j.attempt + 1, started_at = now(),
		leased_until = now() + make_interval(secs => p_seconds)
	from next where j.organization_id = next.organization_id and j.id = next.id
	returning j.organization_id, j.id, j.kind, j.document_id, j.tender_id, j.dossier_version_id, j.attempt,
		j.attempt > p_max_attempts
$$;
comment on function queue.lease_job(bigint, bigint) is
	'leases the next job for so many seconds; exhausted: it has had all its attempts (its workers died), the caller must fail it';

create function queue.waiting_seconds()
returns double precision
language sql stable security definer set search_path = scorpius, pg_temp as $$
	select coalesce(extract(epoch from now() - min(run_after)), 0)::double precision
	from job where state = 'queued' and run_after <= now()
$$;
comment on function queue.waiting_seconds() is 'how long the oldest job that may run has waited, of all organisations';

revoke all on all functions in schema queue from public;
grant execute on function queue.lease_job(bigint, bigint) to scorpius_jobs;
grant execute on function queue.waiting_seconds() to scorpius_api, scorpius_jobs;

commit;
