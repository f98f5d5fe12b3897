/* pass.h: buffers from a driver to a device that share memory, each side sleeping on real notifications. */
#ifndef PASS_H
#define PASS_H

#include <stdbool.h>

#include "vq.h"

#define PASS_GPA UINT64_C(0x40000000)
#define PASS_MEM (1u << 20)
#define PASS_DATA (PASS_GPA + (1u << 19))

struct pass {
	uint8_t *memory;          /* PASS_MEM bytes that both sides see */
	struct vq_layout at;      /* with EVENT_IDX; at most 256 entries */
	uint64_t buffers;
	int kick, call;           /* eventfds: to the device, to the driver */
	int patience_ms;          /* a sleep that lasts longer was not ended: a lost notification */
	unsigned spins;           /* looks at the queue before a side sleeps */
};

/* What a side found: how many buffers, how often it slept, and what was wrong, NULL if nothing. */
struct passed {
	uint64_t buffers, sleeps;
	const char *wrong;
};

struct passed pass_driver(const struct pass *pass);
struct passed pass_device(const struct pass *pass);

/* A queue of `size` entries, packed or not, in this memory, and the eventfds. False on failure. */
bool pass_open(struct pass *pass, uint8_t *memory, uint16_t size, bool packed);

#endif
