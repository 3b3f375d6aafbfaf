-- Revert scorpius:job_waits from pg
-- What has waited so far is told by the payload of readings; of other jobs it counts again.

begin;
set local role scorpius_owner;
set local search_path = scorpius, pg_temp;

drop function queue.lease_job(bigint, bigint, text[]);
create function queue.lease_job(p_seconds bigint, p_max_attempts bigint, p_kinds text[] default null)
returns table (organization_id uuid, id uuid, kind text, document_id uuid, tender_id uuid, dossier_version_id uuid,
	attempt bigint, exhausted boolean, payload jsonb)
language sql volatile security definer rows 1 set search_path = scorpius, pg_temp as $$
	-- The organisation with the fewest running jobs first, then small before huge; but who has waited ten minutes
	-- goes before all.
	with busy as (
		select organization_id, count(*) as n from job
		where state = 'leased' and leased_until >= now() group by organization_id
	), next as (
		select j.organization_id, j.id from job j left join busy b on b.organization_id = j.organization_id
		where ((j.state = 'queued' and j.run_after <= now()) or (j.state = 'leased' and j.leased_until < now()))
			and (p_kinds is null or j.kind = any (p_kinds))
		order by j.run_after < now() - interval '10 minutes' desc, coalesce(b.n, 0), j.priority, j.size, j.created_at
		limit 1 for update of j skip locked
	)
	update job j set state = 'leased', attempt = j.attempt + 1, started_at = now(),
		leased_until = now() + make_interval(secs => p_seconds)
	from next where j.organization_id = next.organization_id and j.id = next.id
	returning j.organization_id, j.id, j.kind, j.document_id, j.tender_id, j.dossier_version_id, j.attempt,
		j.attempt > p_max_attempts, j.payload
$$;
comment on function queue.lease_job(bigint, bigint, text[]) is
	'leases the next job of these kinds (null: of any) for so many seconds; exhausted: it has had all its attempts (its workers died), the caller must fail it';
revoke all on function queue.lease_job(bigint, bigint, text[]) from public;
grant execute on function queue.lease_job(bigint, bigint, text[]) to scorpius_jobs;

update job set payload = jsonb_build_object('waits', waits) where kind = 'read' and waits > 0;
comment on column job.payload is
	'mail: {purpose, account_id | invitation_id} (retention: notice_id, too) and nothing else; whatever is secret is made when it is sent; export_end: {export_id}; read: {waits}, attempts that only waited for the virus scanner';
alter table job drop column waits;

commit;
