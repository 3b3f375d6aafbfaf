-- 10 000 documents of one organisation, for measuring lists; of a file that nobody reads. Variables: org, account (ids).
begin;
insert into scorpius.blob (organization_id, id, sha256, size, mime_type, wrapped_key, key_id)
	values (:'org', gen_random_uuid(), sha256('bench'), 5, 'text/plain', decode(repeat('00', 72), 'hex'), repeat('0', 16));
insert into scorpius.document (organization_id, id, blob_id, name, status, page_count, created_by, created_at)
	select :'org', gen_random_uuid(), b.id, 'document ' || n || '.txt', 'processed', 1, :'account',
		now() - n * interval '1 minute'
	from generate_series(1, 10000) n, scorpius.blob b
	where b.organization_id = :'org' and b.sha256 = sha256('bench');
commit;
vacuum analyze scorpius.document;
