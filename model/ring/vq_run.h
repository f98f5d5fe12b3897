/* vq_run.h: a program of operations on a queue with both sides: bytes in, events out.
 *
 * Total: any bytes are a program, and it ends. For mass fuzzing, and for comparing with reference.py,
 * whose interpreter (program.py) gives the same events and leaves the same guest memory.
 *
 *   bytes 0..2   features (low 4 bits), le16 size: 1 + n % 64 when packed, 1 << n % 7 when split
 *   then         operations: a byte modulo VQ_OPS, then its operands; bytes beyond the end are 0
 *
 * An event is 16 bytes, little-endian: u8 operation, u8 0, i16 result, u32 a, b, c. */
#ifndef VQ_RUN_H
#define VQ_RUN_H

#include "vq.h"

#define VQ_RUN_SIZE_MAX 64  /* entries of the queue */
#define VQ_RUN_MEM 10240    /* bytes of guest memory: areas, 64 tables of 64 bytes, 64 buffers of 64 */
#define VQ_RUN_GPA 0x10000u /* where the guest sees it */
#define VQ_RUN_TABLES 2048u /* offsets in memory */
#define VQ_RUN_DATA 6144u
#define VQ_EVENT_BYTES 16

enum vq_op {
	VQ_OP_NOP,           /* no event either */
	VQ_OP_ADD,           /* shape, lengths */
	VQ_OP_ADD_INDIRECT,  /* shape, lengths */
	VQ_OP_PUBLISH,       /* the driver's */
	VQ_OP_NOTIFY,        /* the driver's */
	VQ_OP_GET_USED,      /* a token, b length, c id */
	VQ_OP_ENABLE_USED,
	VQ_OP_ENABLE_AFTER,  /* how many more */
	VQ_OP_DISABLE_USED,
	VQ_OP_POP,           /* a handle + id << 16, b digest of the segments, c bytes writable */
	VQ_OP_PUSH,          /* which of those held, length (255: one too many) */
	VQ_OP_PUSH_RAW,      /* le16 handle, length */
	VQ_OP_SHOW,          /* the device's publish */
	VQ_OP_CALL,          /* the device's notify */
	VQ_OP_ENABLE_AVAIL,
	VQ_OP_DISABLE_AVAIL,
	VQ_OP_CYCLE,         /* n % 16 whole cycles of one buffer; result: how many came back */
	VQ_OP_POKE,          /* hostile: area, le16 offset, le16 value */
	VQ_OP_RESET,         /* both sides; result: detached, a their digest */
	VQ_OPS,
};

/* Everything that a run keeps; private, may live anywhere. */
struct vq_run {
	struct vq_driver drv;
	struct vq_device dev;
	struct vq_slot drv_slots[VQ_RUN_SIZE_MAX], dev_slots[VQ_RUN_SIZE_MAX];
	struct vq_seg segs[VQ_RUN_SIZE_MAX];
	struct { uint16_t handle; uint32_t writable; } held[VQ_RUN_SIZE_MAX];
	uint64_t busy; /* one bit for each table and buffer that is in use */
	uint32_t serial;
	uint16_t n_held;
};

struct vq_run_result {
	size_t events;      /* how many were written */
	size_t error_at;    /* offset in the program of the first operation that failed */
	int error;          /* its error, 0 if none failed; a full queue (VQ_E_FULL) is no failure */
};

/* Runs a program. `mem.len` is at least VQ_RUN_MEM and `mem.gpa` is VQ_RUN_GPA, else VQ_E_RANGE (or
 * VQ_E_ALIGN); `events` has room for VQ_EVENT_BYTES for each byte of the program. 0 otherwise. */
int vq_run(struct vq_run *run, struct vq_mem mem, const uint8_t *program, size_t len, uint8_t *events,
	   struct vq_run_result *result);

#endif
