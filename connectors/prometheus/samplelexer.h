// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "connectors/prometheus/exposition.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace muster::prometheus {

/// Views into the parsed bytes; `raw` stands between the quotes, escapes and all.
struct LabelView {
    std::string_view name;
    std::string_view raw;
    std::size_t at = 0; ///< where raw begins in its line
    bool isEscaped = false;
    [[nodiscard]] std::string value() const;
};
using LabelViews = std::vector<LabelView>;

struct ExemplarView {
    LabelViews labels;
    double value = 0;
    std::optional<double> timestamp;
};

/// One sample line taken apart; valid until the next line. The timestamp is in the format's own unit: milliseconds (Text) or seconds (OpenMetrics).
struct SampleView {
    std::string_view name; ///< a quoted name without its quotes
    LabelViews labels;
    double value = 0;
    std::optional<double> timestamp;
    bool hasExemplar = false;
    ExemplarView exemplar;
    [[nodiscard]] const LabelView *label(std::string_view wanted) const;
};

/// Takes lines apart without an allocation a line: the label lists are used again. Lines of one series family begin alike, so that
/// what a line shares with the one before it is not read twice, and its views go on pointing at the earlier line: all lines must stay in memory.
class SampleLexer {
public:
    explicit SampleLexer(Format format) : m_isText(format == Format::Text) {}
    /// `line` without its end. False: problem() says why (its line number is left at 0).
    [[nodiscard]] bool lex(std::string_view line);
    /// Has the sample the name of the good one before it? False does not say that it has another.
    [[nodiscard]] bool isNameKept() const { return m_isNameKept; }
    [[nodiscard]] const SampleView &sample() const { return m_sample; }
    [[nodiscard]] Problem problem() const { return {0, static_cast<std::size_t>(m_at - m_begin) + 1, m_words}; }

private:
    bool m_isText;
    SampleView m_sample;
    const char *m_begin = nullptr;
    const char *m_at = nullptr;
    const char *m_end = nullptr;
    std::string m_words;
    std::string_view m_before; ///< the line before, where it was good
    bool m_isNameKept = false;
    bool m_isNameFirst = false; ///< the name of the line before stands at its very beginning, with labels behind it
    bool m_isValueOpen = false; ///< of the last label that was kept, only the name was

    bool fail(std::string words);
    [[nodiscard]] bool isAtEnd() const { return m_at == m_end; }
    [[nodiscard]] bool isAt(char c) const { return m_at != m_end && *m_at == c; }
    bool take(char c)
    {
        if (!isAt(c))
            return false;
        ++m_at;
        return true;
    }
    void skipBlanks()
    {
        while (m_isText && (isAt(' ') || isAt('\t')))
            ++m_at;
    }
    bool gap(const char *before);
    [[nodiscard]] std::string_view word();
    [[nodiscard]] std::string_view name(unsigned classes);
    bool quoted(LabelView &into);
    bool quotedRest(LabelView &into); ///< from behind the opening quote
    bool label(LabelViews &out, std::string_view *quotedName);
    bool labels(LabelViews &out, std::string_view *quotedName);
    bool moreLabels(LabelViews &out, std::string_view *quotedName);
    [[nodiscard]] bool keepLabels(std::string_view line);
    bool nameAndLabels();
    bool number(double &out, const char *what);
    bool timestamp(std::optional<double> &out);
    bool exemplar();
    bool afterValue();
};

[[nodiscard]] bool isMetricName(std::string_view name);

} // namespace muster::prometheus
