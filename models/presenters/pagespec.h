// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

#include <string>
#include <string_view>
#include <vector>

namespace muster {

/// What a source page shows, as data: which facts are vitals, which are drawn over time, which tables it has.
struct PageSpec {
    struct Vital {
        const char *fact;  ///< name in the fact catalogue
        const char *label;
        const char *whenNone = nullptr; ///< said for an empty text or 0
        bool hasTrend = true;           ///< a sparkline beside it says something
    };
    struct Line {
        const char *fact;
        const char *label;
    };
    struct Chart {
        const char *title;
        const char *unit; ///< as Fact::unit
        std::vector<Line> lines;
    };
    struct TableSpec {
        const char *fact;
        const char *title;
        const char *empty;               ///< what an empty table means, a sentence
        std::vector<const char *> keys;  ///< columns that make a row's key
        std::vector<const char *> columns; ///< shown, in this order; empty = all
        std::vector<const char *> also = {}; ///< facts that the same tab tells of
        std::vector<const char *> counted = {}; ///< facts whose rows the tab's title counts
        bool isOptional = false;                ///< no tab without rows: not every server has it
    };

    std::string key;                ///< "database"; also the page of checks and gates
    const char *title;
    std::vector<std::string> kinds; ///< of sources
    const char *missing;            ///< what to declare when there is none, a sentence
    const char *snippet;            ///< for the environment file
    std::vector<Vital> vitals;
    std::vector<Chart> charts;
    std::vector<TableSpec> tables;
    const char *vitalsTab = nullptr; ///< title of the tab that holds vitals and charts; null: they stand above the tabs
};

namespace pages {

[[nodiscard]] const PageSpec &database();
[[nodiscard]] const PageSpec &cache();
[[nodiscard]] const PageSpec &backups();
[[nodiscard]] const PageSpec &endpoints();
[[nodiscard]] const PageSpec &mail();
[[nodiscard]] const PageSpec &alerts();

} // namespace pages

/// The label of a spec in the user's language.
[[nodiscard]] QString specText(const char *text);

} // namespace muster
