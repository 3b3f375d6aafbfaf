-- Deploy scorpius:idempotency to pg
-- requires: dossiers

begin;
set local role scorpius_owner;
set local search_path = scorpius, pg_temp;

\set org '(nullif(current_setting(''scorpius.organization_id'', true), '''')::uuid)'
\set mine 'organization_id = (select nullif(current_setting(''scorpius.organization_id'', true), '''')::uuid)'

create table idempotency_key (
	organization_id uuid not null default :org references organization (id),
	account_id uuid not null,
	route text not null check (length(route) between 1 and 200),
	key text not null check (length(key) between 1 and 200),
	fingerprint bytea not null check (length(fingerprint) = 32),
	created_at timestamptz not null default now(),
	status bigint not null default 0,
	location text,
	data text,
	primary key (organization_id, account_id, route, key),
	foreign key (organization_id, account_id) references account (organization_id, id) on delete cascade
);
comment on table idempotency_key is 'a request that created something, under the key that its client gave it, with its answer';
comment on column idempotency_key.organization_id is 'whose request';
comment on column idempotency_key.account_id is 'who asked';
comment on column idempotency_key.route is 'method and path of the route';
comment on column idempotency_key.key is 'Idempotency-Key as given';
comment on column idempotency_key.fingerprint is 'SHA-256 of what was asked: path, parameters, content';
comment on column idempotency_key.created_at is 'when; it counts for 24 hours';
comment on column idempotency_key.status is 'of the answer; 0 only while the transaction that wrote the row is open';
comment on column idempotency_key.location is 'header of the answer';
comment on column idempotency_key.data is 'data of the answer, as JSON text: the order of its members is kept';

alter table idempotency_key enable row level security;
create policy organization on idempotency_key to scorpius_api, scorpius_jobs using (:mine) with check (:mine);
grant select, insert, update on idempotency_key to scorpius_api;

-- With the rights of the caller. Never waits: a twin that is still being served is told as such.
create function idempotency_open(p_account uuid, p_route text, p_key text, p_fingerprint bytea)
returns table (state text, status bigint, location text, data text)
language plpgsql volatile rows 1 set search_path = scorpius, pg_temp as $$
declare
	k idempotency_key;
begin
	status := 0;
	if not pg_try_advisory_xact_lock(hashtextextended(
		concat_ws(' ', current_setting('scorpius.organization_id'), p_account, p_route, p_key), 0)) then
		state := 'busy';
		return next;
		return;
	end if;
	select * into k from idempotency_key x where x.account_id = p_account and x.route = p_route and x.key = p_key;
	if not found or k.created_at < now() - interval '24 hours' then
		insert into idempotency_key as x (account_id, route, key, fingerprint) values (p_account, p_route, p_key, p_fingerprint)
		on conflict (organization_id, account_id, route, key) do update
		set fingerprint = excluded.fingerprint, created_at = now(), status = 0, location = null, data = null;
		state := 'new';
	elsif k.fingerprint <> p_fingerprint then
		state := 'other';
	else
		state := 'done';
		status := k.status;
		location := k.location;
		data := k.data;
	end if;
	return next;
end $$;
comment on function idempotency_open(uuid, text, text, bytea) is
	'begins a request under a key: new (its row is written), busy (a twin is being served), other (the key came with another '
	'request), done (the answer of before); for the open transaction';

revoke all on function idempotency_open(uuid, text, text, bytea) from public;
grant execute on function idempotency_open(uuid, text, text, bytea) to scorpius_api;

commit;
