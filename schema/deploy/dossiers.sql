-- Deploy scorpius:dossiers to pg
-- requires: accounts

begin;
set local role scorpius_owner;
set local search_path = scorpius, pg_temp;

\set org '(nullif(current_setting(''scorpius.organization_id'', true), '''')::uuid)'
\set mine 'organization_id = (select nullif(current_setting(''scorpius.organization_id'', true), '''')::uuid)'

create table blob (
	organization_id uuid not null default :org references organization (id),
	id uuid not null,
	sha256 bytea not null check (length(sha256) = 32),
	size bigint not null check (size >= 0),
	mime_type text not null,
	wrapped_key bytea,
	key_id text,
	created_at timestamptz not null default now(),
	referenced_at timestamptz not null default now(),
	primary key (organization_id, id),
	unique (organization_id, sha256),
	check ((wrapped_key is null) = (key_id is null))
);
comment on table blob is 'bytes in the file store, once per organisation';
comment on column blob.organization_id is 'whose bytes';
comment on column blob.id is 'UUIDv7 made by the application; names the file in the store';
comment on column blob.sha256 is 'of the clear bytes';
comment on column blob.size is 'of the clear bytes';
comment on column blob.mime_type is 'by content, not by name';
comment on column blob.wrapped_key is 'key of the file, wrapped by the master key; null: the file is stored in clear';
comment on column blob.key_id is 'which master key wrapped it';
comment on column blob.created_at is 'when it was first stored';
comment on column blob.referenced_at is 'when an upload last brought these bytes';

create table tender (
	organization_id uuid not null default :org references organization (id),
	id uuid not null,
	reference text,
	reference_source text check (reference_source in ('read', 'person')),
	title text,
	title_source text check (title_source in ('read', 'person')),
	buyer text,
	buyer_source text check (buyer_source in ('read', 'person')),
	description text,
	description_source text check (description_source in ('read', 'person')),
	deadline_local text check (deadline_local ~ '^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2})?$'),
	deadline_source text check (deadline_source in ('read', 'person')),
	timezone text not null default 'Europe/Paris',
	deadline_utc timestamptz,
	sort_at timestamptz not null default '9999-12-31 00:00:00+00',
	publication_date date,
	publication_date_source text check (publication_date_source in ('read', 'person')),
	estimated_amount_ht numeric(15, 2) check (estimated_amount_ht >= 0),
	estimated_amount_ht_source text check (estimated_amount_ht_source in ('read', 'person')),
	status text not null default 'draft' check (status in
		('draft', 'ready', 'declined', 'submitted', 'awarded', 'rejected', 'cancelled', 'archived')),
	analysis_status text not null default 'none' check (analysis_status in
		('none', 'queued', 'running', 'done', 'failed')),
	analysis_reason text,
	problems jsonb not null default '[]' check (jsonb_typeof(problems) = 'array'),
	version bigint not null default 1,
	created_by uuid,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	deleted_at timestamptz,
	primary key (organization_id, id),
	foreign key (organization_id, created_by) references account (organization_id, id),
	check ((reference is null) = (reference_source is null)),
	check ((title is null) = (title_source is null)),
	check ((buyer is null) = (buyer_source is null)),
	check ((description is null) = (description_source is null)),
	check ((deadline_local is null) = (deadline_source is null)),
	check ((publication_date is null) = (publication_date_source is null)),
	check ((estimated_amount_ht is null) = (estimated_amount_ht_source is null))
);
create index tender_deadline_idx on tender (organization_id, sort_at, id) where deleted_at is null;
create index tender_created_idx on tender (organization_id, created_at desc, id desc) where deleted_at is null;
comment on table tender is 'a dossier: documents, facts, decision, answer';
comment on column tender.organization_id is 'whose tender';
comment on column tender.id is 'UUIDv7 made by the application';
comment on column tender.reference is 'the procedure''s number';
comment on column tender.reference_source is 'read from the documents, or set by a person (never overwritten)';
comment on column tender.title is 'the object, or a name a person gave';
comment on column tender.title_source is 'read or person';
comment on column tender.buyer is 'contracting body as written';
comment on column tender.buyer_source is 'read or person';
comment on column tender.description is 'free text';
comment on column tender.description_source is 'read or person';
comment on column tender.deadline_local is 'reception of offers, wall time of the buyer: YYYY-MM-DDTHH:MM, or a date without an hour';
comment on column tender.deadline_source is 'read or person';
comment on column tender.timezone is 'IANA name of the buyer''s zone';
comment on column tender.deadline_utc is 'the moment of deadline_local in timezone, computed on saving; without an hour: the last minute of the day';
comment on column tender.sort_at is
	'deadline_utc, or the end of time without one; a column, because no index leads to an expression under row security';
comment on column tender.publication_date is 'of the notice';
comment on column tender.publication_date_source is 'read or person';
comment on column tender.estimated_amount_ht is 'euros without tax';
comment on column tender.estimated_amount_ht_source is 'read or person';
comment on column tender.status is 'business state, set by people';
comment on column tender.analysis_status is 'state of the machine''s work';
comment on column tender.analysis_reason is 'error code when the analysis failed';
comment on column tender.problems is 'what the user must know or do: [{code, document_id?, ...}]';
comment on column tender.version is 'raised by each change; the ETag';
comment on column tender.created_by is 'who made it';
comment on column tender.created_at is 'when it was made';
comment on column tender.updated_at is 'last change';
comment on column tender.deleted_at is 'when it was deleted; it can be undone until the purge';

create function tender_deadline() returns trigger language plpgsql set search_path = scorpius, pg_temp as $$
begin
	new.deadline_utc := case
		when new.deadline_local is null then null
		when length(new.deadline_local) = 10 then
			(new.deadline_local::date + time '23:59') at time zone new.timezone
		else new.deadline_local::timestamp at time zone new.timezone
	end;
	new.sort_at := coalesce(new.deadline_utc, '9999-12-31 00:00:00+00');
	return new;
end $$;
comment on function tender_deadline() is 'computes deadline_utc and sort_at from deadline_local and timezone';
create trigger deadline before insert or update of deadline_local, timezone on tender
	for each row execute function tender_deadline();
create trigger version before update on tender for each row execute function bump_version();

create table document (
	organization_id uuid not null default :org references organization (id),
	id uuid not null,
	tender_id uuid,
	parent_id uuid,
	blob_id uuid not null,
	name text not null check (length(name) between 1 and 255),
	path text not null default '' check (length(path) <= 4096),
	kind text not null default 'file' check (kind in ('file', 'archive')),
	document_type text,
	document_type_source text check (document_type_source in ('read', 'person')),
	status text not null default 'uploaded' check (status in
		('uploaded', 'processing', 'processed', 'failed', 'quarantined')),
	warnings jsonb not null default '[]' check (jsonb_typeof(warnings) = 'array'),
	error_code text,
	error_args jsonb not null default '{}' check (jsonb_typeof(error_args) = 'object'),
	page_count bigint check (page_count >= 0),
	version bigint not null default 1,
	created_by uuid,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	processing_started_at timestamptz,
	processing_completed_at timestamptz,
	deleted_at timestamptz,
	primary key (organization_id, id),
	foreign key (organization_id, tender_id) references tender (organization_id, id),
	foreign key (organization_id, parent_id) references document (organization_id, id),
	foreign key (organization_id, blob_id) references blob (organization_id, id),
	foreign key (organization_id, created_by) references account (organization_id, id),
	check ((document_type is null) = (document_type_source is null)),
	check (status <> 'failed' or error_code is not null)
);
create index document_created_idx on document (organization_id, created_at desc, id desc) where deleted_at is null;
create index document_tender_idx on document (organization_id, tender_id, created_at desc, id desc)
	where deleted_at is null;
create index document_name_idx on document (organization_id, lower(name), name, id) where deleted_at is null;
create index document_parent_idx on document (organization_id, parent_id) where parent_id is not null;
create index document_blob_idx on document (organization_id, blob_id);
create trigger version before update on document for each row execute function bump_version();
comment on table document is 'a name and a folder over one blob, in at most one tender';
comment on column document.organization_id is 'whose document';
comment on column document.id is 'UUIDv7 made by the application';
comment on column document.tender_id is 'the tender it belongs to; null: analysed as a dossier of one';
comment on column document.parent_id is 'the archive it came out of';
comment on column document.blob_id is 'its bytes';
comment on column document.name is 'file name as given';
comment on column document.path is 'folder inside the dossier or archive; empty at the top';
comment on column document.kind is 'file, or archive (its entries are children)';
comment on column document.document_type is 'rc, ccap, cctp...; null until known';
comment on column document.document_type_source is 'read from the text, or set by a person (never overwritten)';
comment on column document.status is 'uploaded, processing, processed, failed, quarantined';
comment on column document.warnings is 'stable words: what the user should know about the reading';
comment on column document.error_code is 'why it failed: an error id of the API';
comment on column document.error_args is 'arguments of that error''s text';
comment on column document.page_count is 'pages read; null before, and where the format has none';
comment on column document.version is 'raised by each change; the ETag';
comment on column document.created_by is 'who uploaded it';
comment on column document.created_at is 'when it was uploaded';
comment on column document.updated_at is 'last change';
comment on column document.processing_started_at is 'begin of the last processing';
comment on column document.processing_completed_at is 'end of the last processing';
comment on column document.deleted_at is 'when it was deleted; it can be undone until the purge';

create table document_event (
	organization_id uuid not null default :org references organization (id),
	id uuid not null,
	document_id uuid not null,
	stage text not null check (stage in ('upload', 'validation', 'expansion', 'reading', 'ocr', 'analysis')),
	state text not null check (state in ('started', 'progress', 'completed', 'failed')),
	progress bigint not null check (progress between 0 and 100),
	duration_ms bigint check (duration_ms >= 0),
	message_code text,
	message_args jsonb not null default '{}' check (jsonb_typeof(message_args) = 'object'),
	at timestamptz not null default clock_timestamp(),
	primary key (organization_id, id),
	foreign key (organization_id, document_id) references document (organization_id, id) on delete cascade
);
create index document_event_document_idx on document_event (organization_id, document_id, at, id);
comment on table document_event is 'what happened to a document, stage by stage; append only';
comment on column document_event.organization_id is 'whose event';
comment on column document_event.id is 'UUIDv7 made by the application';
comment on column document_event.document_id is 'the document';
comment on column document_event.stage is 'upload, validation, expansion, reading, ocr, analysis';
comment on column document_event.state is 'started, progress, completed, failed';
comment on column document_event.progress is 'percent of the stage';
comment on column document_event.duration_ms is 'length of the stage, when it ended';
comment on column document_event.message_code is 'an error or message id of the API; null: nothing to add';
comment on column document_event.message_args is 'arguments of that text';
comment on column document_event.at is 'when';

create table reading (
	organization_id uuid not null default :org references organization (id),
	id uuid not null,
	blob_id uuid not null,
	reader_version bigint not null,
	model_blob_id uuid not null,
	page_count bigint not null check (page_count >= 0),
	warnings bigint not null default 0,
	duration_ms bigint not null default 0,
	created_at timestamptz not null default now(),
	primary key (organization_id, id),
	unique (organization_id, blob_id, reader_version),
	foreign key (organization_id, blob_id) references blob (organization_id, id),
	foreign key (organization_id, model_blob_id) references blob (organization_id, id)
);
create index reading_model_idx on reading (organization_id, model_blob_id);
comment on table reading is 'one blob as one version of the reader saw it';
comment on column reading.organization_id is 'whose reading';
comment on column reading.id is 'UUIDv7 made by the application';
comment on column reading.blob_id is 'the bytes that were read';
comment on column reading.reader_version is 'version of the reader';
comment on column reading.model_blob_id is 'the document model, encoded, itself in the file store';
comment on column reading.page_count is 'pages of the model';
comment on column reading.warnings is 'bits of the document model';
comment on column reading.duration_ms is 'how long reading took';
comment on column reading.created_at is 'when it was read';

create table page (
	organization_id uuid not null default :org references organization (id),
	reading_id uuid not null,
	number bigint not null check (number >= 1),
	text text not null,
	unreadable boolean not null default false,
	primary key (organization_id, reading_id, number),
	foreign key (organization_id, reading_id) references reading (organization_id, id) on delete cascade
);
comment on table page is 'plain text of the pages of a reading, for search and display';
comment on column page.organization_id is 'whose page';
comment on column page.reading_id is 'the reading';
comment on column page.number is 'from 1';
comment on column page.text is 'canonical text of the page';
comment on column page.unreadable is 'its text layer is missing or broken';

create table dossier_version (
	organization_id uuid not null default :org references organization (id),
	id uuid not null,
	tender_id uuid not null,
	number bigint not null check (number >= 1),
	cause text not null check (cause in ('documents_added', 'document_replaced', 'document_removed')),
	created_by uuid,
	created_at timestamptz not null default now(),
	primary key (organization_id, id),
	unique (organization_id, tender_id, number),
	foreign key (organization_id, tender_id) references tender (organization_id, id),
	foreign key (organization_id, created_by) references account (organization_id, id)
);
comment on table dossier_version is 'the set of documents of a tender at a moment';
comment on column dossier_version.organization_id is 'whose dossier';
comment on column dossier_version.id is 'UUIDv7 made by the application';
comment on column dossier_version.tender_id is 'the tender';
comment on column dossier_version.number is 'from 1, without gaps';
comment on column dossier_version.cause is 'what made it: documents_added, document_replaced, document_removed';
comment on column dossier_version.created_by is 'who caused it; null for the machine';
comment on column dossier_version.created_at is 'when';

create table dossier_version_document (
	organization_id uuid not null default :org references organization (id),
	dossier_version_id uuid not null,
	document_id uuid not null,
	primary key (organization_id, dossier_version_id, document_id),
	foreign key (organization_id, dossier_version_id) references dossier_version (organization_id, id)
		on delete cascade,
	foreign key (organization_id, document_id) references document (organization_id, id)
);
create index dossier_version_document_document_idx on dossier_version_document (organization_id, document_id);
comment on table dossier_version_document is 'which documents a dossier version holds';
comment on column dossier_version_document.organization_id is 'whose dossier';
comment on column dossier_version_document.dossier_version_id is 'the version';
comment on column dossier_version_document.document_id is 'the document';

create table analysis (
	organization_id uuid not null default :org references organization (id),
	id uuid not null,
	dossier_version_id uuid,
	document_id uuid,
	reader_version bigint not null,
	rules_version bigint not null,
	result jsonb not null check (jsonb_typeof(result) = 'object'),
	duration_ms bigint not null default 0,
	created_at timestamptz not null default now(),
	primary key (organization_id, id),
	foreign key (organization_id, dossier_version_id) references dossier_version (organization_id, id),
	foreign key (organization_id, document_id) references document (organization_id, id),
	check (num_nonnulls(dossier_version_id, document_id) = 1)
);
-- Not unique: a document that could be read at the second attempt changes the result of the same subject.
create index analysis_dossier_idx on analysis (organization_id, dossier_version_id, created_at desc, id desc);
create index analysis_document_idx on analysis (organization_id, document_id, created_at desc, id desc);
comment on table analysis is 'what one version of the rules understood of one subject; immutable; the latest one counts';
comment on column analysis.organization_id is 'whose analysis';
comment on column analysis.id is 'UUIDv7 made by the application';
comment on column analysis.dossier_version_id is 'subject: a dossier version';
comment on column analysis.document_id is 'subject: a document without tender';
comment on column analysis.reader_version is 'version of the reader whose models were used';
comment on column analysis.rules_version is 'version of the rules';
comment on column analysis.result is 'facts, requirements, contradictions, questions, with evidence';
comment on column analysis.duration_ms is 'how long understanding took';
comment on column analysis.created_at is 'when';

alter table blob enable row level security;
alter table tender enable row level security;
alter table document enable row level security;
alter table document_event enable row level security;
alter table reading enable row level security;
alter table page enable row level security;
alter table dossier_version enable row level security;
alter table dossier_version_document enable row level security;
alter table analysis enable row level security;
create policy organization on blob to scorpius_api, scorpius_jobs using (:mine) with check (:mine);
create policy organization on tender to scorpius_api, scorpius_jobs using (:mine) with check (:mine);
create policy organization on document to scorpius_api, scorpius_jobs using (:mine) with check (:mine);
create policy organization on document_event to scorpius_api, scorpius_jobs using (:mine) with check (:mine);
create policy organization on reading to scorpius_api, scorpius_jobs using (:mine) with check (:mine);
create policy organization on page to scorpius_api, scorpius_jobs using (:mine) with check (:mine);
create policy organization on dossier_version to scorpius_api, scorpius_jobs using (:mine) with check (:mine);
create policy organization on dossier_version_document to scorpius_api, scorpius_jobs using (:mine) with check (:mine);
create policy organization on analysis to scorpius_api, scorpius_jobs using (:mine) with check (:mine);

grant select, insert on blob to scorpius_api, scorpius_jobs;
grant update (referenced_at) on blob to scorpius_api, scorpius_jobs;
grant select, insert, update on tender to scorpius_api;
grant select, update on tender to scorpius_jobs;
grant select, insert, update on document to scorpius_api, scorpius_jobs;
grant select, insert on document_event to scorpius_api, scorpius_jobs;
grant select on reading, page, analysis to scorpius_api;
grant select, insert on reading, page, analysis to scorpius_jobs;
-- Jobs, too: an expanded archive makes the next version.
grant select, insert on dossier_version, dossier_version_document to scorpius_api, scorpius_jobs;

commit;
