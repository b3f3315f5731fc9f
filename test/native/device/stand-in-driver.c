/* A libcuda.so.1 for tests: a driver that says which CUDA version it supports (STAND_IN_VERSION) and fails to start with
   a code (STAND_IN_INIT), as drivers without a device do. */
#include <stdlib.h>
#include <string.h>

static int number(const char *name, int otherwise) {
  const char *text = getenv(name);
  return text ? atoi(text) : otherwise;
}

int cuInit(unsigned flags) {
  (void)flags;
  return number("STAND_IN_INIT", 0);
}

int cuDriverGetVersion(int *version) {
  *version = number("STAND_IN_VERSION", 13000);
  return 0;
}

int cuDeviceGetCount(int *count) {
  *count = 0;
  return number("STAND_IN_INIT", 0);
}

/* CUDA_ERROR_NO_DEVICE for everything else. */
static int nothing(void) { return 100; }

int cuGetProcAddress_v2(const char *name, void **function, int version, unsigned long flags, int *status) {
  (void)version;
  (void)flags;
  if (strcmp(name, "cuInit") == 0) *function = (void *)cuInit;
  else if (strcmp(name, "cuDriverGetVersion") == 0) *function = (void *)cuDriverGetVersion;
  else if (strcmp(name, "cuDeviceGetCount") == 0) *function = (void *)cuDeviceGetCount;
  else if (strcmp(name, "cuGetProcAddress") == 0) *function = (void *)cuGetProcAddress_v2;
  else *function = (void *)nothing;
  if (status) *status = 0;
  return 0;
}
