// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/report/finalreport.h"

#include <string>
#include <utility>
#include <vector>

/// The final report in words, the same for HTML, Markdown and PDF. All text is plain and inert (text::plain); each format still escapes its own syntax.
namespace muster::report {

/// A status with the word that stands beside its colour.
struct Badge {
    CheckStatus status = CheckStatus::Unknown;
    std::string word;
};

struct StoryBar {
    std::string title;
    std::string score; ///< "87.3" or "76.0–91.0"
    std::string target;
    std::string review;
    std::string weight;
    Interval value;
    double targetAt = 0;
    double reviewAt = 0;
};

struct StoryLine {
    Badge badge;
    std::string title;
    std::string text;
};

struct StoryMetric {
    Badge badge;
    std::string title;
    std::string value;
    std::string expected;
    std::string text;
};

struct StoryFinding {
    Badge badge;
    std::string title;
    std::string context;               ///< "database · −5.0 points · must · high"
    std::vector<std::string> evidence; ///< one line an instance, the worst first
    std::string remedy;
    std::string hint;
};

struct StoryStep {
    std::string title;
    std::string gain;
    std::string score; ///< afterwards, when all before it is done too
    std::string effort;
    std::string priority;
    std::string tier;
};

struct StorySource {
    Badge badge;
    std::string id;
    std::string address;
    std::string version;
    std::string state; ///< "answered 0.4 s ago", or the fault
};

struct StoryDrop {
    std::string at;
    std::string text;
    std::vector<std::string> causes;
};

struct Story {
    std::string environment;
    std::string kind;
    std::string verdict;  ///< "NOT READY"
    CheckStatus tone = CheckStatus::Unknown; ///< of the verdict
    std::string score;
    std::string measured; ///< "" when all of it is
    std::string at;       ///< UTC and local
    std::vector<std::pair<std::string, std::string>> about; ///< environment, vantage, profile, program
    std::vector<StoryLine> gates;    ///< those that are closed
    std::vector<StoryLine> causes;   ///< title: what leads to what; text: the safe step
    std::vector<StoryBar> components;
    std::vector<StoryMetric> metrics;
    std::vector<StoryLine> criteria;
    std::string criteriaMet; ///< "5 of 8 met"
    std::vector<StoryFinding> findings;
    std::vector<StoryStep> steps;
    std::vector<StoryLine> good;     ///< passed
    std::vector<StoryLine> aside;    ///< waived and not applicable
    std::vector<StorySource> sources;
    std::vector<StoryDrop> drops;    ///< newest first
    std::string historyRange;        ///< "2026-01-01 … 2026-01-31 (UTC)"
    std::string historyNote;
};

[[nodiscard]] Story tell(const FinalReport &report);

/// "#00734f" of a status: the palette of the window's light theme.
[[nodiscard]] const char *colourOf(CheckStatus status);

/// The score over time, scaled into a box; polylines with gaps where nothing was recorded.
struct ChartPoint {
    double x = 0; ///< 0-1 of the range
    double low = 0;
    double high = 0;
};
struct Chart {
    double bottom = 0; ///< of the scale; the top is 100
    std::vector<std::vector<ChartPoint>> runs;
};
[[nodiscard]] Chart chartOf(const FinalReport &report);

} // namespace muster::report
