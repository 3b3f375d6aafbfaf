/* Lists, tenders and jobs: what their statements do together. */
#include "db_try.h"

#include "account_sql.h"
#include "clock.h"
#include "document_sql.h"
#include "health_sql.h"
#include "job_sql.h"
#include "tender_sql.h"

void case_lists(void)
{
	struct db *db = open_db("DATABASE_API_URL", 10);
	TALLOC_CTX *mem = mem_new("case", 0);
	struct db_identity who = organisation(db, mem);
	struct uuid tender = uuid_new();
	GOOD(db_begin_as(db, mem, &who, DB_WRITE, &failure));
	GOOD(tender_insert_last(db,
	    &(struct tender_new){
		.id = tender, .title = "Voirie", .timezone = "Europe/Paris", .created_by = who.account_id },
	    NULL, &failure));
	struct uuid oldest[7];
	for (int i = 0; i < 7; i++)
		oldest[i] = make_document(db, mem, &who, mem_printf(mem, "Règlement %d.pdf", i),
		    (struct opt_uuid){ i % 2 == 0, tender }, NULL);
	struct document_row *rows;
	size_t n;
	struct list_total total;
	/* by cursor, both ways: each row once, in order */
	for (int down = 0; down < 2; down++) {
		struct document_filter f = { .limit = 3 };
		f.bound_time = down ? (struct instant)FIRST_DOWN : (struct instant)FIRST_UP;
		size_t seen = 0;
		do {
			GOOD(db_begin_as(db, mem, &who, DB_READ, &failure));
			if (down)
				GOOD(document_list_newest_last(db, &f, mem, &rows, &n, &failure));
			else
				GOOD(document_list_oldest_last(db, &f, mem, &rows, &n, &failure));
			for (size_t i = 0; i < n; i++, seen++)
				HOLD(seen < 7 && uuid_equal(&rows[i].id, &oldest[down ? 6 - seen : seen]));
			if (n > 0) {
				f.bound_time = rows[n - 1].created_at;
				f.bound_id = rows[n - 1].id;
			}
		} while (n == 3);
		HOLD(seen == 7);
	}
	/* by offset */
	struct document_filter f = { .bound_time = FIRST_UP, .limit = 3, .offset = 5 };
	GOOD(db_begin_as(db, mem, &who, DB_READ, &failure));
	GOOD(document_list_name_up_last(db, &f, mem, &rows, &n, &failure));
	HOLD(n == 2 && uuid_equal(&rows[1].id, &oldest[6]));
	/* filters */
	f = (struct document_filter){ .status = "uploaded",
		.tender_id = { true, tender },
		.search = "REGLEMENT",
		.bound_time = FIRST_DOWN,
		.limit = 10 };
	struct list_filter l = { f.status, f.tender_id, NULL, f.search };
	GOOD(db_begin_as(db, mem, &who, DB_READ, &failure));
	GOOD(document_list_newest_filtered_later(db, &f, mem, &rows, &n, &failure));
	GOOD(document_count_last(db, &l, mem, &total, &failure));
	HOLD(n == 4 && total.total == 4 && rows[0].tender_id.set && rows[0].sha256.n == 32);
	f.status = l.status = "failed";
	GOOD(db_begin_as(db, mem, &who, DB_READ, &failure));
	GOOD(document_list_newest_filtered_later(db, &f, mem, &rows, &n, &failure));
	GOOD(document_count_last(db, &l, mem, &total, &failure));
	HOLD(n == 0 && total.total == 0);
	talloc_free(mem);
}

void case_tenders(void)
{
	struct db *db = open_db("DATABASE_API_URL", 10);
	TALLOC_CTX *mem = mem_new("case", 0);
	struct db_identity who = organisation(db, mem);
	struct uuid ids[6];
	for (int i = 0; i < 6; i++) {
		ids[i] = uuid_new();
		GOOD(db_begin_as(db, mem, &who, DB_WRITE, &failure));
		/* the first three have deadlines, the first one the latest */
		struct opt_instant deadline = { i < 3, INT64_C(1774000000000000) - i * INT64_C(86400000000) };
		GOOD(tender_insert_last(db,
		    &(struct tender_new){ .id = ids[i],
			.created_by = who.account_id,
			.title = mem_printf(mem, "Évaluation %d", i),
			.deadline = deadline,
			.timezone = i == 0 ? "Indian/Reunion" : "Europe/Paris",
			.estimated_amount_ht = { true, 1234.56 } },
		    NULL, &failure));
	}
	static const int order[6] = { 2, 1, 0, 3, 4, 5 };
	struct tender_row *rows;
	size_t n, seen = 0;
	struct tender_filter f = { .bound_time = FIRST_UP, .limit = 2 };
	do {
		GOOD(db_begin_as(db, mem, &who, DB_READ, &failure));
		GOOD(tender_list_deadline_last(db, &f, mem, &rows, &n, &failure));
		for (size_t i = 0; i < n; i++, seen++)
			HOLD(seen < 6 && uuid_equal(&rows[i].id, &ids[order[seen]]));
		if (n > 0) {
			f.bound_time = rows[n - 1].sort_time;
			f.bound_id = rows[n - 1].id;
		}
	} while (n == 2);
	HOLD(seen == 6);
	struct list_total total;
	f = (struct tender_filter){ .bound_time = FIRST_UP, .limit = 3, .offset = 2, .search = "evaluation" };
	GOOD(db_begin_as(db, mem, &who, DB_READ, &failure));
	GOOD(tender_list_deadline_filtered_later(db, &f, mem, &rows, &n, &failure));
	GOOD(tender_count_last(db, &(struct tender_list_filter){ NULL, "ÉVAL" }, mem, &total, &failure));
	HOLD(n == 3 && total.total == 6 && uuid_equal(&rows[0].id, &ids[0]) && uuid_equal(&rows[2].id, &ids[4]));
	HOLD(strcmp(rows[0].deadline_local, "2026-03-20T13:46") == 0);
	HOLD(rows[0].deadline.us == INT64_C(1773999960000000) && rows[0].days_left.set);
	HOLD(rows[0].estimated_amount_ht.value == 1234.56 && strcmp(rows[0].status, "draft") == 0);

	/* a dossier: attach, version, analyse */
	struct uuid doc = make_document(db, mem, &who, "rc.pdf", (struct opt_uuid){ 0 }, NULL);
	struct tender_locked locked;
	struct document_row *docs;
	struct uuid version = uuid_new();
	int64_t attached, enqueued;
	GOOD(db_begin_as(db, mem, &who, DB_WRITE, &failure));
	GOOD(tender_lock_later(db, &(struct tender_key){ ids[0] }, mem, &locked, &failure));
	GOOD(document_lock_many(db, &(struct document_ids){ { &doc, 1 } }, mem, &docs, &n, &failure));
	HOLD(n == 1 && !docs[0].tender_id.set && locked.dossier_version == 0);
	GOOD(tender_attach_later(db, &(struct tender_attachment){ ids[0], { &doc, 1 } }, &attached, &failure));
	GOOD(dossier_version_insert_later(
	    db, &(struct dossier_version_new){ version, ids[0], who.account_id, "documents_added" }, NULL, &failure));
	GOOD(dossier_version_fill_later(db, &(struct dossier_version_fill_key){ version, ids[0] }, NULL, &failure));
	GOOD(tender_set_queued_later(db, &(struct tender_key){ ids[0] }, NULL, &failure));
	GOOD(job_analyze_add_last(db, &(struct job_analyze_new){ uuid_new(), ids[0], version }, &enqueued, &failure));
	HOLD(attached == 1 && enqueued == 1);
	struct tender_detail t;
	struct tender_analysis_row a;
	GOOD(db_begin_as(db, mem, &who, DB_READ, &failure));
	GOOD(tender_analysis_later(db, &(struct tender_key){ ids[0] }, mem, &a, &failure));
	GOOD(tender_get_last(db, &(struct tender_key){ ids[0] }, mem, &t, &failure));
	HOLD(t.dossier_version == 1 && t.document_count == 1 && strcmp(t.status, "analyzing") == 0);
	HOLD(!a.analysis_id.set);
	talloc_free(mem);
}

static const struct sql_texts job_kinds = { (const char *const[]){ "read", "analyze", "mail" }, 3 };

void case_jobs(void)
{
	struct db *api = open_db("DATABASE_API_URL", 10), *db = open_db("DATABASE_JOBS_URL", 0);
	TALLOC_CTX *mem = mem_new("case", 0);
	struct db_identity who = organisation(api, mem);
	GOOD(db_listen(db, "scorpius_jobs", &failure));
	/* what other cases left is leased away */
	struct job j;
	enum result left = ERR_OK;
	while (left == ERR_OK) {
		GOOD(db_begin_as(db, mem, NULL, DB_WRITE, &failure));
		left = job_lease_last(db, &(struct job_lease_terms){ 600, 3, job_kinds }, mem, &j, &failure);
	}
	HOLD(left == ERR_NOT_FOUND);
	error_clear(&failure);
	(void)db_wait(db, 0, NULL);
	HOLD(!db_wait(db, 0, NULL));
	struct uuid blob, doc = make_document(api, mem, &who, "rc.pdf", (struct opt_uuid){ 0 }, &blob),
			  read = uuid_new();
	GOOD(db_begin_as(api, mem, &who, DB_WRITE, &failure));
	GOOD(job_read_add_last(api, &(struct job_read_new){ read, doc, 10 }, NULL, &failure));
	HOLD(db_wait(db, 5000, NULL));
	/* lease */
	GOOD(db_begin_as(db, mem, NULL, DB_WRITE, &failure));
	GOOD(job_lease_last(db, &(struct job_lease_terms){ 60, 3, job_kinds }, mem, &j, &failure));
	HOLD(uuid_equal(&j.id, &read) && uuid_equal(&j.organization_id, &who.organization_id.value) && j.attempt == 1);
	HOLD(strcmp(j.kind, "read") == 0 && j.document_id.set && j.waits == 0);
	GOOD(db_begin_as(db, mem, NULL, DB_WRITE, &failure));
	FAILS(job_lease_last(db, &(struct job_lease_terms){ 60, 3, job_kinds }, mem, &j, &failure), ERR_NOT_FOUND);
	/* heartbeat and fence know the attempt */
	int64_t affected;
	struct uuid *org = &who.organization_id.value;
	struct job_fenced fenced;
	GOOD(db_begin_for(db, mem, org, DB_WRITE, &failure));
	GOOD(job_heartbeat_last(db, &(struct job_heartbeat_in){ read, 1, 60 }, &affected, &failure));
	HOLD(affected == 1);
	GOOD(db_begin_for(db, mem, org, DB_WRITE, &failure));
	GOOD(job_heartbeat_last(db, &(struct job_heartbeat_in){ read, 2, 60 }, &affected, &failure));
	HOLD(affected == 0);
	GOOD(db_begin_for(db, mem, org, DB_WRITE, &failure));
	FAILS(job_fence_last(db, &(struct job_fence_key){ read, 2 }, mem, &fenced, &failure), ERR_NOT_FOUND);
	/* a reading, its pages and the end in one transaction */
	struct uuid reading = uuid_new();
	struct document_ended ended;
	GOOD(db_begin_for(db, mem, org, DB_WRITE, &failure));
	GOOD(job_fence(db, &(struct job_fence_key){ read, 1 }, mem, &fenced, &failure));
	GOOD(reading_insert_later(db, &(struct reading_new){ reading, blob, 1, blob, 2, 0, 12 }, &affected, &failure));
	GOOD(page_insert_later(db,
	    &(struct pages_new){
		reading, 1, { (const char *const[]){ "un", "deux" }, 2 }, { (const char *const[]){ "f", "t" }, 2 } },
	    NULL, &failure));
	GOOD(document_finish_later(db,
	    &(struct document_end){ doc, "processed", { true, 2 }, { "[\"no_text\"]" }, NULL, { NULL } }, mem, &ended,
	    &failure));
	GOOD(document_type_read_later(db, &(struct document_kind_in){ doc, "rc" }, NULL, &failure));
	GOOD(analysis_insert_later(db,
	    &(struct analysis_new){ uuid_new(), { 0 }, { true, doc }, 1, 1, { "{\"facts\": {}}" }, 5 }, NULL,
	    &failure));
	GOOD(job_done_last(db, &(struct job_fence_key){ read, 1 }, NULL, &failure));
	/* the API sees it all */
	struct page_place p;
	struct document_detail d;
	GOOD(db_begin_as(api, mem, &who, DB_READ, &failure));
	GOOD(document_page_later(api, &(struct page_key){ doc, 2 }, mem, &p, &failure));
	GOOD(document_get_last(api, &(struct document_key){ doc }, mem, &d, &failure));
	HOLD(strcmp(p.text, "deux") == 0 && p.page_count.value == 2 && p.model_blob_id.set);
	HOLD(d.page_count.value == 2 && strcmp(d.document_type, "rc") == 0 && d.version == 3);
	HOLD(strcmp(d.warnings.s, "[\"no_text\"]") == 0);
	GOOD(db_begin_as(api, mem, &who, DB_READ, &failure));
	GOOD(document_page_last(api, &(struct page_key){ doc, 3 }, mem, &p, &failure));
	HOLD(p.text == NULL);
	struct health_row h;
	GOOD(db_begin_as(api, mem, NULL, DB_WRITE, &failure));
	GOOD(health_state_last(api, NULL, mem, &h, &failure));
	HOLD(h.writable && h.jobs_alive && h.waiting_s == 0);
	talloc_free(mem);
}
