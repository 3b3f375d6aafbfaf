-- Deploy scorpius:accounts to pg
-- requires: roles

begin;
set local role scorpius_owner;
set local search_path = scorpius, pg_temp;

\set org '(nullif(current_setting(''scorpius.organization_id'', true), '''')::uuid)'
\set mine 'organization_id = (select nullif(current_setting(''scorpius.organization_id'', true), '''')::uuid)'

-- Raises the version of a row that people edit or poll: the ETag follows it.
create function bump_version() returns trigger language plpgsql set search_path = scorpius, pg_temp as $$
begin
	new.version := old.version + 1;
	new.updated_at := now();
	return new;
end $$;
comment on function bump_version() is 'raises version and updated_at of an updated row';

create table organization (
	id uuid primary key,
	name text not null check (length(name) between 1 and 255),
	created_at timestamptz not null default now()
);
comment on table organization is 'a company: owns everything else';
comment on column organization.id is 'UUIDv7 made by the application';
comment on column organization.name is 'name shown to people';
comment on column organization.created_at is 'when it registered';

-- Not a tenant table by its key, because the operator's account (admin) has no organisation; yet closed by the same
-- policy, and referred to by tenant tables through (organization_id, id).
create table account (
	id uuid primary key,
	organization_id uuid references organization (id),
	email text not null check (length(email) between 3 and 320),
	full_name text not null check (length(full_name) between 1 and 255),
	role text not null check (role in ('bid_manager', 'viewer', 'admin')),
	is_owner boolean not null default false,
	password_hash text not null,
	active boolean not null default true,
	created_at timestamptz not null default now(),
	unique (organization_id, id),
	check ((role = 'admin') = (organization_id is null)),
	check (not is_owner or organization_id is not null)
);
-- One account in all organisations: an address is looked up before its organisation is known.
create unique index account_email_key on account (lower(email));
comment on table account is 'a person who may log in';
comment on column account.id is 'UUIDv7 made by the application';
comment on column account.organization_id is 'the company the person works for; null for the operator (admin) only';
comment on column account.email is 'address as given; unique whatever its case';
comment on column account.full_name is 'name shown to people';
comment on column account.role is 'bid_manager, viewer or admin';
comment on column account.is_owner is 'may manage the organisation; at least one per organisation';
comment on column account.password_hash is 'scrypt with its parameters';
comment on column account.active is 'false: may not log in, and open sessions are refused';
comment on column account.created_at is 'when it was made';

create table session (
	id uuid primary key,
	organization_id uuid,
	account_id uuid not null references account (id) on delete cascade,
	refresh_hash bytea not null unique check (length(refresh_hash) = 32),
	previous_hash bytea unique check (length(previous_hash) = 32),
	created_at timestamptz not null default now(),
	used_at timestamptz not null default now(),
	expires_at timestamptz not null,
	ended_at timestamptz,
	end_reason text check (end_reason in ('logout', 'reuse', 'password', 'deactivated')),
	check ((ended_at is null) = (end_reason is null)),
	foreign key (organization_id, account_id) references account (organization_id, id)
);
create index session_account_idx on session (organization_id, account_id) where ended_at is null;
comment on table session is 'a login: lives from login to logout, expiry, or the reuse of an old refresh token';
comment on column session.id is 'sid of the access tokens';
comment on column session.organization_id is 'that of the account; null for the operator';
comment on column session.account_id is 'who logged in';
comment on column session.refresh_hash is 'SHA-256 of the refresh token that is valid now';
comment on column session.previous_hash is 'SHA-256 of the token before it: whoever shows it again ends the session';
comment on column session.created_at is 'login';
comment on column session.used_at is 'last login or refresh';
comment on column session.expires_at is 'the end when nobody refreshes';
comment on column session.ended_at is 'when it was ended before its time';
comment on column session.end_reason is 'why it was ended: logout, reuse, password, deactivated';

create table audit_event (
	organization_id uuid not null default :org references organization (id),
	id uuid not null,
	at timestamptz not null default now(),
	account_id uuid,
	action text not null check (action ~ '^[a-z_]+(\.[a-z_]+)+$'),
	target_kind text,
	target_id uuid,
	request_id text,
	detail jsonb not null default '{}',
	primary key (organization_id, id),
	foreign key (organization_id, account_id) references account (organization_id, id)
);
create index audit_event_at_idx on audit_event (organization_id, at desc, id desc);
comment on table audit_event is 'who did what, append only';
comment on column audit_event.organization_id is 'whose event';
comment on column audit_event.id is 'UUIDv7 made by the application';
comment on column audit_event.at is 'when';
comment on column audit_event.account_id is 'who; null for the machine';
comment on column audit_event.action is 'what, as area.verb';
comment on column audit_event.target_kind is 'kind of the thing it was done to';
comment on column audit_event.target_id is 'the thing; it may not exist, or belong to somebody else (refused access)';
comment on column audit_event.request_id is 'X-Request-Id of the request';
comment on column audit_event.detail is 'what else the reader of the log needs; never secrets or document text';

alter table organization enable row level security;
alter table account enable row level security;
alter table session enable row level security;
alter table audit_event enable row level security;
create policy organization on organization to scorpius_api, scorpius_jobs
	using (id = (select nullif(current_setting('scorpius.organization_id', true), '')::uuid))
	with check (id = (select nullif(current_setting('scorpius.organization_id', true), '')::uuid));
create policy organization on account to scorpius_api, scorpius_jobs using (:mine) with check (:mine);
create policy organization on session to scorpius_api, scorpius_jobs using (:mine) with check (:mine);
create policy organization on audit_event to scorpius_api, scorpius_jobs using (:mine) with check (:mine);

grant select on organization to scorpius_api;
-- Never the password's hash: only auth.login_lookup gives it.
grant select (id, organization_id, email, full_name, role, is_owner, active, created_at) on account to scorpius_api;
grant select, insert on audit_event to scorpius_api;
grant insert on audit_event to scorpius_jobs;

commit;
