-- Revert scorpius:account_life from pg

begin;

drop function queue.lease_job(bigint, bigint, text[]);
set local role scorpius_owner;
create function queue.lease_job(p_seconds bigint, p_max_attempts bigint)
returns table (organization_id uuid, id uuid, kind text, document_id uuid, tender_id uuid, dossier_version_id uuid,
	attempt bigint, exhausted boolean)
language sql volatile security definer rows 1 set search_path = scorpius, pg_temp as $$
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
grant execute on function queue.lease_job(bigint, bigint) to scorpius_jobs;
reset role;

delete from scorpius.job where kind = 'mail';
alter table scorpius.job drop constraint job_mail_check, drop constraint job_subject_check, drop constraint job_kind_check,
	drop column payload,
	add constraint job_kind_check check (kind in ('read', 'analyze')),
	add constraint job_check1 check (case kind
		when 'read' then document_id is not null and tender_id is null and dossier_version_id is null
		when 'analyze' then (document_id is not null and tender_id is null and dossier_version_id is null)
			or (document_id is null and tender_id is not null and dossier_version_id is not null)
	end);
drop function scorpius.audit_note(uuid, uuid, text, uuid, text, jsonb);
drop function scorpius.mail_later(uuid, text, uuid);
drop index scorpius.audit_event_account_idx, scorpius.audit_event_target_idx;
drop table scorpius.invitation, scorpius.account_token, scorpius.session_spent;

drop index scorpius.session_account_created_idx;
update scorpius.session set end_reason = 'logout' where end_reason not in ('logout', 'reuse', 'password', 'deactivated');
alter table scorpius.session drop constraint session_end_reason_check, drop constraint session_organization_id_id_key,
	drop column user_agent, drop column address,
	add constraint session_end_reason_check check (end_reason in ('logout', 'reuse', 'password', 'deactivated'));

drop trigger keeps_owner on scorpius.account;
drop function scorpius.organization_keeps_owner();
drop index scorpius.account_list_idx;
drop trigger version on scorpius.account;
revoke select (id, organization_id, email, full_name, role, is_owner, active) on scorpius.account from scorpius_jobs;
alter table scorpius.account drop column email_confirmed_at, drop column deleted_at, drop column version,
	drop column updated_at;
drop trigger version on scorpius.organization;
alter table scorpius.organization drop column version, drop column updated_at;
revoke update (name) on scorpius.organization from scorpius_api;
revoke select on scorpius.organization from scorpius_jobs;
drop function scorpius.uuid_v7();
drop schema admin;

commit;
