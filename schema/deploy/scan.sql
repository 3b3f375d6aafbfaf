-- Deploy scorpius:scan to pg
-- requires: undo exports retention
-- What a virus scanner says of bytes. It is kept with the bytes, not with a document: whoever brings them, under
-- whatever name, and whatever comes back from the bin, is in quarantine as long as the bytes are.

begin;
set local role scorpius_owner;
set local search_path = scorpius, pg_temp;

alter table blob add column scanned_at timestamptz, add column infection text,
	add constraint blob_infection_check check (infection is null or (infection ~ '^[!-~]{1,128}$' and scanned_at is not null));
comment on column blob.scanned_at is 'when a virus scanner last looked at the whole of it; null: never';
comment on column blob.infection is 'what it found; null: nothing';
comment on column document.status is
	'uploaded, processing, processed, failed; quarantined: its bytes are infected (a trigger sees to that)';

create function document_quarantine() returns trigger language plpgsql set search_path = scorpius, pg_temp as $$
declare
	v_infection text;
begin
	select infection into v_infection from blob where organization_id = new.organization_id and id = new.blob_id;
	if v_infection is not null then
		new.status := 'quarantined';
		new.error_code := 'document_quarantined';
		new.error_args := jsonb_build_object('signature', v_infection);
	end if;
	return new;
end $$;
comment on function document_quarantine() is 'a document of infected bytes is in quarantine, whatever is written';
create trigger quarantine before insert or update of status, error_code, error_args, blob_id on document
	for each row execute function document_quarantine();

create function document_quarantined() returns trigger language plpgsql security definer set search_path = scorpius, pg_temp as $$
begin
	if new.status = 'quarantined' and (tg_op = 'INSERT' or old.status <> 'quarantined') then
		insert into document_event (organization_id, id, document_id, stage, state, progress, message_code, message_args)
		values (new.organization_id, uuid_v7(), new.id, 'validation', 'failed', 0, new.error_code, new.error_args);
		insert into audit_event (organization_id, id, action, target_kind, target_id, detail)
		values (new.organization_id, uuid_v7(), 'document.quarantined', 'document', new.id, new.error_args);
	end if;
	return null;
end $$;
comment on function document_quarantined() is 'tells that a document went into quarantine: among its events, and in the audit log';
create trigger quarantined after insert or update of status on document
	for each row execute function document_quarantined();

create function queue.scan_result(p_blob uuid, p_infection text)
returns boolean
language plpgsql volatile security definer set search_path = scorpius, pg_temp as $$
declare
	v_organization uuid := nullif(current_setting('scorpius.organization_id', true), '')::uuid;
	v_tenders uuid[];
	v_exports uuid[];
	v_before text;
begin
	if p_infection is null then
		update blob set scanned_at = now() where organization_id = v_organization and id = p_blob and infection is null;
		if found then
			update document set warnings = warnings - 'unscanned'
				where organization_id = v_organization and blob_id = p_blob and warnings ? 'unscanned';
			-- One that is read says that until it is read anew; one that is only kept has nothing else to wait for.
			update document set error_code = null
				where organization_id = v_organization and blob_id = p_blob and status = 'uploaded' and error_code = 'scan_too_large';
			return false;
		end if;
	end if;
	-- Tenders before bytes and documents: the order of those who change a dossier.
	perform from tender t where t.organization_id = v_organization and t.id in (select d.tender_id from document d
		where d.organization_id = v_organization and d.blob_id = p_blob) order by t.id for update;
	select infection into v_before from blob
		where organization_id = v_organization and id = p_blob for update;
	if not found then
		return false;
	end if;
	update blob set scanned_at = now(), infection = p_infection where organization_id = v_organization and id = p_blob;
	-- Where its words had been understood already, or may be now.
	select array_agg(distinct d.tender_id) into v_tenders from document d where d.organization_id = v_organization
		and d.blob_id = p_blob and d.status = 'processed' and d.deleted_at is null and d.tender_id is not null;
	if p_infection is not null then
		update document set status = 'quarantined', warnings = warnings - 'unscanned'
			where organization_id = v_organization and blob_id = p_blob;
		-- They stand in archives that were made before this was known, or are being made: those end now, these begin anew.
		if v_before is null then
			update job set state = 'queued', leased_until = null, run_after = now()
				where organization_id = v_organization and kind = 'export' and state = 'leased';
			select array_agg(x.id) into v_exports from organization_export x where x.organization_id = v_organization
				and x.blob_id is not null and x.expires_at > now() and exists (select from document d
					where d.organization_id = v_organization and d.blob_id = p_blob and d.created_at <= x.finished_at);
			update job set run_after = now() where organization_id = v_organization and kind = 'export_end' and state = 'queued'
				and payload ->> 'export_id' = any (v_exports::text[]);
			update organization_export set expires_at = now() where organization_id = v_organization and id = any (v_exports);
		end if;
	else
		insert into audit_event (organization_id, id, action, target_kind, target_id)
			select organization_id, uuid_v7(), 'document.released', 'document', id from document
			where organization_id = v_organization and blob_id = p_blob and status = 'quarantined';
		with released as (
			update document set status = case when deleted_at is null then 'processing' else 'uploaded' end,
				error_code = null, error_args = '{}', processing_started_at = now(), processing_completed_at = null
			where organization_id = v_organization and blob_id = p_blob and status = 'quarantined'
			returning id, deleted_at, blob_id
		)
		insert into job (organization_id, id, kind, document_id, size)
			select v_organization, uuid_v7(), 'read', r.id, b.size from released r
			join blob b on b.organization_id = v_organization and b.id = r.blob_id where r.deleted_at is null
			on conflict do nothing;
	end if;
	-- While something of a dossier is being read, its end enqueues the analysis.
	insert into job (organization_id, id, kind, tender_id, dossier_version_id)
		select v_organization, uuid_v7(), 'analyze', t.id, (select v.id from dossier_version v
			where v.organization_id = v_organization and v.tender_id = t.id order by v.number desc limit 1)
		from tender t where t.organization_id = v_organization and t.id = any (v_tenders) and t.deleted_at is null
			and not exists (select from document d where d.organization_id = v_organization and d.tender_id = t.id
				and d.status = 'processing' and d.deleted_at is null and d.replaced_by_id is null)
		on conflict do nothing;
	update tender set analysis_status = 'queued', analysis_reason = null
		where organization_id = v_organization and id = any (v_tenders) and deleted_at is null;
	return v_before is distinct from p_infection;
end $$;
comment on function queue.scan_result(uuid, text) is
	'what a scanner found in bytes of the organisation that is set (null: nothing): their documents go into quarantine, and archives that may hold them end, or they come out of it and are read; tenders that had understood them are analysed anew; whether the finding is another one than before';
revoke all on function document_quarantine(), document_quarantined(), queue.scan_result(uuid, text) from public;
grant execute on function queue.scan_result(uuid, text) to scorpius_jobs;

-- How often work has waited for the scanner: such attempts count for nothing.
grant update (payload) on job to scorpius_jobs;
comment on column job.payload is
	'mail: {purpose, account_id | invitation_id} (retention: notice_id, too) and nothing else; whatever is secret is made when it is sent; export_end: {export_id}; read: {waits}, attempts that only waited for the virus scanner';

commit;
