-- Deploy scorpius:company to pg
-- requires: accounts

begin;
set local role scorpius_owner;
set local search_path = scorpius, pg_temp;

\set org '(nullif(current_setting(''scorpius.organization_id'', true), '''')::uuid)'
\set mine 'organization_id = (select nullif(current_setting(''scorpius.organization_id'', true), '''')::uuid)'

-- The lists are JSON and not tables: they are bounded, given and replaced as wholes, and matched all together; nothing
-- refers to one element.
create table company_profile (
	organization_id uuid not null default :org references organization (id),
	id uuid not null,
	company_name text not null check (length(company_name) between 2 and 255),
	siret text not null check (siret ~ '^[0-9]{14}$'),
	vat_number text check (vat_number ~ '^[A-Z]{2}[0-9A-Z]{2,13}$'),
	legal_form text check (length(legal_form) between 1 and 100),
	naf_code text check (naf_code ~ '^[0-9]{2}\.[0-9]{2}[A-Z]$'),
	description text check (length(description) <= 10000),
	address text check (length(address) between 1 and 500),
	contact_email text check (length(contact_email) between 3 and 254),
	contact_phone text check (length(contact_phone) between 1 and 40),
	founding_year bigint check (founding_year between 1000 and 9999),
	team_size bigint check (team_size >= 0),
	annual_revenue numeric(15, 2) check (annual_revenue >= 0),
	revenues jsonb not null default '[]' check (jsonb_typeof(revenues) = 'array'),
	capabilities jsonb not null default '[]' check (jsonb_typeof(capabilities) = 'array'),
	certifications jsonb not null default '[]' check (jsonb_typeof(certifications) = 'array'),
	"references" jsonb not null default '[]' check (jsonb_typeof("references") = 'array'),
	insurances jsonb not null default '[]' check (jsonb_typeof(insurances) = 'array'),
	people jsonb not null default '[]' check (jsonb_typeof(people) = 'array'),
	signatory jsonb check (jsonb_typeof(signatory) = 'object'),
	version bigint not null default 1 check (version >= 1),
	created_by uuid not null,
	updated_by uuid not null,
	created_at timestamptz not null default now(),
	updated_at timestamptz not null default now(),
	deleted_at timestamptz,
	primary key (organization_id, id),
	foreign key (organization_id, created_by) references account (organization_id, id),
	foreign key (organization_id, updated_by) references account (organization_id, id)
);
create unique index company_profile_live on company_profile (organization_id) where deleted_at is null;
create trigger version before update on company_profile for each row execute function bump_version();
comment on table company_profile is 'what an organisation says of itself; one that is not deleted';
comment on column company_profile.organization_id is 'whose profile';
comment on column company_profile.id is 'UUIDv7 made by the application';
comment on column company_profile.company_name is 'registered name';
comment on column company_profile.siret is 'of the establishment that answers; its check digit was checked';
comment on column company_profile.vat_number is 'with the country, without spaces';
comment on column company_profile.legal_form is 'SARL, SAS, SCOP...';
comment on column company_profile.naf_code is 'main activity, as 62.02A';
comment on column company_profile.description is 'free text';
comment on column company_profile.address is 'registered office';
comment on column company_profile.contact_email is 'where buyers write to';
comment on column company_profile.contact_phone is 'as people write it';
comment on column company_profile.founding_year is 'year of foundation';
comment on column company_profile.team_size is 'number of people';
comment on column company_profile.annual_revenue is 'of the last year that is closed, euros without tax';
comment on column company_profile.revenues is '[{year, total, domain}], euros without tax';
comment on column company_profile.capabilities is '[{name, keywords, description, experience_years, team_size}]';
comment on column company_profile.certifications is '[{name, issuer, reference, valid_until, scope}]';
comment on column company_profile."references" is '[{client, title, year, amount_ht, description, keywords, contact}]';
comment on column company_profile.insurances is '[{kind, insurer, amount, valid_until}]';
comment on column company_profile.people is
	'[{role, name, experience_years, skills, certifications, daily_rate_ht}]: personal data, not indexed';
comment on column company_profile.signatory is '{name, role, email, phone}: who signs offers';
comment on column company_profile.version is
	'the ETag; raised by each change, and counted on when a profile is made again, so that no old one fits';
comment on column company_profile.created_by is 'who made it';
comment on column company_profile.updated_by is 'who changed it last';
comment on column company_profile.created_at is 'when it was made';
comment on column company_profile.updated_at is 'last change';
comment on column company_profile.deleted_at is 'when it was deleted';

create table company_profile_version (
	organization_id uuid not null default :org references organization (id),
	number bigint not null check (number >= 1),
	profile_id uuid not null,
	action text not null check (action in ('created', 'replaced', 'changed', 'deleted')),
	changed jsonb not null check (jsonb_typeof(changed) = 'array'),
	content jsonb not null check (jsonb_typeof(content) = 'object'),
	created_by uuid not null,
	created_at timestamptz not null default now(),
	primary key (organization_id, number),
	foreign key (organization_id, profile_id) references company_profile (organization_id, id),
	foreign key (organization_id, created_by) references account (organization_id, id)
);
create index company_profile_version_profile_idx on company_profile_version (organization_id, profile_id);
comment on table company_profile_version is 'what the profile was after each change, append only';
comment on column company_profile_version.organization_id is 'whose profile';
comment on column company_profile_version.number is 'the version that the change made';
comment on column company_profile_version.profile_id is 'the profile';
comment on column company_profile_version.action is 'created, replaced, changed, deleted';
comment on column company_profile_version.changed is 'names of the fields that changed';
comment on column company_profile_version.content is 'the fields as they were from then on';
comment on column company_profile_version.created_by is 'who changed it';
comment on column company_profile_version.created_at is 'when';

alter table company_profile enable row level security;
alter table company_profile_version enable row level security;
create policy organization on company_profile to scorpius_api, scorpius_jobs using (:mine) with check (:mine);
create policy organization on company_profile_version to scorpius_api, scorpius_jobs using (:mine) with check (:mine);
grant select, insert, update on company_profile to scorpius_api;
grant select, insert on company_profile_version to scorpius_api;
-- Jobs match requirements against it.
grant select on company_profile to scorpius_jobs;

commit;
