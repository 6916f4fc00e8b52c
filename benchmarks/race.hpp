/// Several ways of computing one thing take turns, so that whatever else the machine does falls on all alike.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <span>
#include <vector>

namespace race {

/// One way, and how long each timed run took.
struct Contender {
  std::function<void()> run{};  ///< empty: not to be had
  std::vector<double> seconds{};

  [[nodiscard]] double median() {
    const auto middle = seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 2);
    std::nth_element(seconds.begin(), middle, seconds.end());
    return *middle;
  }
  [[nodiscard]] double fastest() const { return *std::min_element(seconds.begin(), seconds.end()); }
};

[[nodiscard]] inline double seconds_of(const std::function<void()>& run) {
  const auto begin = std::chrono::steady_clock::now();
  run();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// Lets all take turns of about 10 ms until so many seconds are spent, five turns each at least.
inline void run(std::span<Contender> contenders, double seconds) {
  constexpr double turn = 0.01;
  constexpr int least_turns = 5;
  std::vector<double> about(contenders.size());
  const auto for_each = [&](const auto& call) {
    for (std::size_t i = 0; i < contenders.size(); ++i)
      if (contenders[i].run) call(contenders[i], about[i]);
  };
  for_each([](Contender& contender, double& time) {
    contender.run();
    time = seconds_of(contender.run);
  });
  double spent = 0;
  for (int round = 0; round < least_turns || spent < seconds; ++round)
    for_each([&](Contender& contender, double time) {
      if (time < turn) contender.run();  // a short run finds in the caches what it left there itself
      for (double left = turn; left > 0; left -= time) {
        contender.seconds.push_back(seconds_of(contender.run));
        spent += contender.seconds.back();
      }
    });
}

}  // namespace race
