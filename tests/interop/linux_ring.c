/* linux_ring.c: Linux' virtio_ring.c or vringh.c on one side of a queue, our ring on the other.
 *
 * linux_ring driver|device split|packed event|flags indirect|direct BUFFERS: whose side Linux plays.
 * Built by linux_ring.py in a copy of a kernel's tools/virtio, whose headers make addresses and
 * pointers one: guest memory is all that this process has.
 *
 * Every buffer is a random chain. Its readable bytes are a function of its number, and so are those
 * that come back. Both sides sleep and have to be notified: a side that is neither awake nor woken
 * while there is something for it is a lost notification. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <linux/vringh.h>
#include <linux/slab.h>

#include "vq.h"

void *__kmalloc_fake, *__kfree_ignore_start, *__kfree_ignore_end;
void *__user_addr_min, *__user_addr_max = (void *)~0UL;

/* Of virtio_ring.c, and not in the headers for user space. */
struct virtqueue *vring_create_virtqueue(unsigned int index, unsigned int num, unsigned int vring_align,
					 struct virtio_device *vdev, bool weak_barriers, bool may_reduce_num,
					 bool context, bool (*notify)(struct virtqueue *),
					 void (*callback)(struct virtqueue *), const char *name);
dma_addr_t virtqueue_get_desc_addr(struct virtqueue *vq);
dma_addr_t virtqueue_get_avail_addr(struct virtqueue *vq);
dma_addr_t virtqueue_get_used_addr(struct virtqueue *vq);
irqreturn_t vring_interrupt(int irq, void *vq);

enum { SIZE = 256, PIECES = 4, LONGEST = 96 };

struct piece {
	unsigned char bytes[LONGEST];
	unsigned len;
};

/* One buffer; `number` is its place in the order in which they are sent. */
struct buffer {
	unsigned long long number;
	unsigned readable, writable, answer_len;
	struct piece pieces[2 * PIECES];
	unsigned char table[16 * 2 * PIECES] __attribute__((aligned(16)));
	struct buffer *next_free;
};

static struct buffer pool[SIZE], *free_buffers;
static unsigned long long state = 88172645463325252ULL, sent, served, back, kicks, calls;
static int driver_awake = 1, device_awake;

static void fail(const char *what)
{
	printf("after %llu sent, %llu served, %llu back: %s\n", sent, served, back, what);
	exit(1);
}

static unsigned below(unsigned n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 33) % n;
}

static unsigned char byte_of(unsigned long long number, unsigned at, int answer)
{
	unsigned long long x = (number * 2 + (unsigned)answer) * 0x9e3779b97f4a7c15ULL + at * 0xff51afd7ed558ccdULL;
	return (unsigned char)(x >> 56 ^ x >> 24);
}

/* A new random chain; the first readable piece starts with its number. */
static struct buffer *make(void)
{
	struct buffer *b = free_buffers;
	if (!b)
		return NULL;
	free_buffers = b->next_free;
	b->number = sent;
	b->readable = 1 + below(PIECES);
	b->writable = below(PIECES + 1);
	b->answer_len = 0;
	unsigned at = 0;
	for (unsigned i = 0; i < b->readable + b->writable; i++) {
		struct piece *p = &b->pieces[i];
		p->len = 8 + below(LONGEST - 8);
		memset(p->bytes, 0xee, sizeof p->bytes);
		for (unsigned k = 0; i < b->readable && k < p->len; k++)
			p->bytes[k] = byte_of(b->number, at++, 0);
	}
	memcpy(b->pieces[0].bytes, &b->number, 8);
	return b;
}

/* A buffer is back: what the device says it wrote, and every byte of it. */
static void check_answer(struct buffer *b, unsigned len)
{
	unsigned at = 0;
	if (len != b->answer_len)
		fail("another length came back than the device gave");
	for (unsigned i = b->readable; i < b->readable + b->writable; i++)
		for (unsigned k = 0; k < b->pieces[i].len; k++, at++)
			if (b->pieces[i].bytes[k] != (at < len ? byte_of(b->number, at, 1) : 0xee))
				fail("an answer has other bytes");
	b->next_free = free_buffers;
	free_buffers = b;
	b->number = ~0ULL;
	back++;
}

/* What the device read of a buffer that should be the next one; and how much it shall write. */
static struct buffer *check_request(const unsigned char *bytes, unsigned len, unsigned room)
{
	unsigned long long number;
	struct buffer *b = NULL;
	unsigned whole = 0;
	memcpy(&number, bytes, 8);
	for (unsigned i = 0; i < SIZE; i++)
		if (pool[i].number == number && number != ~0ULL)
			b = &pool[i];
	if (!b || number != served)
		fail("the device got something that was not sent, or not in order");
	for (unsigned i = 0; i < b->readable; i++)
		whole += b->pieces[i].len;
	if (len != whole)
		fail("a request has another length");
	for (unsigned i = 8; i < len; i++)
		if (bytes[i] != byte_of(number, i, 0))
			fail("a request has other bytes");
	served++;
	b->answer_len = room ? 1 + below(room) : 0;
	return b;
}

/* -- our device, against Linux' driver -- */

static struct vq_device our_device;
static struct vq_slot device_slots[SIZE];
static struct { unsigned short handle; unsigned len; } held[SIZE];
static unsigned n_held;
static struct virtqueue *linux_queue;

static void serve_ours(void)
{
	struct vq_seg segs[2 * PIECES];
	struct vq_chain chain = { .segs = segs, .capacity = 2 * PIECES };
	int rc = 1;
	unsigned char request[PIECES * LONGEST];
	for (unsigned n = 1 + below(16); n && (rc = vq_device_pop(&our_device, &chain)) == 1; n--) {
		unsigned len = 0, at = 0;
		for (unsigned i = 0; i < chain.readable; i++) {
			memcpy(request + len, (void *)(unsigned long)segs[i].addr, segs[i].len);
			len += segs[i].len;
		}
		struct buffer *b = check_request(request, len, chain.writable_bytes);
		for (unsigned i = chain.readable; i < (unsigned)chain.readable + chain.writable; i++)
			for (unsigned k = 0; k < segs[i].len && at < b->answer_len; k++, at++)
				((unsigned char *)(unsigned long)segs[i].addr)[k] = byte_of(b->number, at, 1);
		held[n_held].handle = chain.handle;
		held[n_held++].len = b->answer_len;
	}
	if (rc < 0)
		fail(vq_strerror(rc));
	/* In any order. */
	for (unsigned n = rc == 0 ? n_held : below(n_held + 1); n; n--) {
		const unsigned i = below(n_held);
		if (vq_device_push(&our_device, held[i].handle, held[i].len))
			fail("a handle is refused");
		held[i] = held[--n_held];
	}
	if (vq_device_notify(&our_device)) {
		calls++;
		vring_interrupt(0, linux_queue);
	}
	if (rc == 0 && n_held == 0)
		device_awake = vq_device_enable_avail(&our_device);
}

static bool kicked(struct virtqueue *vq)
{
	(void)vq;
	kicks++;
	device_awake = 1;
	return true;
}

static void called(struct virtqueue *vq)
{
	(void)vq;
	driver_awake = 1;
}

static int send_by_linux(void)
{
	struct scatterlist sg[2 * PIECES], *sgs[2 * PIECES];
	struct buffer *b = make();
	if (!b)
		return 0;
	for (unsigned i = 0; i < b->readable + b->writable; i++) {
		sg_init_one(&sg[i], b->pieces[i].bytes, b->pieces[i].len);
		sgs[i] = &sg[i];
	}
	if (virtqueue_add_sgs(linux_queue, sgs, b->readable, b->writable, b, GFP_ATOMIC)) {
		b->number = ~0ULL;
		b->next_free = free_buffers;
		free_buffers = b;
		return 0;
	}
	sent++;
	return 1;
}

static void drive_linux(unsigned long long most)
{
	unsigned len;
	struct buffer *b;
	int any = 0;
	for (unsigned n = below(16); n && sent < most && send_by_linux(); n--)
		any = 1;
	if (any)
		virtqueue_kick(linux_queue);
	while ((b = virtqueue_get_buf(linux_queue, &len))) {
		check_answer(b, len);
		any = 1;
	}
	if (sent == back) /* nothing is outstanding: nothing would wake it */
		return;
	if (!any && below(2))
		driver_awake = !virtqueue_enable_cb(linux_queue);
	else if (!any)
		driver_awake = !virtqueue_enable_cb_delayed(linux_queue);
}

static struct virtio_device *linux_device(unsigned short features, unsigned long long *bits)
{
	static struct virtio_device vdev;
	*bits = 1ULL << VIRTIO_F_VERSION_1;
	*bits |= features & VQ_F_EVENT_IDX ? 1ULL << VIRTIO_RING_F_EVENT_IDX : 0;
	*bits |= features & VQ_F_INDIRECT ? 1ULL << VIRTIO_RING_F_INDIRECT_DESC : 0;
	*bits |= features & VQ_F_PACKED ? 1ULL << VIRTIO_F_RING_PACKED : 0;
	vdev.features = *bits;
	INIT_LIST_HEAD(&vdev.vqs);
	spin_lock_init(&vdev.vqs_list_lock);
	return &vdev;
}

static void linux_drives(unsigned short features, unsigned long long most)
{
	unsigned long long bits;
	struct virtio_device *vdev = linux_device(features, &bits);
	linux_queue = vring_create_virtqueue(0, SIZE, 4096, vdev, true, false, false, kicked, called, "test");
	if (!linux_queue)
		fail("Linux' driver cannot be set up");
	const struct vq_mem all = { NULL, 0, (size_t)-1 };
	const struct vq_layout at = { virtqueue_get_desc_addr(linux_queue), virtqueue_get_avail_addr(linux_queue),
				      virtqueue_get_used_addr(linux_queue), SIZE, features };
	if (vq_device_init(&our_device, all, at, device_slots))
		fail("our device cannot be set up");
	while (back < most) {
		if (!driver_awake && !device_awake)
			fail("both sides sleep: a lost notification");
		if (driver_awake)
			drive_linux(most);
		if (device_awake)
			serve_ours();
	}
}

/* -- our driver, against Linux' vringh -- */

static struct vq_driver our_driver;
static struct vq_slot driver_slots[SIZE];
static struct vringh linux_vringh;

static void serve_by_vringh(void)
{
	struct vringh_kiov in, out;
	unsigned char request[PIECES * LONGEST], answer[PIECES * LONGEST];
	unsigned short head = 0;
	int rc = 1;
	vringh_kiov_init(&in, NULL, 0);
	vringh_kiov_init(&out, NULL, 0);
	for (unsigned n = 1 + below(16); n; n--) {
		rc = vringh_getdesc_kern(&linux_vringh, &in, &out, &head, GFP_KERNEL);
		if (rc != 1)
			break;
		unsigned room = 0;
		for (unsigned i = 0; i < out.used; i++)
			room += (unsigned)out.iov[i].iov_len;
		const ssize_t len = vringh_iov_pull_kern(&in, request, sizeof request);
		struct buffer *b = check_request(request, (unsigned)len, room);
		for (unsigned k = 0; k < b->answer_len; k++)
			answer[k] = byte_of(b->number, k, 1);
		if (vringh_iov_push_kern(&out, answer, b->answer_len) != (ssize_t)b->answer_len)
			fail("vringh cannot write an answer");
		if (vringh_complete_kern(&linux_vringh, head, b->answer_len))
			fail("vringh cannot complete");
	}
	if (rc < 0)
		fail("vringh refuses a chain of ours");
	vringh_kiov_cleanup(&in);
	vringh_kiov_cleanup(&out);
	if (vringh_need_notify_kern(&linux_vringh) > 0) {
		calls++;
		driver_awake = 1;
	}
	if (rc == 0)
		device_awake = !vringh_notify_enable_kern(&linux_vringh);
}

static int send_ours(unsigned short features)
{
	struct vq_seg segs[2 * PIECES];
	struct buffer *b = make();
	if (!b)
		return 0;
	for (unsigned i = 0; i < b->readable + b->writable; i++)
		segs[i] = (struct vq_seg){ (unsigned long)b->pieces[i].bytes, b->pieces[i].len };
	const unsigned short readable = (unsigned short)b->readable, writable = (unsigned short)b->writable;
	const int rc = features & VQ_F_INDIRECT && below(2) ?
			       vq_driver_add_indirect(&our_driver, (unsigned long)b->table, segs, readable, writable,
						      (unsigned long)b) :
			       vq_driver_add(&our_driver, segs, readable, writable, (unsigned long)b);
	if (rc >= 0) {
		sent++;
		return 1;
	}
	if (rc != VQ_E_FULL)
		fail(vq_strerror(rc));
	b->number = ~0ULL;
	b->next_free = free_buffers;
	free_buffers = b;
	return 0;
}

static void drive_ours(unsigned short features, unsigned long long most)
{
	struct vq_used used;
	int any = 0, rc;
	for (unsigned n = below(16); n && sent < most && send_ours(features); n--)
		any = 1;
	if (any && vq_driver_notify(&our_driver)) {
		kicks++;
		device_awake = 1;
	}
	while ((rc = vq_driver_get_used(&our_driver, &used)) == 1) {
		check_answer((struct buffer *)(unsigned long)used.token, used.len);
		any = 1;
	}
	if (rc < 0)
		fail(vq_strerror(rc));
	if (!any && sent != back) /* else nothing would wake it */
		driver_awake = vq_driver_enable_used_after(&our_driver, (uint16_t)(below(2) * below(16)));
}

static void linux_serves(unsigned short features, unsigned long long most)
{
	unsigned long long bits;
	size_t bytes[3];
	(void)linux_device(features, &bits);
	if (vq_area_bytes(SIZE, features, bytes))
		fail("no such queue");
	unsigned char *areas = aligned_alloc(4096, 65536);
	struct vq_layout at = { (unsigned long)areas, (unsigned long)areas + bytes[0], 0, SIZE, features };
	at.device = (at.driver + bytes[1] + 3) & ~3ULL;
	const struct vq_mem all = { NULL, 0, (size_t)-1 };
	if (vq_driver_init(&our_driver, all, at, driver_slots))
		fail("our driver cannot be set up");
	if (vringh_init_kern(&linux_vringh, bits, SIZE, true, (struct vring_desc *)(unsigned long)at.desc,
			     (struct vring_avail *)(unsigned long)at.driver,
			     (struct vring_used *)(unsigned long)at.device))
		fail("vringh cannot be set up");
	while (back < most) {
		if (!driver_awake && !device_awake)
			fail("both sides sleep: a lost notification");
		if (driver_awake)
			drive_ours(features, most);
		if (device_awake)
			serve_by_vringh();
	}
}

int main(int argc, char **argv)
{
	if (argc != 6)
		return 2;
	unsigned short features = 0;
	features |= strcmp(argv[2], "packed") ? 0 : VQ_F_PACKED;
	features |= strcmp(argv[3], "event") ? 0 : VQ_F_EVENT_IDX;
	features |= strcmp(argv[4], "indirect") ? 0 : VQ_F_INDIRECT;
	for (unsigned i = 0; i < SIZE; i++) {
		pool[i].number = ~0ULL;
		pool[i].next_free = free_buffers;
		free_buffers = &pool[i];
	}
	const unsigned long long most = strtoull(argv[5], NULL, 10);
	if (strcmp(argv[1], "driver") == 0)
		linux_drives(features, most);
	else
		linux_serves(features, most);
	printf("%llu buffers, %llu kicks, %llu calls, nothing wrong\n", back, kicks, calls);
	return 0;
}
