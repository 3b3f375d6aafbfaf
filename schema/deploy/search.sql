-- Deploy scorpius:search to pg
-- requires: dossiers

begin;
set local role scorpius_owner;
set local search_path = scorpius, pg_temp;

-- Accents are taken off before stemming, so that words are found however they are written. Bounded: a tsvector may not
-- exceed 1 MB, and a DOCX is one page.
alter table page add column words tsvector not null generated always as (to_tsvector('pg_catalog.french'::regconfig,
	regexp_replace(normalize(lower(left(text, 400000)), NFD), '[\u0300-\u036f]', '', 'g'))) stored;
comment on column page.words is 'stems of the text''s words, without accents; of the first 400 000 characters';

commit;
