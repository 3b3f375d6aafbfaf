/* Objects in pieces under secretstream; sealed.h tells the form. The state before each piece is kept (56 bytes for
 * 64 KiB), which makes a stream that is made for reading in order readable anywhere. */
#include "sealed.h"
#include "fail_point.h"
#include "lane.h"

#include <string.h>

#define PIECE 65536
#define SEALED_PIECE (PIECE + CRYPTO_STREAM_OVERHEAD)
#define TOLD 32 /* bytes of the header that are proved */
#define HEADER (TOLD + CRYPTO_STREAM_HEADER)
#define AD (TOLD + 16)
#define BATCH 4 /* pieces that are sealed and written at once by a second thread */
#define BATCHES 4

/* What a second thread works on: always whole pieces, none of them the last. */
struct batch {
	size_t n;                          /* bytes in `clear` */
	struct crypto_stream after[BATCH]; /* state behind each piece, once sealed */
	uint8_t clear[BATCH * PIECE];
};

/* The second thread's own. */
struct aside {
	struct crypto_stream stream; /* before the next piece */
	uint8_t sealed[BATCH * SEALED_PIECE];
};

struct sealed {
	struct sealed_io io;
	uint8_t ad[AD];
	struct crypto_stream *before; /* state before each piece; the last entry is before the next one */
	size_t n_before;
	int64_t size;     /* of the file */
	int64_t n_sealed; /* pieces in the backend */
	bool finished;    /* the last one of them is the object's last */
	size_t n;         /* bytes in `clear` not yet sealed; 0 when the object is only read */
	int64_t held;     /* number of the piece that `opened` holds; -1: none */
	size_t n_opened;
	struct lane *lane; /* NULL: no second thread */
	struct aside *aside;
	struct batch *batch; /* that is being filled; NULL: none is */
	uint8_t clear[PIECE], opened[PIECE], piece[SEALED_PIECE];
};

static int sealed_wipe(struct sealed *s)
{
	TALLOC_FREE(s->lane); /* first: its thread uses the rest */
	if (s->aside)
		crypto_wipe(&s->aside->stream, sizeof(s->aside->stream));
	if (s->before)
		crypto_wipe(s->before, s->n_before * sizeof(*s->before));
	crypto_wipe(s, sizeof(*s));
	return 0;
}

static struct sealed *new_sealed(TALLOC_CTX *mem, const struct sealed_io *io)
{
	struct sealed *s = mem_zero(mem, struct sealed);
	s->io = *io;
	s->held = -1;
	talloc_set_destructor(s, sealed_wipe);
	return s;
}

static enum result damaged(struct error *e, const char *how)
{
	error_cause(e, "an object is damaged: %s", how);
	return error_set(e, ERR_DAMAGED, NULL);
}

static void remember(struct sealed *s, const struct crypto_stream *state)
{
	s->before = mem_grow(s, s->before, struct crypto_stream, s->n_before + 1);
	s->before[s->n_before++] = *state;
}

enum result sealed_create(TALLOC_CTX *mem, const struct sealed_io *io, const struct store_key *key,
    const char *master_id, const uint8_t file_key[CRYPTO_KEY_SIZE], struct sealed **out, struct error *e)
{
	struct sealed *s = new_sealed(mem, io);
	struct crypto_stream stream;
	uint8_t header[HEADER] = "SCF1";
	if (!crypto_unhex(master_id, header + 8, 8))
		BUG("the id of a master key is no id");
	memcpy(header + 16, &key->id, 16);
	memcpy(s->ad, header, TOLD);
	memcpy(s->ad + TOLD, &key->organization_id, 16);
	crypto_stream_seal_begin(&stream, file_key, header + TOLD);
	remember(s, &stream);
	enum result rc = io->write(io->state, header, sizeof(header), e);
	if (rc != ERR_OK) {
		talloc_free(s);
		return rc;
	}
	*out = s;
	return ERR_OK;
}

static enum result seal_piece(struct sealed *s, bool last, struct error *e)
{
	struct crypto_stream stream = s->before[s->n_before - 1];
	crypto_stream_seal(&stream, s->clear, s->n, s->ad, sizeof(s->ad), last, s->piece);
	TRY(s->io.write(s->io.state, s->piece, s->n + CRYPTO_STREAM_OVERHEAD, e));
	remember(s, &stream);
	s->n_sealed++;
	s->n = 0;
	s->finished = last;
	return ERR_OK;
}

static enum result add(struct sealed *s, const uint8_t *at, size_t n, struct error *e)
{
	while (n > 0) {
		/* A full piece waits until it is known whether it is the last one. */
		if (s->n == PIECE)
			TRY(seal_piece(s, false, e));
		size_t take = PIECE - s->n < n ? PIECE - s->n : n;
		memcpy(s->clear + s->n, at, take);
		s->n += take;
		at += take;
		n -= take;
	}
	return ERR_OK;
}

/* ---- by a second thread ---- */

static enum result seal_batch(void *arg, void *slot, struct error *e)
{
	struct sealed *s = arg;
	struct aside *a = s->aside;
	struct batch *b = slot;
	for (size_t i = 0; i < BATCH; i++) {
		uint8_t *to = a->sealed + i * SEALED_PIECE;
		crypto_stream_seal(&a->stream, b->clear + i * PIECE, PIECE, s->ad, sizeof(s->ad), false, to);
		b->after[i] = a->stream;
	}
	TRY(s->io.write(s->io.state, a->sealed, sizeof(a->sealed), e));
	fail_point("batch written");
	return ERR_OK;
}

static void batch_done(void *arg, void *slot)
{
	struct sealed *s = arg;
	const struct batch *b = slot;
	for (size_t i = 0; i < BATCH; i++)
		remember(s, &b->after[i]);
	s->n_sealed += BATCH;
}

void sealed_write_aside(struct sealed *s)
{
	struct lane_calls calls = { seal_batch, batch_done, s };
	if (s->lane || !s->io.write_aside)
		return;
	s->aside = mem_zero(s, struct aside);
	s->aside->stream = s->before[s->n_before - 1];
	s->lane = lane_start(s, BATCHES, sizeof(struct batch), &calls);
}

static enum result add_aside(struct sealed *s, const uint8_t *at, size_t n, struct error *e)
{
	while (n > 0) {
		struct batch *b = s->batch;
		if (b && b->n == sizeof(b->clear)) {
			lane_hand_over(s->lane);
			b = NULL;
		}
		if (!b) {
			void *slot;
			s->batch = NULL;
			TRY(lane_next(s->lane, &slot, e));
			b = s->batch = slot;
			/* What had come before there was a lane, at most a piece. */
			memcpy(b->clear, s->clear, s->n);
			b->n = s->n;
			s->n = 0;
		}
		size_t take = sizeof(b->clear) - b->n < n ? sizeof(b->clear) - b->n : n;
		memcpy(b->clear + b->n, at, take);
		b->n += take;
		at += take;
		n -= take;
	}
	return ERR_OK;
}

/* Ends the second thread; what it had not been given yet is sealed here. */
static enum result come_back(struct sealed *s, struct error *e)
{
	if (!s->lane)
		return ERR_OK;
	enum result r = lane_end(s->lane, e);
	if (r == ERR_OK && s->batch)
		r = add(s, s->batch->clear, s->batch->n, e);
	s->batch = NULL;
	TALLOC_FREE(s->lane);
	return r;
}

/* ---- */

enum result sealed_write(struct sealed *s, const void *bytes, size_t n, struct error *e)
{
	s->size += (int64_t)n;
	return s->lane ? add_aside(s, bytes, n, e) : add(s, bytes, n, e);
}

enum result sealed_finish(struct sealed *s, struct error *e)
{
	TRY(come_back(s, e));
	return seal_piece(s, true, e);
}

enum result sealed_open(TALLOC_CTX *mem, const struct sealed_io *io, const struct store_key *key, int64_t stored,
    const uint8_t file_key[CRYPTO_KEY_SIZE], struct sealed **out, struct error *e)
{
	uint8_t header[HEADER];
	size_t got;
	int64_t body = stored - HEADER, last = body % SEALED_PIECE;
	TRY(io->read_at(io->state, 0, header, sizeof(header), &got, e));
	if (got != sizeof(header) || memcmp(header, "SCF1\0\0\0", 8) != 0)
		return damaged(e, "its header is not ours");
	if (memcmp(header + 16, &key->id, 16) != 0)
		return damaged(e, "it is another one");
	/* An empty piece stands alone or not at all. */
	if (body < CRYPTO_STREAM_OVERHEAD || (last > 0 && last < CRYPTO_STREAM_OVERHEAD) ||
	    (last == CRYPTO_STREAM_OVERHEAD && body > SEALED_PIECE))
		return damaged(e, "its size is none");
	struct sealed *s = new_sealed(mem, io);
	struct crypto_stream stream;
	memcpy(s->ad, header, TOLD);
	memcpy(s->ad + TOLD, &key->organization_id, 16);
	crypto_stream_open_begin(&stream, file_key, header + TOLD);
	remember(s, &stream);
	s->n_sealed = (body + SEALED_PIECE - 1) / SEALED_PIECE;
	s->size = body - s->n_sealed * CRYPTO_STREAM_OVERHEAD;
	s->finished = true;
	*out = s;
	return ERR_OK;
}

int64_t sealed_size(const struct sealed *s)
{
	return s->size;
}

/* Brings piece `number` into `opened`, by way of all before it whose states are not known yet. */
static enum result open_piece(struct sealed *s, int64_t number, struct error *e)
{
	int64_t at = number < (int64_t)s->n_before ? number : (int64_t)s->n_before - 1;
	for (; s->held != number; at++) {
		struct crypto_stream stream = s->before[at];
		size_t got;
		bool last;
		s->held = -1;
		TRY(s->io.read_at(s->io.state, HEADER + at * SEALED_PIECE, s->piece, sizeof(s->piece), &got, e));
		/* While the object is written the backend may hold what follows: pieces are never longer than this. */
		if (!crypto_stream_open(&stream, s->piece, got, s->ad, sizeof(s->ad), s->opened, &last))
			return damaged(e, "its bytes are not what was written");
		if (last != (s->finished && at == s->n_sealed - 1))
			return damaged(e, "its end is not where it was");
		if (at == (int64_t)s->n_before - 1)
			remember(s, &stream);
		s->held = at;
		s->n_opened = got - CRYPTO_STREAM_OVERHEAD;
	}
	return ERR_OK;
}

enum result sealed_read_at(struct sealed *s, int64_t offset, void *bytes, size_t n, size_t *got, struct error *e)
{
	*got = 0;
	TRY(come_back(s, e));
	/* The end of an object without bytes is proved too: it may be a longer one cut short. */
	if (s->size == 0 && s->finished)
		TRY(open_piece(s, 0, e));
	while (*got < n && offset < s->size) {
		int64_t number = offset / PIECE;
		size_t within = (size_t)(offset % PIECE), there = s->n;
		const uint8_t *from = s->clear;
		if (number < s->n_sealed) {
			TRY(open_piece(s, number, e));
			from = s->opened;
			there = s->n_opened;
		}
		if (within >= there)
			return damaged(e, "a piece is too short");
		size_t take = there - within < n - *got ? there - within : n - *got;
		memcpy((uint8_t *)bytes + *got, from + within, take);
		*got += take;
		offset += (int64_t)take;
	}
	return ERR_OK;
}
