/* vq.h: the virtqueue, split and packed, both sides, on bytes that the caller owns (virtio 1.3, 2.7, 2.8).
 *
 * Owns    nothing: no allocation, no globals, no output, no libc beyond what a compiler calls by
 *         itself (memset, memcpy). The caller supplies guest memory, the private structs, and one
 *         struct vq_slot for each entry of the queue.
 * Returns a count, an index or a truth value >= 0, or a negative enum vq_err. On an error the queue is
 *         as it was before the call, in guest memory and in the private structs.
 * Trusts  nothing in guest memory: each field is read once, checked, then used from a local. A loop
 *         over guest memory is bounded by the size of the queue.
 * Threads one for each side. The two sides may run at once, in threads or processes or against
 *         another implementation, ordered only by the barriers of vq_barrier.h. */
#ifndef VQ_H
#define VQ_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VQ_SIZE_MAX 32768 /* virtio 1.3, 2.6: the largest Queue Size */

enum vq_err {
	VQ_E_SIZE = -1,      /* the queue size is 0, above 32768, or (split) no power of two */
	VQ_E_ALIGN = -2,     /* an area is not aligned as 2.7 or 2.8 asks, or the memory is not to 16 */
	VQ_E_RANGE = -3,     /* an address or a length lies outside guest memory */
	VQ_E_FULL = -4,      /* no room: come back when buffers have been used */
	VQ_E_EMPTY = -5,     /* a buffer of length 0, or a chain without buffers */
	VQ_E_INDEX = -6,     /* a descriptor index lies outside its table */
	VQ_E_LOOP = -7,      /* a chain is longer than the queue, so it is too long or it loops */
	VQ_E_INDIRECT = -8,  /* an indirect table inside another, with NEXT, torn, or not negotiated */
	VQ_E_ORDER = -9,     /* a device-readable buffer after a device-writable one */
	VQ_E_JUMP = -10,     /* avail.idx, used.idx or a wrap bit offers more than is outstanding */
	VQ_E_ID = -11,       /* an id that is not outstanding, or (avail) that already is */
	VQ_E_LEN = -12,      /* more bytes than the chain has room for, or than 2^32 in all, or 2^32 of
			      * them to be written: a used length has 32 bits */
	VQ_E_SPACE = -13,    /* the caller's array of segments is too short for the chain */
	VQ_E_FEATURE = -14,  /* an unknown feature bit, or a feature that was not negotiated */
};

enum vq_feature {
	VQ_F_PACKED = 1,    /* VIRTIO_F_RING_PACKED (34) */
	VQ_F_EVENT_IDX = 2, /* VIRTIO_F_EVENT_IDX (29) */
	VQ_F_INDIRECT = 4,  /* VIRTIO_F_INDIRECT_DESC (28) */
	VQ_F_IN_ORDER = 8,  /* VIRTIO_F_IN_ORDER (35) */
};

/* Guest memory: `len` bytes at `bytes`, which the guest sees at `gpa`. The two agree modulo 16. */
struct vq_mem {
	uint8_t *bytes;
	uint64_t gpa;
	size_t len;
};

/* Where a queue lies, in guest addresses, and what was negotiated. The driver area is the avail ring
 * or the driver event suppression, the device area the used ring or the device event suppression. */
struct vq_layout {
	uint64_t desc, driver, device;
	uint16_t size;
	uint16_t features; /* a sum of enum vq_feature */
};

/* One piece of a buffer, in guest addresses. */
struct vq_seg {
	uint64_t addr;
	uint32_t len;
};

/* What the device finds in a buffer. The caller sets `segs` and `capacity`; vq_device_pop() fills in
 * the rest: first the readable segments, then the writable ones. After an error it means nothing. */
struct vq_chain {
	struct vq_seg *segs;
	uint16_t capacity;
	uint16_t handle;         /* what vq_device_push() wants back; below the queue size */
	uint16_t id;             /* as on the wire: the head (split) or the Buffer ID (packed) */
	uint16_t readable;       /* segments */
	uint16_t writable;       /* segments */
	uint32_t writable_bytes; /* the most that vq_device_push() accepts as a length */
};

/* What the driver gets back. */
struct vq_used {
	uint64_t token; /* as given to vq_driver_add() */
	uint16_t id;
	uint32_t len; /* bytes that the device says it wrote */
};

/* Book-keeping for one entry of a queue; private, may change between versions. */
struct vq_slot {
	uint64_t token;
	uint64_t epoch;    /* the driver's, when it added this */
	uint32_t writable; /* bytes */
	uint16_t next;     /* the free list; on the device's side, what was taken next */
	uint16_t last;     /* the last descriptor of a split chain; on the device's side, a packed id */
	uint16_t count;    /* descriptors in the ring; 0 is: not outstanding */
};

/* The parts that both sides have; private. */
struct vq_areas {
	struct vq_mem mem;
	struct vq_layout at;
	uint8_t *desc, *driver, *device;
	struct vq_slot *slots;
};

/* The driver's side; private. Indices of a split ring run freely and are compared by difference;
 * those of a packed ring are positions, each with its wrap counter. */
struct vq_driver {
	struct vq_areas a;
	uint64_t epoch;                       /* how often something was published */
	uint64_t since;                       /* made available since vq_driver_notify() looked */
	uint32_t batch_len;                   /* in order: the length of a batch's last buffer */
	uint16_t free_head, free_tail, free;  /* the free list of slots; free descriptors */
	uint16_t outstanding;                 /* buffers */
	uint16_t hidden;                      /* added and not published: buffers, or packed descriptors */
	uint16_t next_avail;                  /* where the next buffer goes */
	uint16_t pending_at, pending_flags;   /* packed: the store that publishes what is hidden */
	uint16_t last_used, used_seen;        /* what comes back next; used.idx as last read */
	uint16_t oldest, batch_last;          /* in order: the first outstanding; the end of a batch */
	uint16_t detached;                    /* slots that vq_driver_detach() has seen */
	uint8_t avail_wrap, used_wrap, in_batch;
};

/* The device's side; private. */
struct vq_device {
	struct vq_areas a;
	uint64_t since;                       /* used since vq_device_notify() looked */
	uint16_t free_head;                   /* packed: the free list of handles */
	uint16_t taken;                       /* buffers that were popped and not pushed */
	uint16_t in_flight;                   /* packed: their descriptors */
	uint16_t hidden;                      /* pushed and not published: buffers, or packed descriptors */
	uint16_t next_avail, avail_seen;      /* what is popped next; avail.idx as last read */
	uint16_t used;                        /* where the next used entry goes */
	uint16_t pending_at, pending_flags;   /* packed: the store that publishes what is hidden */
	uint16_t oldest, newest;              /* in order: what was taken first and last */
	uint8_t avail_wrap, used_wrap;
};

/* -- before there is a queue -- */

/* The sizes in bytes of the descriptor, driver and device area (2.7, 2.8.14); 0, or VQ_E_SIZE,
 * VQ_E_FEATURE. They are not padded, and each area has to be aligned: to 16, 2 and 4 bytes (split, 2.7),
 * to 16, 4 and 4 (packed, 2.8). Behind the other two of a split queue, the device area may need a gap. */
int vq_area_bytes(uint16_t size, uint16_t features, size_t bytes[3]);

/* The bytes that `slots` must have for either side of a queue of this size. */
size_t vq_slots_bytes(uint16_t size);

/* `len` bytes at the guest's `addr`, or NULL if they are not all in memory. */
uint8_t *vq_at(const struct vq_mem *mem, uint64_t addr, uint64_t len);

/* Static text for an error, never NULL. */
const char *vq_strerror(int err);

/* Whether `event` is passed on the way from `old_idx` to `new_idx`: the decision of EVENT_IDX for a
 * batch (2.7.7.2 read once for each entry). */
int vq_need_event(uint16_t event, uint16_t new_idx, uint16_t old_idx);

/* -- the driver's side -- */

/* Takes a queue into use: fills its three areas with zeros and enables used buffer notifications. The
 * areas must not overlap one another or a buffer, which is not checked; they are aligned as said at
 * vq_area_bytes(). `mem.bytes` and `slots` must outlive the driver. 0, or VQ_E_SIZE, VQ_E_ALIGN,
 * VQ_E_RANGE, VQ_E_FEATURE. */
int vq_driver_init(struct vq_driver *drv, struct vq_mem mem, struct vq_layout at, struct vq_slot *slots);

/* The queue as after init, for a queue reset (2.6.1) or a new start; the device must have stopped.
 * What is outstanding is forgotten: call vq_driver_detach() before. 0. */
int vq_driver_reset(struct vq_driver *drv);

/* Puts a buffer into the queue; the device does not see it yet. `segs` are the readable ones, then the
 * writable ones. `token` comes back with the used buffer. The id (>= 0), or VQ_E_FULL, VQ_E_EMPTY,
 * VQ_E_LOOP, VQ_E_RANGE, VQ_E_LEN. */
int vq_driver_add(struct vq_driver *drv, const struct vq_seg *segs, uint16_t readable, uint16_t writable,
		  uint64_t token);

/* The same by an indirect table, which the caller provides at the guest address `table` (16 bytes for
 * each segment, aligned to 16) and leaves alone until the buffer is used. Takes one descriptor of the
 * ring. Also VQ_E_FEATURE, VQ_E_ALIGN. */
int vq_driver_add_indirect(struct vq_driver *drv, uint64_t table, const struct vq_seg *segs,
			   uint16_t readable, uint16_t writable, uint64_t token);

/* Makes everything that was added available to the device. 0. */
int vq_driver_publish(struct vq_driver *drv);

/* Publishes, then says whether the device wants an available buffer notification for what was made
 * available since the last call: 1 send it, 0 it is suppressed. */
int vq_driver_notify(struct vq_driver *drv);

/* Takes back one used buffer: 1, or 0 if there is none, or VQ_E_JUMP, VQ_E_ID, VQ_E_LEN. With IN_ORDER,
 * buffers that the device skipped are reported as written in full (2.7.9, 2.8.12). */
int vq_driver_get_used(struct vq_driver *drv, struct vq_used *used);

/* Asks for no used buffer notifications. A hint (2.7.7): they may come all the same. 0. */
int vq_driver_disable_used(struct vq_driver *drv);

/* Asks for used buffer notifications again. 1 if there already are used buffers: then no notification
 * need come, look again. 0 if the driver may sleep. */
int vq_driver_enable_used(struct vq_driver *drv);

/* The same, but wants to hear only when `more` further buffers (packed: descriptors) have been used
 * after the next one; at most until everything outstanding is. Without EVENT_IDX as enable_used. */
int vq_driver_enable_used_after(struct vq_driver *drv, uint16_t more);

/* Takes back a buffer that the device did not use, after it stopped: 1, or 0 if none is left. The queue
 * is then fit for nothing but further calls of this and vq_driver_reset(). */
int vq_driver_detach(struct vq_driver *drv, struct vq_used *used);

/* -- the device's side -- */

/* Takes part in a queue that a driver has set up; writes nothing. What is asked of the areas,
 * and errors, as for the driver. */
int vq_device_init(struct vq_device *dev, struct vq_mem mem, struct vq_layout at, struct vq_slot *slots);

/* As after init, for a queue or device reset; forgets what was taken. 0. */
int vq_device_reset(struct vq_device *dev);

/* Takes the next available buffer: 1, or 0 if there is none, or any of VQ_E_RANGE .. VQ_E_SPACE that
 * the driver's bytes deserve. */
int vq_device_pop(struct vq_device *dev, struct vq_chain *chain);

/* Gives a buffer back as used, with `len` bytes written; the driver does not see it yet. With IN_ORDER,
 * everything that was taken before it is given back too, by the same used entry. 0, or VQ_E_ID for a
 * handle that is not taken, VQ_E_LEN. */
int vq_device_push(struct vq_device *dev, uint16_t handle, uint32_t len);

/* Makes everything that was pushed visible to the driver. 0. */
int vq_device_publish(struct vq_device *dev);

/* Publishes, then says whether the driver wants a used buffer notification for what was used since the
 * last call: 1 send it, 0 it is suppressed. */
int vq_device_notify(struct vq_device *dev);

/* Asks for no available buffer notifications; a hint, as above. 0. */
int vq_device_disable_avail(struct vq_device *dev);

/* Asks for them again. 1 if buffers already are available: look again. 0 if the device may sleep. */
int vq_device_enable_avail(struct vq_device *dev);

#ifdef __cplusplus
}
#endif

#endif
