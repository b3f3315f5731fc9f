#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "binding/napi.h"
#include "core/cancel.h"

namespace stego {

// Makes a job's JavaScript value, on the thread of its caller.
using Finish = std::function<Napi::Value(Napi::Env)>;
// The work of a job, on the native thread. It touches no JavaScript.
using Work = std::function<Finish(const CancelFlag&)>;

// What a job's inputs view: kept from the garbage collector until the job is done.
using KeepAlive = std::vector<Napi::ObjectReference>;

// All libtorch work of the process runs on one dedicated thread, in the order it was submitted. A job that
// has not ended keeps its caller's event loop alive; the idle thread does not. When an environment (the
// process, a worker) is torn down, its jobs are cancelled and waited for.
Napi::Promise submit(Napi::Env env, std::shared_ptr<CancelFlag> cancel, KeepAlive keep, Work work);

// Prepares this environment for jobs; once, when the addon is loaded into it.
void attach_job_thread(Napi::Env env);

// Threads of the native OpenMP team, from the next job on.
void set_job_threads(int threads);

}  // namespace stego
