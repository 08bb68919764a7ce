// Requests: panels say what they want to be shown; this sends it once, one in flight per slot,
// latest wins.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/command.h"
#include "protocol/event.h"

namespace convscope {

struct ViewModel;

enum class Progress : uint8_t { kIdle, kRunning, kDone, kFailed };

// What has become of the latest wish in one slot.
struct SlotStatus {
  Progress progress = Progress::kIdle;
  bool paused = false;  // a method that waits for resume or step
  bool is_method = false;
  Failed error;              // kFailed
  double since_seconds = 0;  // start of the present run
};

class Requests {
 public:
  using Send = std::function<void(const CommandMessage&)>;
  explicit Requests(Send send) : send_(std::move(send)) {}

  // "The screen shows the answer to `command`": call it in every frame in which that is so. It is
  // sent unless the slot has, or is computing, the answer to exactly this command for the present
  // network and picture. A run that is no longer wanted is cancelled. Slots: "forward",
  // "activations", "filters", "response", or a name of yours for a method. Does nothing until a
  // network (and, but for filters, a picture) is there.
  void want(std::string_view slot, const Command& command);
  // Starts a run even if the same one is finished (a Start or Reset button). The panel calls keep()
  // in every frame in which it shows the run; one that nobody shows is paused, not thrown away.
  void start(std::string_view slot, const Command& command);
  void keep(std::string_view slot);
  // Tries again what failed.
  void retry(std::string_view slot);

  void cancel(std::string_view slot);
  // Cancelled by the person: want() does not ask for the same again until go_on().
  void stop(std::string_view slot);
  bool stopped(std::string_view slot) const;
  void go_on(std::string_view slot);
  void pause(std::string_view slot);
  void resume(std::string_view slot);
  void step(std::string_view slot);
  // A command whose answer belongs to no slot's picture (EncodePng, SaveOnnx, SetThreads). Its
  // events go to "" with its id.
  RequestId send(const Command& command);

  const SlotStatus& status(std::string_view slot) const;
  // True while the slot's snapshot answers exactly what want() or start() last asked for.
  bool current(std::string_view slot) const;
  bool anything_running() const;
  std::string running_slot() const;  // "" if none; for the status line's cancel

  // --- called by App
  void begin_frame(const ViewModel& model, double now_seconds);
  void end_frame();
  // The slot that asked for this request and still wants it; "" if none does.
  std::string slot_of(RequestId request) const;
  void on_event(const EventMessage& message);
  // The engine was restarted: nothing is in flight any more and all answers must be asked for
  // again.
  void forget_everything();

 private:
  struct Slot {
    SlotStatus status;
    RequestId request = 0;  // in flight, 0 if none
    std::string running_key, done_key, failed_key, stopped_key, wanted_key;
    Command wanted;
    bool touched = false, explicit_start = false, cancelling = false, queued = false;
  };
  Slot& slot(std::string_view name);
  std::string key_of(const Command& command) const;
  void launch(Slot& slot);

  Send send_;
  std::map<std::string, Slot, std::less<>> slots_;
  RequestId next_ = 1;
  uint32_t model_generation_ = 0, image_generation_ = 0;
  bool has_model_ = false, has_image_ = false, ready_ = false;
  double now_seconds_ = 0;
};

}  // namespace convscope
