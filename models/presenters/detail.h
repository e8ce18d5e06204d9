// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "models/engine/environmentinfo.h"
#include "models/facts/factbook.h"
#include "models/readiness/assessment.h"

#include <QString>

#include <optional>
#include <string>
#include <vector>

namespace muster {

/// What the panel on the right says about one thing: a check, a gate, a fact, a row. Plain text throughout.
struct Detail {
    struct Line {
        QString label;
        QString value;
        QString tip; ///< "" = none
        friend bool operator==(const Line &, const Line &) = default;
    };
    /// A button; `instance` is what the action is about ("nightly", "cache").
    struct Step {
        std::string action; ///< "backup", "flush", "mail-test", "load-test", "verify", "drill", "cancel-query", "terminate-session", "waive", "unwaive"
        std::string instance;
        QString label;
        friend bool operator==(const Step &, const Step &) = default;
    };

    std::optional<CheckStatus> status;
    QString title;
    QString subtitle;
    std::vector<Line> lines;
    QString evidence;
    QString remedy;
    QString raw;
    std::vector<Step> steps;
    friend bool operator==(const Detail &, const Detail &) = default;

    [[nodiscard]] bool isEmpty() const { return title.isEmpty(); }
    /// All of it as plain text, for the clipboard.
    [[nodiscard]] QString toText() const;
};

namespace detail {

/// `key` is a check's id, "gate:ID", "criterion:ID", "metric:ID", or "source\x1ffact". Empty when there is no such thing.
[[nodiscard]] Detail of(const QString &key, const Assessment &assessment, const Snapshot &snapshot, const EnvironmentInfo &environment);
[[nodiscard]] Detail ofSource(const SourceState &state, const Snapshot &snapshot);
/// The actions that the environment allows for, by name.
[[nodiscard]] std::vector<Detail::Step> steps(const std::string &action, const EnvironmentInfo &environment);

} // namespace detail
} // namespace muster
