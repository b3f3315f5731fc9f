#include "binding/job_thread.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "binding/environment.h"
#include "binding/errors.h"

namespace stego {

namespace {

std::atomic<int> job_threads{0};

}  // namespace

// One call from JavaScript. Created and destroyed on its environment's thread.
struct Job {
  JobQueue* queue;  // of its environment
  std::shared_ptr<CancelFlag> cancel;
  KeepAlive keep;
  Work work;
  Napi::Promise::Deferred deferred;
  Finish finish;
  std::unique_ptr<JobError> error;
};

namespace {

// The process's only native thread. Never destroyed: at process exit it is idle or dies with the process.
class JobThread {
 public:
  static JobThread& instance() {
    static auto* thread = new JobThread();
    return *thread;
  }

  std::mutex& mutex() { return mutex_; }

  void push(Job* job) {
    {
      const std::lock_guard lock(mutex_);
      if (!started_) {
        std::thread([this] { loop(); }).detach();
        started_ = true;
      }
      waiting_.push_back(job);
    }
    changed_.notify_all();
  }

  // Removes an environment's waiting jobs and waits for its running one. The caller must have set the cancel
  // flags.
  void drain(JobQueue* queue) {
    std::unique_lock lock(mutex_);
    std::erase_if(waiting_, [&](const Job* job) { return job->queue == queue; });
    changed_.wait(lock, [&] { return running_ == nullptr || running_->queue != queue; });
  }

 private:
  void loop();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job*> waiting_;
  Job* running_ = nullptr;
  bool started_ = false;
};

}  // namespace

// The jobs of one environment.
class JobQueue {
 public:
  explicit JobQueue(napi_env env) {
    napi_value name;
    napi_create_string_utf8(env, "stego", NAPI_AUTO_LENGTH, &name);
    napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, nullptr, nullptr, this, settle,
                                    &done_);
    napi_unref_threadsafe_function(env, done_);
    // Added after the thread-safe function, so it runs before that function's own teardown.
    napi_add_env_cleanup_hook(env, [](void* data) { static_cast<JobQueue*>(data)->close(); }, this);
    close_at_exit(env);
  }

  void add(napi_env env, std::unique_ptr<Job> job) {
    if (closing_) return;  // the process is ending: nobody is left to notify
    if (jobs_.empty()) napi_ref_threadsafe_function(env, done_);
    Job* added = job.get();
    jobs_.push_back(std::move(job));
    JobThread::instance().push(added);
  }

  // Called on the native thread with its mutex held.
  void post(Job* job) {
    if (!closing_) napi_call_threadsafe_function(done_, job, napi_tsfn_nonblocking);
  }

 private:
  static void settle(napi_env env, napi_value, void* context, void* data) {
    if (env == nullptr) return;  // the environment is going away, and the job with its queue
    auto* queue = static_cast<JobQueue*>(context);
    const auto place = std::find_if(queue->jobs_.begin(), queue->jobs_.end(),
                                    [&](const auto& job) { return job.get() == data; });
    if (place == queue->jobs_.end()) return;
    const std::unique_ptr<Job> job = std::move(*place);
    queue->jobs_.erase(place);
    if (queue->jobs_.empty()) napi_unref_threadsafe_function(env, queue->done_);
    try {
      settle(env, *job);
    } catch (const Napi::Error&) {
      // A worker being terminated refuses every call: nobody is left to notify.
    }
  }

  static void settle(napi_env env, Job& job) {
    try {
      if (job.error) {
        job.deferred.Reject(to_javascript(env, *job.error).Value());
      } else {
        job.deferred.Resolve(job.finish(env));
      }
    } catch (const Napi::Error& error) {
      job.deferred.Reject(error.Value());
    } catch (...) {
      job.deferred.Reject(to_javascript(env, describe_current_exception()).Value());
    }
  }

  // process.exit() and the end of the main thread run no cleanup hooks, so process destructors would tear
  // libtorch down under a running job.
  void close_at_exit(Napi::Env env) {
    const Napi::Object process = env.Global().Get("process").As<Napi::Object>();
    const Napi::Function close =
        Napi::Function::New(env, [this](const Napi::CallbackInfo&) { this->close(); });
    process.Get("once").As<Napi::Function>().Call(process, {Napi::String::New(env, "exit"), close});
  }

  void close() {
    {
      const std::lock_guard lock(JobThread::instance().mutex());
      closing_ = true;
    }
    for (const auto& job : jobs_) job->cancel->raise();
    JobThread::instance().drain(this);
    jobs_.clear();
  }

  napi_threadsafe_function done_ = nullptr;
  std::vector<std::unique_ptr<Job>> jobs_;
  bool closing_ = false;
};

namespace {

void run(Job& job) {
  try {
    job.cancel->poll();
    if (const int threads = job_threads.load(); threads > 0 && threads != at::get_num_threads()) {
      at::set_num_threads(threads);
    }
    job.finish = job.work(*job.cancel);
  } catch (...) {
    job.error = std::make_unique<JobError>(describe_current_exception());
  }
  // Releases the tensors captured by the work here, not on the JavaScript thread.
  job.work = nullptr;
}

void JobThread::loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return !waiting_.empty(); });
    running_ = waiting_.front();
    waiting_.pop_front();
    lock.unlock();
    run(*running_);
    lock.lock();
    running_->queue->post(running_);
    running_ = nullptr;
    changed_.notify_all();
  }
}

}  // namespace

void attach_job_thread(Napi::Env env) {
  environment(env).jobs = std::shared_ptr<JobQueue>(new JobQueue(env));
}

void set_job_threads(int threads) {
  job_threads.store(threads);
}

Napi::Promise submit(Napi::Env env, std::shared_ptr<CancelFlag> cancel, KeepAlive keep, Work work) {
  auto job = std::make_unique<Job>(Job{environment(env).jobs.get(), std::move(cancel), std::move(keep),
                                       std::move(work), Napi::Promise::Deferred::New(env), nullptr, nullptr});
  const Napi::Promise promise = job->deferred.Promise();
  environment(env).jobs->add(env, std::move(job));
  return promise;
}

}  // namespace stego
