/* bulk.h: the machine (model/machine/machine.py) for many schedules, in C.
 *
 * A machine is two arrays that the caller owns: a table of 32-bit numbers that never changes, and a
 * state. table.py makes both from a Machine; what the numbers are stands there beside each record.
 *
 *   table   how many agents, then records of agents, nodes, lines, registers, rings, ... each of them
 *           known by where it begins
 *   state   `bytes` bytes (guest memory, then the register window), then 32-bit cells
 *
 * No globals, no allocation, no Python. A table that table.py did not make may do anything. */
#ifndef VQ_BULK_H
#define VQ_BULK_H

#include <stddef.h>
#include <stdint.h>

/* What a node does, what is looked at, and the operators of expressions. table.py numbers them by
 * this list. */
#define BULK_OPS(X)                                                                          \
	X(GOTO) X(TEST) X(ASSIGN) X(FAULT) X(ACQUIRE) X(UNLOCK) X(DECLINED)                  \
	X(SET) X(CLEAR) X(CLEAR_BY) X(READ) X(TAKE)                                          \
	X(RAISE) X(LOWER) X(PULSE) X(MASK) X(UNMASK) X(ENTER) X(EOI)                         \
	X(PUBLISH) X(DRAIN) X(DRAIN_ONE) X(ENABLE) X(DISABLE) X(SCHEDULE) X(COMPLETE)        \
	X(CHANGE) X(NOTICE) X(ARRIVE)                                                        \
	X(ASSERTED) X(MASKED) X(PENDING) X(WANTS) X(WANTS_LAST)                              \
	X(ALWAYS) X(ROOM) X(FLAG) X(FIRES) X(WAITING) X(FREE) X(ARRIVED) X(NOT_FULL)         \
	X(LIT) X(CELL) X(BIT) X(NOT) X(AND) X(OR) X(EQ) X(LESS) X(ADD) X(MUL) X(ITE)

#define BULK_NAME(name) BULK_##name,
enum bulk_op { BULK_OPS(BULK_NAME) BULK_N_OPS };
#undef BULK_NAME

enum bulk_kind { BULK_PASS, BULK_STAND, BULK_END, BULK_ROUND }; /* as in agents.py */

enum {
	BULK_REST = 0, /* everybody has come to rest, and nothing is left */
	BULK_LOOK = 1, /* something is left, or nobody rests, or a line was for nobody: look closer */
	BULK_BEYOND = -1, /* an error of the design or of a ring, or a number that is too large */
};

/* A machine at work; `state` is changed, `table` is not. */
struct bulk {
	const int32_t *table;
	uint8_t *bytes;
	int32_t *cells;
};

/* Each byte picks an agent: how many of them could step, or BULK_BEYOND. */
int64_t bulk_run(struct bulk *m, const uint8_t *schedule, size_t n);

/* Everybody in turn, without anything new, until nobody can step: BULK_*. */
int bulk_settle(struct bulk *m);

#endif
