-- Deploy scorpius:decisions to pg
-- requires: dossiers

begin;
set local role scorpius_owner;
set local search_path = scorpius, pg_temp;

\set org '(nullif(current_setting(''scorpius.organization_id'', true), '''')::uuid)'
\set mine 'organization_id = (select nullif(current_setting(''scorpius.organization_id'', true), '''')::uuid)'

create table fact_decision (
	organization_id uuid not null default :org references organization (id),
	id uuid not null,
	tender_id uuid not null,
	key text not null check (key ~ '^[a-z_]{1,40}$'),
	lot text check (length(lot) between 1 and 20),
	action text not null check (action in ('confirmed', 'corrected', 'rejected')),
	value jsonb,
	created_by uuid not null,
	created_at timestamptz not null default clock_timestamp(),
	primary key (organization_id, id),
	foreign key (organization_id, tender_id) references tender (organization_id, id),
	foreign key (organization_id, created_by) references account (organization_id, id),
	check (action = 'rejected' or value is not null)
);
create index fact_decision_tender_idx on fact_decision (organization_id, tender_id, key, lot, created_at desc, id desc);
comment on table fact_decision is
	'a person''s word on a fact of a tender, append only; the latest one of a key and lot counts';
comment on column fact_decision.organization_id is 'whose decision';
comment on column fact_decision.id is 'UUIDv7 made by the application';
comment on column fact_decision.tender_id is 'the tender';
comment on column fact_decision.key is 'key of the fact';
comment on column fact_decision.lot is 'number of the lot whose fact it is; null: of the whole tender';
comment on column fact_decision.action is 'confirmed, corrected, rejected';
comment on column fact_decision.value is
	'corrected: the value that holds; otherwise the value that had been read, which alone is confirmed or rejected';
comment on column fact_decision.created_by is 'who decided';
comment on column fact_decision.created_at is 'when; taken under the lock of the tender, so that it gives the order';

alter table fact_decision enable row level security;
create policy organization on fact_decision to scorpius_api, scorpius_jobs using (:mine) with check (:mine);
grant select, insert on fact_decision to scorpius_api;
grant select on fact_decision to scorpius_jobs;

commit;
