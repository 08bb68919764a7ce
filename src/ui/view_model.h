// ViewModel: the latest snapshot of everything the engine and the host have said. Panels only read
// it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/event.h"

namespace convscope {

// A network that the menu offers.
struct CatalogModel {
  std::string id, title, licence;
  std::string input;        // width × height, in pixels; empty for a person's own file
  int64_t bytes = 0;        // of the download
  double top1_percent = 0;  // on ImageNet's validation set
  bool available = true;
  Text reason;  // why it is not available
};

// A photo that comes with the page.
struct Sample {
  std::string id;
  Text title;
  std::string credit;
  Picture thumbnail;  // empty until it has been decoded
};

enum class DownloadState : uint8_t { kWaiting, kRunning, kChecking, kReady, kFailed };
struct Download {
  std::string model;
  double received = 0, total = 0;  // bytes
  DownloadState state = DownloadState::kWaiting;
};

enum class EngineState : uint8_t { kStarting, kReady, kRestarting, kFailed };
enum class NoticeLevel : uint8_t { kInfo, kWarning, kError };
struct Notice {
  NoticeLevel level = NoticeLevel::kInfo;
  std::string key;  // the same key replaces the older notice
  Text text;
  double seconds = 0;                   // when it came
  std::vector<RefusedNode> nodes = {};  // of a network that cannot be opened for them
  int32_t more_nodes = 0;               // that are not named
};

enum class WebcamState : uint8_t { kOff, kAsking, kOn, kRefused };

// What one run of a method has shown so far; `result` is set when it has ended.
struct MethodSnapshot {
  std::optional<MethodPreview> preview;
  std::optional<MethodResult> result;
  std::vector<float> trace;  // the first figure of every preview so far: how the objective went
  // What to draw now: the result's picture where there is one, else the latest preview.
  const MethodPreview* shown() const {
    return result ? &result->last : preview ? &*preview : nullptr;
  }
};

struct ViewModel {
  // --- the host
  std::vector<CatalogModel> catalog;
  std::vector<Sample> samples;
  std::vector<std::string> labels_en, labels_zh;  // by class index; empty until they have come
  bool labels_are_chosen = false;  // by the person, for this network; else they are ImageNet's
  std::optional<Download> download;
  std::vector<Notice> notices;
  EngineState engine_state = EngineState::kStarting;
  std::string build;  // simd, simd-threads, relaxed, relaxed-threads
  int32_t threads = 1;
  Text build_reason;  // why this build and no faster one
  WebcamState webcam = WebcamState::kOff;
  std::string image_source,
      image_name;  // sample|file|drop|paste|webcam, and the file's name or sample's id

  // --- the engine
  std::vector<MethodInfo> methods;
  std::optional<ModelInfo> model;
  std::optional<ImageReady> image;
  std::optional<ForwardDone> forward;
  std::optional<Activations> activations;
  std::optional<Filters> filters;
  std::optional<FilterResponse> response;
  std::map<std::string, MethodSnapshot, std::less<>> runs;  // by slot, e.g. "gradient", "dream"

  // Whether the engine that runs now has them: a restarted one has not, though the screen still
  // shows the old ones.
  bool engine_has_model = false, engine_has_image = false;
  // Counters that tell snapshots of an older network or picture from present ones.
  uint32_t model_generation = 0, image_generation = 0;
  // Moment (ui seconds) of the latest ForwardDone: the network lights up from there.
  double forward_seconds = -1e9;

  // --- derived
  std::vector<int32_t> ranking;                         // class indices, most probable first
  const LayerInfo* layer(std::string_view name) const;  // null if the network has none of that name
  int layer_index(std::string_view name) const;         // -1 if none
  const LayerThumbnails* thumbnails(std::string_view layer) const;
  const MethodInfo* method(std::string_view id) const;
  const MethodSnapshot* run(std::string_view slot) const;  // null before the first preview
  float probability(int class_index) const;                // 0 while unknown
  float logit(int class_index) const;
  int first_answer() const { return ranking.empty() ? -1 : ranking[0]; }

  // Files an event into its place. `slot` is that of the request it answers ("" if it is the host's
  // or unasked).
  void apply(const EventMessage& message, std::string_view slot, double now_seconds);
  void put_notice(Notice notice);
  void remove_notice(std::string_view key);
};

}  // namespace convscope
