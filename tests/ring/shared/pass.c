/* pass.c: see pass.h. Each buffer carries its number; the device answers with its complement. */
#define _GNU_SOURCE
#include "pass.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { BATCH = 8 };

static uint8_t *cell(const struct pass *pass, uint64_t addr)
{
	return pass->memory + (addr - PASS_GPA);
}

bool pass_open(struct pass *pass, uint8_t *memory, uint16_t size, bool packed)
{
	size_t bytes[3];
	const uint16_t features = (uint16_t)(VQ_F_EVENT_IDX | (packed ? VQ_F_PACKED : 0));
	if (vq_area_bytes(size, features, bytes) || size > 256)
		return false;
	pass->memory = memory;
	pass->at = (struct vq_layout){ .desc = PASS_GPA, .size = size, .features = features };
	pass->at.driver = PASS_GPA + bytes[0];
	pass->at.device = (pass->at.driver + bytes[1] + 3) & ~UINT64_C(3);
	pass->kick = eventfd(0, 0);
	pass->call = eventfd(0, 0);
	return pass->kick >= 0 && pass->call >= 0;
}

static bool ring_bell(int fd)
{
	const uint64_t one = 1;
	return write(fd, &one, sizeof one) == sizeof one;
}

/* Until the bell has rung; false if it does not. */
static bool wait_for_bell(int fd, int patience_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t rung;
	return poll(&p, 1, patience_ms) == 1 && read(fd, &rung, sizeof rung) == sizeof rung;
}

struct driver_state {
	struct vq_driver drv;
	struct vq_slot slots[256];
	uint64_t in_place[256]; /* the number of the buffer in each place, plus 1; 0 is free */
	uint16_t free[256];
	uint16_t n_free;
};

static bool send(const struct pass *pass, struct driver_state *s, uint64_t number, struct passed *p)
{
	const uint16_t place = s->free[s->n_free - 1];
	const struct vq_seg segs[2] = { { PASS_DATA + 16u * place, 8 }, { PASS_DATA + 16u * place + 8, 8 } };
	memcpy(cell(pass, segs[0].addr), &number, 8);
	memset(cell(pass, segs[1].addr), 0, 8);
	const int rc = vq_driver_add(&s->drv, segs, 1, number % 3 ? 1 : 0, place);
	if (rc == VQ_E_FULL)
		return false;
	if (rc < 0)
		p->wrong = vq_strerror(rc);
	s->n_free--;
	s->in_place[place] = number + 1;
	return rc >= 0;
}

/* Takes back what is there; whether there was anything. */
static bool collect(const struct pass *pass, struct driver_state *s, struct passed *p)
{
	struct vq_used used;
	bool any = false;
	int rc;
	while ((rc = vq_driver_get_used(&s->drv, &used)) == 1) {
		const uint64_t number = s->in_place[used.token] - 1;
		uint64_t answer = 0;
		memcpy(&answer, cell(pass, PASS_DATA + 16 * used.token + 8), 8);
		if (number == UINT64_MAX)
			p->wrong = "a buffer came back twice";
		else if (used.len != (number % 3 ? 8 : 0) || (number % 3 && answer != ~number))
			p->wrong = "a buffer came back with other bytes";
		s->in_place[used.token] = 0;
		s->free[s->n_free++] = (uint16_t)used.token;
		p->buffers++;
		any = true;
	}
	if (rc < 0)
		p->wrong = vq_strerror(rc);
	return any;
}

struct passed pass_driver(const struct pass *pass)
{
	struct driver_state *const s = calloc(1, sizeof *s);
	struct passed p = { 0, 0, NULL };
	uint64_t sent = 0;
	unsigned idle = 0;
	const struct vq_mem mem = { pass->memory, PASS_GPA, PASS_MEM };
	if (vq_driver_init(&s->drv, mem, pass->at, s->slots))
		p.wrong = "the driver's side cannot be set up";
	while (s->n_free < pass->at.size) {
		s->free[s->n_free] = s->n_free;
		s->n_free++;
	}
	while (p.buffers < pass->buffers && !p.wrong) {
		bool any = false;
		for (int i = 0; i < BATCH && sent < pass->buffers && s->n_free; i++) {
			if (!send(pass, s, sent, &p))
				break;
			sent++;
			any = true;
		}
		if (any && vq_driver_notify(&s->drv) && !ring_bell(pass->kick))
			p.wrong = "the device cannot be notified";
		if (collect(pass, s, &p) || any || ++idle < pass->spins)
			continue;
		idle = 0;
		if (vq_driver_enable_used(&s->drv))
			continue;
		p.sleeps++;
		if (!wait_for_bell(pass->call, pass->patience_ms))
			p.wrong = "the driver was not woken: a lost notification";
	}
	free(s);
	return p;
}

/* Serves one buffer: it must be the next one. The length that is used, or -1. */
static int serve(const struct pass *pass, const struct vq_chain *chain, struct passed *p)
{
	uint64_t number = 0;
	memcpy(&number, cell(pass, chain->segs[0].addr), 8);
	if (number != p->buffers)
		p->wrong = number < p->buffers ? "the device got a buffer twice" : "the device missed a buffer";
	if (chain->readable != 1 || chain->writable != (number % 3 ? 1 : 0))
		p->wrong = "the device got another chain than was sent";
	if (p->wrong)
		return -1;
	p->buffers++;
	const uint64_t answer = ~number;
	if (chain->writable)
		memcpy(cell(pass, chain->segs[1].addr), &answer, 8);
	return chain->writable ? 8 : 0;
}

/* Serves what is available; returns a notification for each batch. Whether there was anything. */
static bool serve_all(const struct pass *pass, struct vq_device *dev, struct passed *p)
{
	struct vq_seg segs[4];
	struct vq_chain chain = { .segs = segs, .capacity = 4 };
	int rc = 1, n = 0;
	while (n < BATCH && !p->wrong && (rc = vq_device_pop(dev, &chain)) == 1) {
		const int len = serve(pass, &chain, p);
		if (len >= 0)
			rc = vq_device_push(dev, chain.handle, (uint32_t)len);
		n++;
	}
	if (rc < 0)
		p->wrong = vq_strerror(rc);
	if (n && vq_device_notify(dev) && !ring_bell(pass->call))
		p->wrong = "the driver cannot be notified";
	return n != 0;
}

struct passed pass_device(const struct pass *pass)
{
	struct vq_device dev;
	struct vq_slot slots[256];
	struct passed p = { 0, 0, NULL };
	unsigned idle = 0;
	const struct vq_mem mem = { pass->memory, PASS_GPA, PASS_MEM };
	if (vq_device_init(&dev, mem, pass->at, slots))
		p.wrong = "the device's side cannot be set up";
	/* Not before the driver has set the queue up: its first buffer passes the event 0. */
	if (!wait_for_bell(pass->kick, pass->patience_ms))
		p.wrong = "the device was never notified";
	while (p.buffers < pass->buffers && !p.wrong) {
		if (serve_all(pass, &dev, &p) || ++idle < pass->spins)
			continue;
		idle = 0;
		if (vq_device_enable_avail(&dev))
			continue;
		p.sleeps++;
		if (!wait_for_bell(pass->kick, pass->patience_ms))
			p.wrong = "the device was not woken: a lost notification";
	}
	return p;
}
