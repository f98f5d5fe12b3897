/* linux_ring.c: random programs of 64 operations on Linux' own packed ring, on ours, and on nothing.
 *
 * Built by tests/interop/linux_ring.py in a copy of a kernel's tools/virtio; prints a name and its
 * nanoseconds for one program a line. Each program makes a queue of 16 entries, packed, with EVENT_IDX,
 * runs, and deletes it. Linux' file is a driver's side; the device of `linux` and `driver` is one and the
 * same, and checks nothing. `both` is vq_run(): both sides checked, every event written down. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <linux/slab.h>

#include "bare.h"
#include "vq_mem.h"

void *__kmalloc_fake, *__kfree_ignore_start, *__kfree_ignore_end;
void *__user_addr_min, *__user_addr_max = (void *)~0UL;

/* Of virtio_ring.c, and not in the headers for user space. */
struct virtqueue *vring_create_virtqueue(unsigned int index, unsigned int num, unsigned int vring_align,
					 struct virtio_device *vdev, bool weak_barriers, bool may_reduce_num,
					 bool context, bool (*notify)(struct virtqueue *),
					 void (*callback)(struct virtqueue *), const char *name);
void vring_del_virtqueue(struct virtqueue *vq);
dma_addr_t virtqueue_get_desc_addr(struct virtqueue *vq);

enum { SIZE = 16, MOST = 6, ROUNDS = 400, PROGRAMS = 100, FEATURES = VQ_F_PACKED | VQ_F_EVENT_IDX };

static uint8_t memory[VQ_RUN_MEM] __attribute__((aligned(64)));
static uint64_t state = 88172645463325252u;

/* -- the device of both drivers: a packed ring that is trusted -- */

struct trusting {
	uint8_t *desc;
	uint16_t avail, used, pending_at, pending_flags, n_held, hidden;
	uint8_t avail_wrap, used_wrap;
	struct { uint16_t id, count; } held[SIZE];
};

static int trusting_pop(struct trusting *d)
{
	const uint16_t flags = vq_acquire16(d->desc + 16 * d->avail + 14);
	if (!(flags & VQ_DESC_AVAIL) == d->avail_wrap || !(flags & VQ_DESC_USED) != d->avail_wrap)
		return 0;
	for (uint16_t count = 1;; count++) {
		const struct vq_desc desc = vq_load_packed(d->desc + 16 * d->avail);
		d->avail_wrap ^= d->avail + 1 == SIZE;
		d->avail = (uint16_t)((d->avail + 1) % SIZE);
		if (desc.flags & VQ_DESC_NEXT)
			continue;
		d->held[d->n_held].id = desc.next_or_id;
		d->held[d->n_held++].count = count;
		return 1;
	}
}

static void trusting_push(struct trusting *d)
{
	if (d->n_held == 0)
		return;
	uint8_t *const at = d->desc + 16 * d->used;
	const uint16_t flags = d->used_wrap ? VQ_DESC_AVAIL | VQ_DESC_USED : 0;
	d->n_held--;
	vq_store32(at + 8, 0);
	vq_store16(at + 12, d->held[d->n_held].id);
	if (d->hidden++) {
		vq_store16(at + 14, flags);
	} else {
		d->pending_at = d->used;
		d->pending_flags = flags;
	}
	const unsigned next = d->used + d->held[d->n_held].count;
	d->used_wrap ^= next >= SIZE;
	d->used = (uint16_t)(next % SIZE);
}

static void trusting_show(struct trusting *d)
{
	if (d->hidden)
		vq_release16(d->desc + 16 * d->pending_at + 14, d->pending_flags);
	d->hidden = 0;
}

static void trusting_op(struct trusting *d, uint8_t op)
{
	if (op == VQ_OP_POP)
		trusting_pop(d);
	else if (op == VQ_OP_PUSH || op == VQ_OP_PUSH_RAW)
		trusting_push(d);
	else if (op == VQ_OP_SHOW || op == VQ_OP_CALL)
		trusting_show(d);
}

/* -- Linux' driver -- */

static struct virtio_device vdev;
static uint64_t notified, returned;

static bool kicked(struct virtqueue *vq)
{
	(void)vq;
	return true;
}

static void called(struct virtqueue *vq)
{
	(void)vq;
}

static void linux_add(struct virtqueue *vq, uint8_t shape, uint8_t lengths)
{
	struct scatterlist sg[MOST], *sgs[MOST];
	const unsigned readable = shape & 3, writable = shape >> 3 & 3;
	for (unsigned i = 0; i < readable + writable; i++) {
		sg_init_one(&sg[i], memory + VQ_RUN_DATA + 4 * i, 1 + ((lengths + 5 * i) & 15));
		sgs[i] = &sg[i];
	}
	if (readable + writable)
		(void)virtqueue_add_sgs(vq, sgs, readable, writable, memory, GFP_ATOMIC);
}

static void linux_op(struct virtqueue *vq, uint8_t op, const uint8_t *operands)
{
	unsigned len;
	switch (op) {
	case VQ_OP_ADD:
	case VQ_OP_ADD_INDIRECT: linux_add(vq, operands[0], operands[1]); break;
	case VQ_OP_PUBLISH:
	case VQ_OP_NOTIFY: notified += virtqueue_kick_prepare(vq); break;
	case VQ_OP_GET_USED: returned += virtqueue_get_buf(vq, &len) != NULL; break;
	case VQ_OP_ENABLE_USED: (void)virtqueue_enable_cb(vq); break;
	case VQ_OP_ENABLE_AFTER: (void)virtqueue_enable_cb_delayed(vq); break;
	default: virtqueue_disable_cb(vq); break;
	}
}

static void linux_program(const uint8_t *program, size_t len)
{
	struct virtqueue *const vq =
		vring_create_virtqueue(0, SIZE, 4096, &vdev, true, false, false, kicked, called, "bench");
	struct trusting d = { .desc = (uint8_t *)(unsigned long)virtqueue_get_desc_addr(vq),
			    .avail_wrap = 1, .used_wrap = 1 };
	for (size_t at = 3; at < len; at += 1 + operand_bytes[program[at]]) {
		if (program[at] <= VQ_OP_DISABLE_USED)
			linux_op(vq, program[at], program + at + 1);
		else
			trusting_op(&d, program[at]);
	}
	vring_del_virtqueue(vq);
}

/* -- our driver -- */

static struct vq_driver drv;
static struct vq_slot slots[SIZE];

static void driver_add(uint8_t shape, uint8_t lengths)
{
	struct vq_seg segs[MOST];
	const uint16_t readable = shape & 3, writable = shape >> 3 & 3;
	for (unsigned i = 0; i < (unsigned)readable + writable; i++)
		segs[i] = (struct vq_seg){ VQ_RUN_GPA + VQ_RUN_DATA + 4 * i, 1 + ((lengths + 5 * i) & 15) };
	(void)vq_driver_add(&drv, segs, readable, writable, 1);
	(void)vq_driver_publish(&drv); /* as Linux' does by itself */
}

static void driver_op(uint8_t op, const uint8_t *operands)
{
	struct vq_used used;
	switch (op) {
	case VQ_OP_ADD:
	case VQ_OP_ADD_INDIRECT: driver_add(operands[0], operands[1]); break;
	case VQ_OP_PUBLISH:
	case VQ_OP_NOTIFY: notified += vq_driver_notify(&drv) == 1; break;
	case VQ_OP_GET_USED: returned += vq_driver_get_used(&drv, &used) == 1; break;
	case VQ_OP_ENABLE_USED: (void)vq_driver_enable_used(&drv); break;
	case VQ_OP_ENABLE_AFTER: (void)vq_driver_enable_used_after(&drv, operands[0]); break;
	default: (void)vq_driver_disable_used(&drv); break;
	}
}

static void driver_program(const uint8_t *program, size_t len)
{
	size_t bytes[3];
	struct vq_layout at = { .desc = VQ_RUN_GPA, .size = SIZE, .features = FEATURES };
	if (vq_area_bytes(SIZE, FEATURES, bytes))
		abort();
	at.driver = at.desc + bytes[0];
	at.device = at.driver + bytes[1];
	const struct vq_mem mem = { memory, VQ_RUN_GPA, VQ_RUN_MEM };
	if (vq_driver_init(&drv, mem, at, slots))
		abort();
	struct trusting d = { .desc = memory, .avail_wrap = 1, .used_wrap = 1 };
	for (size_t i = 3; i < len; i += 1 + operand_bytes[program[i]]) {
		if (program[i] <= VQ_OP_DISABLE_USED)
			driver_op(program[i], program + i + 1);
		else
			trusting_op(&d, program[i]);
	}
}

/* -- both our sides, and the bare ring -- */

static struct vq_run run;
static struct bare bare;
static uint8_t events[VQ_EVENT_BYTES * PROGRAM_BYTES];

static void both_program(const uint8_t *program, size_t len)
{
	const struct vq_mem mem = { memory, VQ_RUN_GPA, VQ_RUN_MEM };
	struct vq_run_result result;
	if (vq_run(&run, mem, program, len, events, &result))
		abort();
}

static void bare_program(const uint8_t *program, size_t len)
{
	returned += bare_run(&bare, program, len);
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); /* others may have the core meanwhile */
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int main(void)
{
	struct {
		const char *name;
		void (*program)(const uint8_t *program, size_t len);
		double best;
		uint64_t returned;
	} cases[] = {
		{ "linux", linux_program, 1e18, 0 },
		{ "driver", driver_program, 1e18, 0 },
		{ "both", both_program, 1e18, 0 },
		{ "bare", bare_program, 1e18, 0 },
	};
	vdev.features = 1ULL << VIRTIO_F_VERSION_1 | 1ULL << VIRTIO_RING_F_EVENT_IDX;
	vdev.features |= 1ULL << VIRTIO_F_RING_PACKED;
	INIT_LIST_HEAD(&vdev.vqs);
	spin_lock_init(&vdev.vqs_list_lock);
	for (int r = 0; r < ROUNDS; r++) {
		const uint64_t from = state;
		for (unsigned k = 0; k < sizeof cases / sizeof *cases; k++) {
			uint8_t program[PROGRAM_BYTES];
			returned = 0;
			state = from; /* the same programs for all of them */
			const double started = now();
			for (int n = 0; n < PROGRAMS; n++)
				cases[k].program(program, random_program(program, FEATURES, SIZE - 1, &state));
			const double ns = (now() - started) / PROGRAMS;
			cases[k].best = ns < cases[k].best ? ns : cases[k].best;
			cases[k].returned += returned;
		}
	}
	/* Kicks may differ by Linux' later events; buffers may not. */
	if (cases[0].returned != cases[1].returned) {
		fprintf(stderr, "Linux' driver and ours did not do the same\n");
		return 1;
	}
	for (unsigned k = 0; k < sizeof cases / sizeof *cases; k++)
		printf("%s %.2f\n", cases[k].name, cases[k].best);
	return 0;
}
