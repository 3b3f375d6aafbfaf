-- Deploy scorpius:account_life to pg
-- requires: auth
-- requires: jobs
-- The whole life of an account: invitation, confirmed address, forgotten password, sessions that are listed and ended,
-- roles, removal; the operator's view of it; and mails as jobs.

begin;
-- As roles: made by the operator, given to the owner.
create schema admin authorization scorpius_owner;
comment on schema admin is
	'security definer functions of the operator''s accounts on organisations and accounts, and on nothing else; closed list';
grant usage on schema admin to scorpius_api;

set local role scorpius_owner;
set local search_path = scorpius, pg_temp;

\set org '(nullif(current_setting(''scorpius.organization_id'', true), '''')::uuid)'
\set mine 'organization_id = (select nullif(current_setting(''scorpius.organization_id'', true), '''')::uuid)'

create function uuid_v7() returns uuid language sql volatile set search_path = scorpius, pg_temp as $$
	select encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
		placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6),
		52, 1), 53, 1), 'hex')::uuid
$$;
comment on function uuid_v7() is 'a UUIDv7, for rows that functions of the database make by themselves';

-- ---- organisations and accounts ----

alter table organization add column version bigint not null default 1, add column updated_at timestamptz not null default now();
comment on column organization.version is 'raised by each change';
comment on column organization.updated_at is 'last change';
create trigger version before update on organization for each row execute function bump_version();
grant update (name) on organization to scorpius_api;
grant select on organization to scorpius_jobs;

alter table account add column email_confirmed_at timestamptz, add column deleted_at timestamptz,
	add column version bigint not null default 1, add column updated_at timestamptz not null default now(),
	add check (deleted_at is null or not active);
comment on column account.email_confirmed_at is 'when a link sent to the address came back; null: not yet';
comment on column account.deleted_at is
	'when it was removed: it stays, inactive and under a pseudonym, for what refers to it';
comment on column account.version is 'raised by each change that people see';
comment on column account.updated_at is 'last change that people see';
create trigger version before update of email, full_name, role, is_owner, active, email_confirmed_at on account
	for each row execute function bump_version();
create index account_list_idx on account (organization_id, created_at, id);
grant select (email_confirmed_at, deleted_at, version, updated_at) on account to scorpius_api;
grant select (id, organization_id, email, full_name, role, is_owner, active, email_confirmed_at, deleted_at) on account
	to scorpius_jobs;

-- Whoever takes the last owner away is refused, also when two do it at once: the lock on the organisation makes them
-- follow each other, and the second one's look is younger than the first one's commit.
create function organization_keeps_owner() returns trigger language plpgsql set search_path = scorpius, pg_temp as $$
begin
	if old.organization_id is null or not (old.is_owner and old.active)
		or current_setting('scorpius.erasing_organization', true) = old.organization_id::text then
		return null;
	end if;
	perform from organization where id = old.organization_id for no key update;
	if not exists (select from account a where a.organization_id = old.organization_id and a.is_owner and a.active) then
		raise exception 'an organisation keeps an owner' using errcode = 'SC002';
	end if;
	return null;
end $$;
comment on function organization_keeps_owner() is
	'raises SC002 when an organisation would be left without an active owner; not while it is erased as a whole (setting scorpius.erasing_organization)';
create constraint trigger keeps_owner after update or delete on account
	for each row execute function organization_keeps_owner();

-- ---- sessions ----

alter table session drop constraint session_end_reason_check;
alter table session add column user_agent text check (length(user_agent) <= 300), add column address inet,
	add unique (organization_id, id),
	add constraint session_end_reason_check check (end_reason in ('logout', 'removed', 'reuse', 'password', 'reset',
		'role_changed', 'deactivated', 'deleted', 'operator'));
comment on column session.user_agent is 'what the client called itself at login, cut to 300 characters';
comment on column session.address is 'address of the client at login or last refresh';
comment on column session.previous_hash is 'SHA-256 of the token before it, which the next refresh takes to session_spent';
comment on column session.end_reason is
	'why it was ended: logout; removed (from another session); reuse (of an old refresh token); password (changed), reset (forgotten and set anew); role_changed; deactivated; deleted; operator';
create index session_account_created_idx on session (organization_id, account_id, created_at);

-- Like session itself: looked up by hash alone, before the organisation is known; the operator has none.
create table session_spent (
	token_hash bytea primary key check (length(token_hash) = 32),
	organization_id uuid,
	session_id uuid not null references session (id) on delete cascade,
	foreign key (organization_id, session_id) references session (organization_id, id) on delete cascade
);
create index session_spent_session_idx on session_spent (organization_id, session_id);
comment on table session_spent is
	'refresh tokens that were exchanged, older than session.previous_hash: whoever shows one again ends its session';
comment on column session_spent.token_hash is 'SHA-256 of the token';
comment on column session_spent.organization_id is 'that of the session; null for the operator';
comment on column session_spent.session_id is 'the session it was given for';
alter table session_spent enable row level security;
create policy organization on session_spent to scorpius_api, scorpius_jobs using (:mine) with check (:mine);

-- ---- links that mails carry ----

-- The operator's accounts have no organisation and get no mail: their passwords are set by the command line.
create table account_token (
	organization_id uuid not null default :org references organization (id),
	id uuid not null,
	account_id uuid not null,
	purpose text not null check (purpose in ('email_confirm', 'password_reset')),
	token_hash bytea not null check (length(token_hash) = 32),
	created_at timestamptz not null default now(),
	expires_at timestamptz not null,
	used_at timestamptz,
	primary key (organization_id, id),
	foreign key (organization_id, account_id) references account (organization_id, id),
	check (expires_at <= created_at + interval '31 days')
);
-- Whoever shows a token has not said of which organisation he is.
create unique index account_token_hash_key on account_token (token_hash);
create index account_token_account_idx on account_token (organization_id, account_id);
comment on table account_token is 'a link that was sent to the address of an account: served once, for a time';
comment on column account_token.organization_id is 'whose account';
comment on column account_token.id is 'UUIDv7 made by the application';
comment on column account_token.account_id is 'the account';
comment on column account_token.purpose is 'email_confirm, password_reset';
comment on column account_token.token_hash is 'SHA-256 of the token''s text; the token itself is in the mail alone';
comment on column account_token.created_at is 'when the mail was made';
comment on column account_token.expires_at is 'not accepted any more from then on';
comment on column account_token.used_at is 'when it was used, or lost its sense (the password was changed)';
alter table account_token enable row level security;
create policy organization on account_token to scorpius_api, scorpius_jobs using (:mine) with check (:mine);
grant insert (organization_id, id, account_id, purpose, token_hash, expires_at) on account_token to scorpius_jobs;

create table invitation (
	organization_id uuid not null default :org references organization (id),
	id uuid not null,
	email text not null check (length(email) between 3 and 320),
	role text not null check (role in ('bid_manager', 'viewer')),
	invited_by uuid not null,
	token_hash bytea check (length(token_hash) = 32),
	created_at timestamptz not null default now(),
	expires_at timestamptz not null,
	accepted_at timestamptz,
	account_id uuid,
	revoked_at timestamptz,
	primary key (organization_id, id),
	foreign key (organization_id, invited_by) references account (organization_id, id),
	foreign key (organization_id, account_id) references account (organization_id, id),
	check ((accepted_at is null) = (account_id is null)),
	check (accepted_at is null or revoked_at is null)
);
create unique index invitation_open_key on invitation (organization_id, lower(email))
	where accepted_at is null and revoked_at is null;
create unique index invitation_hash_key on invitation (token_hash);
create index invitation_list_idx on invitation (organization_id, created_at desc, id desc);
comment on table invitation is 'somebody was asked by mail to join an organisation';
comment on column invitation.organization_id is 'the organisation to join';
comment on column invitation.id is 'UUIDv7 made by the application';
comment on column invitation.email is 'address of who is invited';
comment on column invitation.role is 'role the account will have: bid_manager or viewer';
comment on column invitation.invited_by is 'the owner who invited';
comment on column invitation.token_hash is 'SHA-256 of the token''s text, written when the mail is sent; null before';
comment on column invitation.created_at is 'when it was made';
comment on column invitation.expires_at is 'not accepted any more from then on';
comment on column invitation.accepted_at is 'when it was accepted';
comment on column invitation.account_id is 'the account that came of it';
comment on column invitation.revoked_at is 'when it was taken back, or replaced after its expiry';
alter table invitation enable row level security;
create policy organization on invitation to scorpius_api, scorpius_jobs using (:mine) with check (:mine);
grant select (organization_id, id, email, role, invited_by, created_at, expires_at, accepted_at, account_id, revoked_at)
	on invitation to scorpius_api, scorpius_jobs;
grant insert (organization_id, id, email, role, invited_by, expires_at) on invitation to scorpius_api;
grant update (revoked_at) on invitation to scorpius_api;
grant update (token_hash) on invitation to scorpius_jobs;

create index audit_event_account_idx on audit_event (organization_id, account_id, at desc, id desc);
create index audit_event_target_idx on audit_event (organization_id, target_id, at desc, id desc) where target_id is not null;

-- ---- mails as jobs ----

alter table job drop constraint job_kind_check, drop constraint job_check1;
alter table job add column payload jsonb,
	add constraint job_kind_check check (kind in ('read', 'analyze', 'mail')),
	add constraint job_subject_check check (case kind
		when 'read' then document_id is not null and tender_id is null and dossier_version_id is null
		when 'analyze' then (document_id is not null and tender_id is null and dossier_version_id is null)
			or (document_id is null and tender_id is not null and dossier_version_id is not null)
		else document_id is null and tender_id is null and dossier_version_id is null
	end),
	add constraint job_mail_check check (kind <> 'mail' or coalesce(
		case payload ->> 'purpose'
			when 'invitation' then payload ? 'invitation_id' and payload - 'purpose' - 'invitation_id' = '{}'
			else payload ->> 'purpose' in ('email_confirm', 'password_reset', 'new_sign_in', 'password_changed')
				and payload ? 'account_id' and payload - 'purpose' - 'account_id' = '{}'
		end, false));
comment on column job.payload is
	'mail: {purpose, account_id | invitation_id} and nothing else; whatever is secret is made when it is sent';
comment on column job.kind is 'read a document; analyze a dossier version or a single document; send a mail';
grant insert (payload) on job to scorpius_api, scorpius_jobs;

create function mail_later(p_organization uuid, p_purpose text, p_account uuid) returns void
language sql volatile set search_path = scorpius, pg_temp as $$
	insert into job (organization_id, id, kind, payload)
	select p_organization, uuid_v7(), 'mail', jsonb_build_object('purpose', p_purpose, 'account_id', p_account)
	where p_organization is not null
$$;
comment on function mail_later(uuid, text, uuid) is 'enqueues a mail to an account; none to the operator, who has no organisation';

create function audit_note(p_organization uuid, p_account uuid, p_action text, p_target uuid, p_request text, p_detail jsonb)
returns void language sql volatile set search_path = scorpius, pg_temp as $$
	insert into audit_event (organization_id, id, account_id, action, target_kind, target_id, request_id, detail)
	select p_organization, uuid_v7(), p_account, p_action, case when p_target is not null then 'account' end, p_target,
		p_request, jsonb_strip_nulls(coalesce(p_detail, '{}'))
	where p_organization is not null
$$;
comment on function audit_note(uuid, uuid, text, uuid, text, jsonb) is
	'an audit event about an account, from a function of the database; the operator''s own stand in the log of the program';

drop function queue.lease_job(bigint, bigint);
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

commit;
