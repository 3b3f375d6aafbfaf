-- Deploy scorpius:history to pg
-- requires: dossiers

begin;
set local role scorpius_owner;
set local search_path = scorpius, pg_temp;

alter table tender add column sort_down_at timestamptz not null
	generated always as (coalesce(deadline_utc, '0001-01-01 00:00:00+00'::timestamptz)) stored;
comment on column tender.sort_down_at is
	'deadline_utc, or the beginning of time without one: by descending deadline, too, those without come last';
create index tender_deadline_down_idx on tender (organization_id, sort_down_at desc, id desc) where deleted_at is null;

alter table document add column replaced_by_id uuid;
alter table document add column stands boolean not null default false;
alter table document add foreign key (organization_id, replaced_by_id) references document (organization_id, id)
	on delete set null (replaced_by_id);
create index document_replaced_idx on document (organization_id, replaced_by_id) where replaced_by_id is not null;
comment on column document.replaced_by_id is
	'the document that took its place in the dossier: it is kept as history, and no longer takes part in the analysis';
comment on column document.stands is 'a person put it back after it had been replaced: it is not replaced by itself again';

commit;
