/* vq_run.c: a program of operations: bytes in, events out (vq_run.h has the format). */
#include "vq_run.h"

#include <stdbool.h>
#include <string.h>

#include "vq_mem.h"

struct reader {
	const uint8_t *bytes;
	size_t len, at;
};

struct event {
	int result;
	uint32_t a, b, c;
};

static uint8_t byte(struct reader *r)
{
	return r->at < r->len ? r->bytes[r->at++] : 0;
}

static uint16_t word(struct reader *r)
{
	const unsigned low = byte(r);
	return (uint16_t)(low | (unsigned)byte(r) << 8);
}

static uint32_t digest(uint32_t sum, uint32_t x)
{
	return sum * 31 + x;
}

/* The first that is not busy; the last if all are. */
static unsigned free_buffer(uint64_t busy)
{
	return (unsigned)__builtin_ctzll(~busy | UINT64_C(1) << 63);
}

/* Segments by two bytes: 3 bits each for how many are readable and writable, 2 for mistakes to make. */
static uint16_t make_segs(struct vq_seg *segs, unsigned buffer, uint8_t shape, uint8_t lengths)
{
	const unsigned readable = shape & 7, count = readable + (shape >> 3 & 7);
	for (unsigned i = 0; i < count; i++)
		segs[i] = (struct vq_seg){ VQ_RUN_GPA + VQ_RUN_DATA + 64 * buffer + 4 * i,
					   1 + ((lengths + 5 * i) & 15) };
	if (count && shape >> 6 == 2)
		segs[count - 1].len = 0;
	if (count && shape >> 6 == 3)
		segs[0].addr = lengths & 1 ? UINT64_MAX : VQ_RUN_GPA - 1;
	return (uint16_t)readable;
}

static int add(struct vq_run *run, bool indirect, uint8_t shape, uint8_t lengths)
{
	struct vq_seg segs[14];
	const unsigned buffer = free_buffer(run->busy);
	const uint64_t token = (uint64_t)run->serial << 8 | buffer;
	const uint16_t readable = make_segs(segs, buffer, shape, lengths), writable = shape >> 3 & 7;
	/* Four entries fit the table of a buffer; a longer one reaches into its neighbour's. */
	const uint64_t table = VQ_RUN_GPA + VQ_RUN_TABLES + 64 * buffer;
	const int rc = indirect ? vq_driver_add_indirect(&run->drv, table, segs, readable, writable, token) :
				  vq_driver_add(&run->drv, segs, readable, writable, token);
	if (rc >= 0) {
		run->busy |= UINT64_C(1) << buffer;
		run->serial = (run->serial + 1) & 0xffffff;
	}
	return rc;
}

static struct event get_used(struct vq_run *run)
{
	struct vq_used used = { 0, 0, 0 };
	const int rc = vq_driver_get_used(&run->drv, &used);
	if (rc != 1)
		return (struct event){ .result = rc };
	run->busy &= ~(UINT64_C(1) << (used.token & 63));
	return (struct event){ rc, (uint32_t)used.token, used.len, used.id };
}

static struct event pop(struct vq_run *run)
{
	struct vq_chain chain = { .segs = run->segs, .capacity = VQ_RUN_SIZE_MAX };
	const int rc = vq_device_pop(&run->dev, &chain);
	if (rc != 1)
		return (struct event){ .result = rc };
	run->held[run->n_held].handle = chain.handle;
	run->held[run->n_held++].writable = chain.writable_bytes;
	uint32_t sum = digest(chain.readable, chain.writable);
	for (unsigned i = 0; i < (unsigned)chain.readable + chain.writable; i++)
		sum = digest(digest(sum, (uint32_t)run->segs[i].addr), run->segs[i].len);
	return (struct event){ rc, chain.handle | (uint32_t)chain.id << 16, sum, chain.writable_bytes };
}

/* Gives back a handle, and forgets it, or with IN_ORDER all up to it. */
static int push_handle(struct vq_run *run, uint16_t handle, uint32_t len)
{
	const int rc = vq_device_push(&run->dev, handle, len);
	if (rc)
		return rc;
	unsigned i = 0;
	while (run->held[i].handle != handle)
		i++;
	const unsigned from = run->dev.a.at.features & VQ_F_IN_ORDER ? 0 : i;
	const unsigned gone = i + 1 - from;
	run->n_held = (uint16_t)(run->n_held - gone);
	for (unsigned k = from; k < run->n_held; k++)
		run->held[k] = run->held[k + gone];
	return 0;
}

static int push(struct vq_run *run, uint8_t which, uint8_t len)
{
	if (run->n_held == 0)
		return push_handle(run, which, len); /* none is taken: whatever the handle, an error */
	const unsigned i = which % (unsigned)run->n_held;
	const uint32_t writable = run->held[i].writable;
	const uint32_t most = len == 255 ? writable + 1 : writable;
	return push_handle(run, run->held[i].handle, len < most && len != 255 ? len : most);
}

static int cycle(struct vq_run *run, uint8_t times)
{
	int back = 0;
	for (unsigned i = 0; i < times % 16u; i++) {
		(void)add(run, false, 1 | 1 << 3, (uint8_t)i);
		(void)vq_driver_notify(&run->drv);
		if (pop(run).result == 1)
			(void)push(run, 0, 2);
		(void)vq_device_notify(&run->dev);
		back += get_used(run).result == 1;
	}
	return back;
}

static int poke(struct vq_run *run, uint8_t where, uint16_t offset, uint16_t value)
{
	const struct vq_areas *const a = &run->drv.a;
	size_t bytes[3] = { 0, 0, 0 };
	(void)vq_area_bytes(a->at.size, a->at.features, bytes);
	uint8_t *const area[] = { a->desc, a->driver, a->device, a->mem.bytes + VQ_RUN_TABLES };
	const size_t most = where % 4 == 3 ? VQ_RUN_DATA - VQ_RUN_TABLES : bytes[where % 4];
	vq_store16(area[where % 4] + offset % (most / 2) * 2, value);
	return 0;
}

static struct event reset(struct vq_run *run)
{
	struct vq_used used;
	struct event e = { 0, 0, 0, 0 };
	while (vq_driver_detach(&run->drv, &used)) {
		e.a = digest(e.a, (uint32_t)used.token);
		e.result++;
	}
	(void)vq_driver_reset(&run->drv);
	(void)vq_device_reset(&run->dev);
	run->busy = 0;
	run->n_held = 0;
	return e;
}

static int push_by(struct vq_run *run, struct reader *r)
{
	const uint8_t which = byte(r);
	return push(run, which, byte(r));
}

static int push_raw_by(struct vq_run *run, struct reader *r)
{
	const uint16_t handle = word(r);
	return push_handle(run, handle, byte(r));
}

static int add_by(struct vq_run *run, bool indirect, struct reader *r)
{
	const uint8_t shape = byte(r);
	return add(run, indirect, shape, byte(r));
}

static int poke_by(struct vq_run *run, struct reader *r)
{
	const uint8_t where = byte(r);
	const uint16_t offset = word(r);
	return poke(run, where, offset, word(r));
}

static struct event step(struct vq_run *run, enum vq_op op, struct reader *r)
{
	struct event e = { 0, 0, 0, 0 };
	switch ((int)op) {
	case VQ_OP_ADD: e.result = add_by(run, false, r); break;
	case VQ_OP_ADD_INDIRECT: e.result = add_by(run, true, r); break;
	case VQ_OP_PUBLISH: e.result = vq_driver_publish(&run->drv); break;
	case VQ_OP_NOTIFY: e.result = vq_driver_notify(&run->drv); break;
	case VQ_OP_GET_USED: return get_used(run);
	case VQ_OP_ENABLE_USED: e.result = vq_driver_enable_used(&run->drv); break;
	case VQ_OP_ENABLE_AFTER: e.result = vq_driver_enable_used_after(&run->drv, byte(r)); break;
	case VQ_OP_DISABLE_USED: e.result = vq_driver_disable_used(&run->drv); break;
	case VQ_OP_POP: return pop(run);
	case VQ_OP_PUSH: e.result = push_by(run, r); break;
	case VQ_OP_PUSH_RAW: e.result = push_raw_by(run, r); break;
	case VQ_OP_SHOW: e.result = vq_device_publish(&run->dev); break;
	case VQ_OP_CALL: e.result = vq_device_notify(&run->dev); break;
	case VQ_OP_ENABLE_AVAIL: e.result = vq_device_enable_avail(&run->dev); break;
	case VQ_OP_DISABLE_AVAIL: e.result = vq_device_disable_avail(&run->dev); break;
	case VQ_OP_CYCLE: e.result = cycle(run, byte(r)); break;
	case VQ_OP_POKE: e.result = poke_by(run, r); break;
	case VQ_OP_RESET: return reset(run);
	default: break;
	}
	return e;
}

/* `at` need not be aligned. */
static void put_event(uint8_t *at, enum vq_op op, struct event e)
{
	const uint32_t first = (uint32_t)op | (uint32_t)(uint16_t)e.result << 16;
	const uint32_t words[4] = { VQ_LE32(first), VQ_LE32(e.a), VQ_LE32(e.b), VQ_LE32(e.c) };
	memcpy(at, words, sizeof words);
}

static struct vq_layout layout(struct reader *r)
{
	struct vq_layout at = { .desc = VQ_RUN_GPA };
	size_t bytes[3] = { 0, 0, 0 };
	at.features = byte(r) & 15;
	const unsigned n = word(r);
	at.size = (uint16_t)(at.features & VQ_F_PACKED ? 1 + n % 64 : 1u << n % 7);
	(void)vq_area_bytes(at.size, at.features, bytes);
	at.driver = at.desc + bytes[0];
	at.device = (at.driver + bytes[1] + 3) / 4 * 4;
	return at;
}

int vq_run(struct vq_run *run, struct vq_mem mem, const uint8_t *program, size_t len, uint8_t *events,
	   struct vq_run_result *result)
{
	struct reader r = { program, len, 0 };
	if (mem.len < VQ_RUN_MEM || mem.gpa != VQ_RUN_GPA)
		return VQ_E_RANGE;
	const struct vq_layout at = layout(&r);
	int rc = vq_driver_init(&run->drv, mem, at, run->drv_slots);
	if (!rc)
		rc = vq_device_init(&run->dev, mem, at, run->dev_slots);
	if (rc)
		return rc;
	run->busy = 0;
	run->serial = 0;
	run->n_held = 0;
	*result = (struct vq_run_result){ 0, 0, 0 };
	while (r.at < r.len) {
		const size_t start = r.at;
		const enum vq_op op = (enum vq_op)(byte(&r) % VQ_OPS);
		if (op == VQ_OP_NOP)
			continue;
		const struct event e = step(run, op, &r);
		put_event(events + VQ_EVENT_BYTES * result->events++, op, e);
		if (e.result < 0 && e.result != VQ_E_FULL && !result->error) {
			result->error = e.result;
			result->error_at = start;
		}
	}
	return 0;
}
