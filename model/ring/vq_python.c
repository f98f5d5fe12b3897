/* vq_python.c: the ring for Python, by its C API; the only file that knows Python. ring.py wraps it.
 *
 * One function for each of vq.h's that matters, on a capsule that owns the private structs and holds
 * the caller's buffer; errors of the ring are returned as they are, as negative numbers. And run(),
 * one call for a whole program, which releases the GIL. */
#if !defined(VQ_NO_PYTHON_H) && defined(__has_include)
#if __has_include(<Python.h>)
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#define VQ_BINDING "C API, by Python.h"
#endif
#endif
#ifndef VQ_BINDING
#include "vq_python_abi.h"
#define VQ_BINDING "C API, by declarations of the stable ABI"
#endif

#include "vq.h"
#include "vq_mem.h"
#include "vq_run.h"

static const char driver_name[] = "vq_driver", device_name[] = "vq_device";

/* One side of a queue. Slots follow. */
struct side {
	Py_buffer view;
	union {
		struct vq_driver drv;
		struct vq_device dev;
	} as;
	struct vq_slot slots[];
};

static PyObject *fail(PyObject *type, const char *text)
{
	PyErr_SetString(type, text);
	return NULL;
}

/* A number from 0 to `most`; 0 and an exception if it is not. */
static uint64_t number(PyObject *object, uint64_t most, int *ok)
{
	const uint64_t x = PyLong_AsUnsignedLongLong(object);
	if (x == UINT64_MAX && PyErr_Occurred()) {
		*ok = 0;
		return 0;
	}
	if (x > most) {
		PyErr_SetString(PyExc_OverflowError, "a number is larger than its field");
		*ok = 0;
		return 0;
	}
	return x;
}

static int has(Py_ssize_t given, Py_ssize_t wanted)
{
	if (given == wanted)
		return 1;
	PyErr_SetString(PyExc_TypeError, "wrong number of arguments");
	return 0;
}

static struct vq_driver *driver(PyObject *const *args, Py_ssize_t given, Py_ssize_t wanted)
{
	struct side *const side = has(given, wanted) ? PyCapsule_GetPointer(args[0], driver_name) : NULL;
	return side ? &side->as.drv : NULL;
}

static struct vq_device *device(PyObject *const *args, Py_ssize_t given, Py_ssize_t wanted)
{
	struct side *const side = has(given, wanted) ? PyCapsule_GetPointer(args[0], device_name) : NULL;
	return side ? &side->as.dev : NULL;
}

static void side_free(PyObject *capsule, const char *name)
{
	struct side *const side = PyCapsule_GetPointer(capsule, name);
	PyBuffer_Release(&side->view);
	PyMem_RawFree(side);
}

static void driver_free(PyObject *capsule)
{
	side_free(capsule, driver_name);
}

static void device_free(PyObject *capsule)
{
	side_free(capsule, device_name);
}

static int side_init(struct side *side, struct vq_mem mem, struct vq_layout at, int is_driver)
{
	return is_driver ? vq_driver_init(&side->as.drv, mem, at, side->slots) :
			   vq_device_init(&side->as.dev, mem, at, side->slots);
}

/* (memory, gpa, desc, driver, device, size, features): a capsule, or the error as a number. */
static PyObject *side_new(PyObject *const *args, Py_ssize_t n, int is_driver)
{
	int ok = 1;
	if (!has(n, 7))
		return NULL;
	const uint64_t gpa = number(args[1], UINT64_MAX, &ok);
	const struct vq_layout at = {
		.desc = number(args[2], UINT64_MAX, &ok),
		.driver = number(args[3], UINT64_MAX, &ok),
		.device = number(args[4], UINT64_MAX, &ok),
		.size = (uint16_t)number(args[5], UINT16_MAX, &ok),
		.features = (uint16_t)number(args[6], UINT16_MAX, &ok),
	};
	if (!ok)
		return NULL;
	struct side *const side = PyMem_RawCalloc(1, sizeof(struct side) + vq_slots_bytes(at.size));
	if (!side)
		return fail(PyExc_MemoryError, "no memory for a side of a queue");
	if (PyObject_GetBuffer(args[0], &side->view, PyBUF_WRITABLE)) {
		PyMem_RawFree(side);
		return NULL;
	}
	const struct vq_mem mem = { side->view.buf, gpa, (size_t)side->view.len };
	const int rc = side_init(side, mem, at, is_driver);
	PyObject *const capsule = rc ? PyLong_FromLong(rc) :
				       PyCapsule_New(side, is_driver ? driver_name : device_name,
						     is_driver ? driver_free : device_free);
	if (rc || !capsule) {
		PyBuffer_Release(&side->view);
		PyMem_RawFree(side);
	}
	return capsule;
}

static PyObject *driver_new(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
	(void)self;
	return side_new(args, n, 1);
}

static PyObject *device_new(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
	(void)self;
	return side_new(args, n, 0);
}

/* (driver, token, 1 if indirect, its table, readable, addr, len, addr, len, ...): the id or an error. */
static PyObject *driver_add(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
	(void)self;
	enum { FIXED = 5, FEW = 16 };
	int ok = 1;
	if (n < FIXED || (n - FIXED) % 2)
		return fail(PyExc_TypeError, "wrong number of arguments");
	struct vq_driver *const drv = driver(args, 1, 1);
	if (!drv)
		return NULL;
	const uint64_t token = number(args[1], UINT64_MAX, &ok);
	const uint64_t is_indirect = number(args[2], 1, &ok), table = number(args[3], UINT64_MAX, &ok);
	const uint64_t count = (uint64_t)(n - FIXED) / 2;
	const uint16_t readable = (uint16_t)number(args[4], UINT16_MAX, &ok);
	if (ok && (readable > count || count - readable > UINT16_MAX))
		return fail(PyExc_ValueError, "more readable segments than there are, or too many segments");
	struct vq_seg few[FEW];
	struct vq_seg *const segs = count <= FEW ? few : PyMem_RawCalloc(count, sizeof *segs);
	if (!segs)
		return fail(PyExc_MemoryError, "no memory for segments");
	for (uint64_t i = 0; ok && i < count; i++)
		segs[i] = (struct vq_seg){ number(args[FIXED + 2 * i], UINT64_MAX, &ok),
					   (uint32_t)number(args[FIXED + 2 * i + 1], UINT32_MAX, &ok) };
	const uint16_t writable = (uint16_t)(count - readable);
	int rc = 0;
	if (ok)
		rc = is_indirect ? vq_driver_add_indirect(drv, table, segs, readable, writable, token) :
				   vq_driver_add(drv, segs, readable, writable, token);
	if (segs != few)
		PyMem_RawFree(segs);
	return ok ? PyLong_FromLong(rc) : NULL;
}

/* A tuple of numbers; the count, then so many. */
static PyObject *numbers(const uint64_t *x, Py_ssize_t n)
{
	PyObject *const tuple = PyTuple_New(n);
	for (Py_ssize_t i = 0; tuple && i < n; i++) {
		PyObject *const one = PyLong_FromUnsignedLongLong(x[i]);
		if (!one || PyTuple_SetItem(tuple, i, one)) {
			Py_DecRef(tuple);
			return NULL;
		}
	}
	return tuple;
}

static PyObject *used_or(int rc, const struct vq_used *used)
{
	if (rc != 1)
		return PyLong_FromLong(rc);
	const uint64_t x[] = { used->token, used->id, used->len };
	return numbers(x, 3);
}

static PyObject *driver_get_used(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
	(void)self;
	struct vq_used used;
	struct vq_driver *const drv = driver(args, n, 1);
	return drv ? used_or(vq_driver_get_used(drv, &used), &used) : NULL;
}

static PyObject *driver_detach(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
	(void)self;
	struct vq_used used;
	struct vq_driver *const drv = driver(args, n, 1);
	return drv ? used_or(vq_driver_detach(drv, &used), &used) : NULL;
}

static PyObject *driver_enable_used(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
	(void)self;
	int ok = 1;
	struct vq_driver *const drv = driver(args, n, 2);
	const uint16_t more = drv ? (uint16_t)number(args[1], UINT16_MAX, &ok) : 0;
	return drv && ok ? PyLong_FromLong(vq_driver_enable_used_after(drv, more)) : NULL;
}

/* 0, an error, or (handle, id, readable, addr, len, addr, len, ...). */
static PyObject *device_pop(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
	(void)self;
	enum { FEW = 16 };
	struct vq_device *const dev = device(args, n, 1);
	if (!dev)
		return NULL;
	struct vq_seg few[FEW];
	struct vq_seg *many = NULL;
	struct vq_chain chain = { .segs = few, .capacity = FEW };
	int rc = vq_device_pop(dev, &chain);
	if (rc == VQ_E_SPACE) {
		chain.capacity = dev->a.at.size;
		chain.segs = many = PyMem_RawCalloc(chain.capacity, sizeof *many);
		if (!many)
			return fail(PyExc_MemoryError, "no memory for segments");
		rc = vq_device_pop(dev, &chain);
	}
	PyObject *answer = NULL;
	const size_t count = (size_t)chain.readable + chain.writable;
	uint64_t *const x = rc == 1 ? PyMem_RawCalloc(3 + 2 * count, sizeof *x) : NULL;
	if (x) {
		x[0] = chain.handle;
		x[1] = chain.id;
		x[2] = chain.readable;
		for (size_t i = 0; i < count; i++) {
			x[3 + 2 * i] = chain.segs[i].addr;
			x[4 + 2 * i] = chain.segs[i].len;
		}
		answer = numbers(x, (Py_ssize_t)(3 + 2 * count));
		PyMem_RawFree(x);
	} else {
		answer = rc == 1 ? fail(PyExc_MemoryError, "no memory for a chain") : PyLong_FromLong(rc);
	}
	PyMem_RawFree(many);
	return answer;
}

static PyObject *device_push(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
	(void)self;
	int ok = 1;
	struct vq_device *const dev = device(args, n, 3);
	if (!dev)
		return NULL;
	const uint16_t handle = (uint16_t)number(args[1], UINT16_MAX, &ok);
	const uint32_t len = (uint32_t)number(args[2], UINT32_MAX, &ok);
	return ok ? PyLong_FromLong(vq_device_push(dev, handle, len)) : NULL;
}

/* The functions that take a side and answer with a number. */
#define DRIVER_CALL(name)                                                               \
	static PyObject *driver_##name(PyObject *self, PyObject *const *args, Py_ssize_t n) \
	{                                                                               \
		(void)self;                                                             \
		struct vq_driver *const drv = driver(args, n, 1);                       \
		return drv ? PyLong_FromLong(vq_driver_##name(drv)) : NULL;             \
	}
#define DEVICE_CALL(name)                                                               \
	static PyObject *device_##name(PyObject *self, PyObject *const *args, Py_ssize_t n) \
	{                                                                               \
		(void)self;                                                             \
		struct vq_device *const dev = device(args, n, 1);                       \
		return dev ? PyLong_FromLong(vq_device_##name(dev)) : NULL;             \
	}
DRIVER_CALL(reset)
DRIVER_CALL(publish)
DRIVER_CALL(notify)
DRIVER_CALL(disable_used)
DEVICE_CALL(reset)
DEVICE_CALL(publish)
DEVICE_CALL(notify)
DEVICE_CALL(disable_avail)
DEVICE_CALL(enable_avail)

static PyObject *need_event(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
	(void)self;
	int ok = 1;
	uint16_t x[3] = { 0, 0, 0 };
	if (!has(n, 3))
		return NULL;
	for (int i = 0; i < 3; i++)
		x[i] = (uint16_t)number(args[i], UINT16_MAX, &ok);
	return ok ? PyLong_FromLong(vq_need_event(x[0], x[1], x[2])) : NULL;
}

static PyObject *strerror_(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
	(void)self;
	int ok = 1;
	const int err = has(n, 1) ? (int)number(args[0], INT16_MAX, &ok) : 0;
	return n == 1 && ok ? PyUnicode_FromString(vq_strerror(-err)) : NULL;
}

static PyObject *binding(PyObject *self, PyObject *ignored)
{
	(void)self;
	(void)ignored;
	return PyUnicode_FromString(VQ_BINDING);
}

/* u32 events, u32 offset of the first failure, i32 its error, then the events. */
enum { HEADER = 12 };

static PyObject *run_in(struct vq_mem mem, const char *program, size_t len)
{
	struct vq_run *const run = PyMem_RawCalloc(1, sizeof *run);
	uint8_t *const answer = PyMem_RawCalloc(HEADER + VQ_EVENT_BYTES * len, 1);
	struct vq_run_result result = { 0, 0, 0 };
	int rc = 0;
	PyObject *bytes = NULL;
	if (run && answer) {
		PyThreadState *const thread = PyEval_SaveThread();
		rc = vq_run(run, mem, (const uint8_t *)program, len, answer + HEADER, &result);
		vq_store32(answer, (uint32_t)result.events);
		vq_store32(answer + 4, (uint32_t)result.error_at);
		vq_store32(answer + 8, (uint32_t)result.error);
		PyEval_RestoreThread(thread);
		const size_t size = HEADER + VQ_EVENT_BYTES * result.events;
		bytes = rc ? fail(PyExc_ValueError, vq_strerror(rc)) :
			     PyBytes_FromStringAndSize((const char *)answer, (Py_ssize_t)size);
	} else {
		bytes = fail(PyExc_MemoryError, "no memory for the events of a program");
	}
	PyMem_RawFree(answer);
	PyMem_RawFree(run);
	return bytes;
}

/* (program) in memory of its own, or (program, memory). */
static PyObject *run(PyObject *self, PyObject *const *args, Py_ssize_t n)
{
	(void)self;
	char *program = NULL;
	Py_ssize_t len = 0;
	if (n != 1 && n != 2)
		return fail(PyExc_TypeError, "wrong number of arguments");
	if (PyBytes_AsStringAndSize(args[0], &program, &len))
		return NULL;
	if (n == 2) {
		Py_buffer view;
		if (PyObject_GetBuffer(args[1], &view, PyBUF_WRITABLE))
			return NULL;
		const struct vq_mem mem = { view.buf, VQ_RUN_GPA, (size_t)view.len };
		PyObject *const bytes = run_in(mem, program, (size_t)len);
		PyBuffer_Release(&view);
		return bytes;
	}
	uint8_t *const memory = PyMem_RawCalloc(VQ_RUN_MEM, 1);
	if (!memory)
		return fail(PyExc_MemoryError, "no guest memory");
	const struct vq_mem mem = { memory, VQ_RUN_GPA, VQ_RUN_MEM };
	PyObject *const bytes = run_in(mem, program, (size_t)len);
	PyMem_RawFree(memory);
	return bytes;
}

#define FAST(function) { #function, (PyCFunction)(void (*)(void))(function), METH_FASTCALL, NULL }
static PyMethodDef methods[] = {
	FAST(driver_new), FAST(driver_add), FAST(driver_get_used), FAST(driver_detach),
	FAST(driver_enable_used), FAST(driver_reset), FAST(driver_publish), FAST(driver_notify),
	FAST(driver_disable_used), FAST(device_new), FAST(device_pop), FAST(device_push),
	FAST(device_reset), FAST(device_publish), FAST(device_notify), FAST(device_disable_avail),
	FAST(device_enable_avail), FAST(need_event), FAST(run),
	{ "strerror", (PyCFunction)(void (*)(void))strerror_, METH_FASTCALL, NULL },
	{ "binding", binding, METH_NOARGS, NULL },
	{ NULL, NULL, 0, NULL },
};

static PyModuleDef definition = {
	PyModuleDef_HEAD_INIT, "_vq", "The C ring; model.ring wraps it.", 0, methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__vq(void);
PyMODINIT_FUNC PyInit__vq(void)
{
	return PyModuleDef_Init(&definition);
}
