// A long life: thousands of images of all sizes through one model. Memory must stay, on average, what it was after the
// first hundred, and what is found must be what a process that has seen nothing else finds.
//   maskrcnn-soak WEIGHTS COUNT
//   maskrcnn-soak WEIGHTS --only NUMBER    what it finds in one of the images, as a number

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <maskrcnn/core/error.hpp>
#include <maskrcnn/model/any_model.hpp>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace {

constexpr int max_width = 3000, max_height = 2000;
constexpr std::size_t warm_up = 100, compared = 50;

/// Discs on noise, of a random size; the second image is of the largest.
maskrcnn::Image image_of(std::size_t number) {
  std::mt19937 random(static_cast<unsigned>(number));
  const auto below = [&random](int most) { return static_cast<int>(random() % static_cast<unsigned>(most)); };
  maskrcnn::Size size{.height = 1 + below(max_height), .width = 1 + below(max_width)};
  if (number == 0) size = {.height = 1, .width = 1};
  if (number == 1) size = {.height = max_height, .width = max_width};
  maskrcnn::Image image(size);
  std::uint32_t noise = static_cast<std::uint32_t>(random());
  for (int y = 0; y < image.height(); ++y)
    for (int x = 0; x < 3 * image.width(); ++x) {
      noise = noise * 1664525U + 1013904223U;
      image.row(y)[x] = static_cast<std::uint8_t>(20 + (noise >> 28U));
    }
  for (int disc = 0; disc < 12; ++disc) {
    const int radius = 1 + below(40), x0 = below(image.width()), y0 = below(image.height()), light = 60 + below(190);
    for (int y = std::max(0, y0 - radius); y < std::min(image.height(), y0 + radius); ++y)
      for (int x = std::max(0, x0 - radius); x < std::min(image.width(), x0 + radius); ++x)
        if ((x - x0) * (x - x0) + (y - y0) * (y - y0) < radius * radius)
          std::fill_n(image.row(y) + 3 * x, 3, static_cast<std::uint8_t>(light));
  }
  return image;
}

/// All that was found, as one number: FNV-1a over boxes, labels, scores and mask pixels.
std::uint64_t digest(const maskrcnn::AnyDetections& found) {
  std::uint64_t sum = 14695981039346656037U;
  const auto add = [&sum](std::uint64_t value) { sum = (sum ^ value) * 1099511628211U; };
  for (const maskrcnn::Detection& object : found) {
    for (const float number : {object.box.x0, object.box.y0, object.box.x1, object.box.y1, object.score})
      add(std::bit_cast<std::uint32_t>(number));
    add(static_cast<std::uint64_t>(object.label));
    const maskrcnn::Size patch = object.mask.patch_size();
    for (int y = 0; y < patch.height; ++y)
      for (int x = 0; x < patch.width; ++x) add(object.mask.patch_row(y)[x]);
  }
  return sum;
}

/// In MB, as Linux counts it.
double resident() {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/proc/self/statm", "r"), &std::fclose);
  unsigned long pages = 0;
  if (file == nullptr || std::fscanf(file.get(), "%*u %lu", &pages) != 1)
    maskrcnn::fail("soak: cannot read /proc/self/statm");
  return static_cast<double>(pages) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1e6;
}

std::uint64_t in_fresh_process(const std::string& program, const std::string& weights, std::size_t number) {
  const std::string command = "'" + program + "' '" + weights + "' --only " + std::to_string(number);
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(::popen(command.c_str(), "r"), &::pclose);
  std::uint64_t found = 0;
  if (pipe == nullptr || std::fscanf(pipe.get(), "%lu", &found) != 1) maskrcnn::fail("soak: cannot run ", command);
  return found;
}

int run(const std::vector<std::string>& arguments) {
  const auto number = [](const std::string& text) {
    std::size_t value = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc{})
      maskrcnn::fail("soak: expected a number, found '", text, "'");
    return value;
  };
  const maskrcnn::AnyModel model = maskrcnn::load_model(arguments.at(1));
  if (arguments.at(2) == "--only") {
    std::printf("%lu\n", digest(model(image_of(number(arguments.at(3))))));
    return 0;
  }
  const std::size_t count = number(arguments.at(2));
  const std::size_t tenth = std::max<std::size_t>(count / 10, 1);
  double most = 0, mean = 0, first_mean = 0;
  std::size_t objects = 0, averaged = 0;
  std::vector<std::uint64_t> found(count);
  for (std::size_t i = 0; i < count; ++i) {
    {
      const auto detections = model(image_of(i));
      objects += detections.size();
      found[i] = digest(detections);
    }
    if (i < warm_up) continue;
    most = std::max(most, resident());
    mean += resident();
    ++averaged;
    if ((i + 1) % tenth != 0) continue;
    mean /= static_cast<double>(averaged);
    if (first_mean == 0) first_mean = mean;
    std::printf("%zu images, %zu objects, %.1f MB on average of the last %zu, %.1f MB at most\n", i + 1, objects, mean,
                averaged, most);
    (void)std::fflush(stdout);
    if (i + 1 + tenth > count) break;
    mean = 0;
    averaged = 0;
  }
  std::size_t different = 0;
  for (std::size_t k = 0; k < std::min(compared, count); ++k) {
    const std::size_t i = count - 1 - k * count / compared;
    different += in_fresh_process(arguments.at(0), arguments.at(1), i) != found[i] ? 1 : 0;
  }
  std::printf("growth of the average %.2f %%, %zu of %zu images found otherwise by a fresh process\n",
              100 * (mean / first_mean - 1), different, std::min(compared, count));
  return different == 0 && mean <= 1.02 * first_mean ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  // the images' memory goes back to the system with them: what the heap keeps of it is this program's, not the model's
  (void)::mallopt(M_MMAP_THRESHOLD, 1 << 20);
  try {
    return run({argv, argv + argc});
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "maskrcnn-soak: %s\n", problem.what());
    return 1;
  }
}
