#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "binding/napi.h"
#include "core/cancel.h"

namespace stego {

// Creates a job's JavaScript value, on its caller's thread.
using Finish = std::function<Napi::Value(Napi::Env)>;
// A job's work, on the native thread. It must not touch JavaScript.
using Work = std::function<Finish(const CancelFlag&)>;

// Keeps the values that a job's inputs view from being garbage-collected until the job is done.
using KeepAlive = std::vector<Napi::ObjectReference>;

// All libtorch work in the process runs on one dedicated thread, in submission order. An unfinished job keeps
// its caller's event loop alive; the idle thread does not. When an environment (the main thread or a worker)
// is torn down, its jobs are cancelled and waited for.
Napi::Promise submit(Napi::Env env, std::shared_ptr<CancelFlag> cancel, KeepAlive keep, Work work);

// Prepares this environment for jobs; called once, when it loads the addon.
void attach_job_thread(Napi::Env env);

// Sets the size of the native OpenMP team, starting with the next job.
void set_job_threads(int threads);

}  // namespace stego
