/* vq_python_abi.h: the part of Python's stable ABI (3.11 and later) that vq_python.c uses.
 *
 * A Python without its headers (Debian: python3-dev not installed) still loads extension modules. What
 * is declared here is fixed by the stable ABI (PEP 384, 652); see docs/decisions/0008. It does not fit
 * a free-threaded Python, whose objects are laid out differently: setup.py refuses that. */
#ifndef VQ_PYTHON_ABI_H
#define VQ_PYTHON_ABI_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef intptr_t Py_ssize_t;
typedef struct _object PyObject;
typedef struct _ts PyThreadState;

struct vq_object_head {
	Py_ssize_t refcount;
	PyObject *type;
};

typedef PyObject *(*PyCFunction)(PyObject *, PyObject *);
typedef void (*PyCapsule_Destructor)(PyObject *);

typedef struct {
	const char *ml_name;
	PyCFunction ml_meth;
	int ml_flags;
	const char *ml_doc;
} PyMethodDef;

typedef struct {
	struct vq_object_head ob_base;
	PyObject *(*m_init)(void);
	Py_ssize_t m_index;
	PyObject *m_copy;
} PyModuleDef_Base;

typedef struct {
	PyModuleDef_Base m_base;
	const char *m_name, *m_doc;
	Py_ssize_t m_size;
	PyMethodDef *m_methods;
	void *m_slots;
	void (*m_traverse)(void), (*m_clear)(void), (*m_free)(void);
} PyModuleDef;

typedef struct {
	void *buf;
	PyObject *obj;
	Py_ssize_t len, itemsize;
	int readonly, ndim;
	char *format;
	Py_ssize_t *shape, *strides, *suboffsets;
	void *internal;
} Py_buffer;

#define PyModuleDef_HEAD_INIT { { 1, NULL }, NULL, 0, NULL }
#define METH_NOARGS 0x0004
#define METH_FASTCALL 0x0080
#define PyBUF_WRITABLE 0x0001
#define PyMODINIT_FUNC __attribute__((visibility("default"))) PyObject *

extern PyObject *PyExc_MemoryError, *PyExc_OverflowError, *PyExc_TypeError, *PyExc_ValueError;

PyObject *PyModuleDef_Init(PyModuleDef *);
PyObject *PyBytes_FromStringAndSize(const char *, Py_ssize_t);
int PyBytes_AsStringAndSize(PyObject *, char **, Py_ssize_t *);
PyObject *PyCapsule_New(void *, const char *, PyCapsule_Destructor);
void *PyCapsule_GetPointer(PyObject *, const char *);
PyObject *PyErr_Occurred(void);
void PyErr_SetString(PyObject *, const char *);
PyThreadState *PyEval_SaveThread(void);
void PyEval_RestoreThread(PyThreadState *);
PyObject *PyLong_FromLong(long);
PyObject *PyLong_FromUnsignedLongLong(unsigned long long);
unsigned long long PyLong_AsUnsignedLongLong(PyObject *);
void *PyMem_RawCalloc(size_t, size_t);
void PyMem_RawFree(void *);
int PyObject_GetBuffer(PyObject *, Py_buffer *, int);
void PyBuffer_Release(Py_buffer *);
PyObject *PyTuple_New(Py_ssize_t);
int PyTuple_SetItem(PyObject *, Py_ssize_t, PyObject *);
PyObject *PyUnicode_FromString(const char *);
void Py_DecRef(PyObject *);

#endif
